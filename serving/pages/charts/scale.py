"""The score on its scale, and how often such companies leave, as dots."""

from markupsafe import Markup, escape


def scale(score: float, before: float | None, cuts: tuple[float, float], name: str) -> Markup:
    """Return 0 to 100 with its bands, the score as a pin and last week's as a dashed ring."""
    red, green = cuts
    body = [
        f'<rect class="z red" x="0" y="14" width="{red}%" height="10"/>',
        f'<rect class="z yellow" x="{red}%" y="14" width="{green - red}%" height="10"/>',
        f'<rect class="z green" x="{green}%" y="14" width="{100 - green}%" height="10"/>',
    ]
    for cut in cuts:
        body.append(f'<line class="cut" x1="{cut}%" x2="{cut}%" y1="12" y2="26"/>')
        body.append(f'<text class="ax" x="{cut}%" y="40" text-anchor="middle">{cut:g}</text>')
    body.append('<text class="ax" x="0" y="40">0</text>')
    body.append('<text class="ax" x="100%" y="40" text-anchor="end">100</text>')
    if before is not None:
        body.append(f'<circle class="ghost" cx="{before:.1f}%" cy="19" r="6"/>')
    body.append(f'<line class="pin" x1="{score:.1f}%" x2="{score:.1f}%" y1="6" y2="28"/>')
    body.append(f'<circle class="pinhead" cx="{score:.1f}%" cy="6" r="4.5"/>')
    return Markup(
        f'<svg class="scale" width="100%" height="44" role="img" aria-label="{escape(name)}">'
        f"{''.join(body)}</svg>"
    )


def dots(filled: int, name: str) -> Markup:
    """Return a hundred dots, ``filled`` of them dark: a share that can be counted."""
    body = []
    for at in range(100):
        row, column = divmod(at, 10)
        kind = ' class="on"' if at < filled else ""
        body.append(
            f'<circle{kind} cx="{6 + column * 11.5:.1f}" cy="{6 + row * 11.5:.1f}" r="4.2"/>'
        )
    return Markup(
        '<svg class="dots" width="116" height="116" viewBox="0 0 116 116" role="img" '
        f'aria-label="{escape(name)}">{"".join(body)}</svg>'
    )
