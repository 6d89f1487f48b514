"""The pieces every chart is made of."""

from collections.abc import Iterable, Sequence

from markupsafe import Markup, escape

# Shape is the second channel beside colour, the word the third. The colours stand as attributes
# too, with the lowest priority: a saved file or a mail keeps them without the stylesheet.
_GLYPHS = {
    "red": (
        '<path class="g red" fill="#B5341F" d="M8 .7 15.3 8 8 15.3 .7 8Z"/>'
        '<path class="gi" fill="none" stroke="#fff" stroke-width="1.8" d="M8 4.5V9M8 11.3v.2"/>'
    ),
    "yellow": (
        '<path class="g yellow" fill="#E3A72F" stroke="#734B00" d="M8 1.5 15.5 14.5H.5Z"/>'
        '<path class="gi dark" fill="none" stroke="#3B2700" stroke-width="1.8" '
        'd="M8 6.3v4M8 12.3v.2"/>'
    ),
    "green": (
        '<circle class="g green" fill="#2F8F86" cx="8" cy="8" r="7"/>'
        '<path class="gi" fill="none" stroke="#fff" stroke-width="1.8" d="m4.9 8.3 2.2 2.2 4-4.4"/>'
    ),
    "no_data": (
        '<circle class="g no_data" fill="none" stroke="#5E6B7B" stroke-dasharray="2.4 2" '
        'cx="8" cy="8" r="6.6"/>'
    ),
}


def glyph(band: str, size: int = 14) -> Markup:
    """Return the band's mark; the word always stands beside it."""
    return Markup(
        f'<svg class="glyph" width="{size}" height="{size}" viewBox="0 0 16 16" '
        f'aria-hidden="true">{_GLYPHS[band]}</svg>'
    )


def glyph_at(band: str, x: float, y: float, scale: float = 0.75) -> str:
    """Return the band's mark inside another chart, its top left corner at ``(x, y)``."""
    return f'<g transform="translate({x:.1f} {y:.1f}) scale({scale})">{_GLYPHS[band]}</g>'


def chart(width: float, height: float, body: Iterable[str], name: str, kind: str) -> Markup:
    """Return a chart that scales with its column, named for those who do not see it."""
    return Markup(
        f'<svg class="chart {kind}" viewBox="0 0 {width:g} {height:g}" role="img" '
        f'aria-label="{escape(name)}">{"".join(body)}</svg>'
    )


def line(xs: Sequence[float], ys: Sequence[float]) -> str:
    """Return path data through the points."""
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in zip(xs, ys, strict=True))


def text(kind: str, x: float, y: float, words: object, anchor: str = "start") -> str:
    """Return a piece of text with its foot at ``(x, y)``."""
    where = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}"{where}>{escape(str(words))}</text>'


def hatch(identity: str, kind: str) -> str:
    """Return a pattern to fill with ``url(#identity)``: a channel that survives grey printing."""
    return (
        f'<defs><pattern id="{identity}" width="6" height="6" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(45)"><path class="hatch {kind}" d="M0 0V6"/></pattern></defs>'
    )
