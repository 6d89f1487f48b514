"""Bars inside table cells and tiles, in percent of the column's width."""

from collections.abc import Sequence

from markupsafe import Markup, escape


def score_bar(score: float, band: str) -> Markup:
    """Return a health score from 0 to 100 as a bar; the number stands beside it."""
    return Markup(
        '<svg class="mini" width="52" height="8" aria-hidden="true">'
        '<rect class="bed" width="52" height="8" rx="4"/>'
        f'<rect class="z {band}" width="{max(score * 0.52, 3):.1f}" height="8" rx="4"/></svg>'
    )


def stack(parts: Sequence[tuple[str, float, str]], name: str) -> Markup:
    """Return bands side by side: (band, amount, what is written on it)."""
    total = sum(amount for _, amount, _ in parts) or 1.0
    body, start = [], 0.0
    for band, amount, words in parts:
        width = 100 * amount / total
        if amount > 0:
            body.append(
                f'<rect class="z {band}" x="{start:.2f}%" y="0" height="100%" '
                f'width="{max(width - 0.25, 0.2):.2f}%"/>'
            )
        if width > 12:
            body.append(
                f'<text class="zt {band}" x="{start + width / 2:.2f}%" y="15" '
                f'text-anchor="middle">{escape(words)}</text>'
            )
        start += width
    return Markup(
        f'<svg class="stack" width="100%" height="20" role="img" aria-label="{escape(name)}">'
        f"{''.join(body)}</svg>"
    )


def effect_bar(times: float) -> Markup:
    """Return how many times its limit an effect is; the limit is a mark at two thirds."""
    kind = "down" if times >= 1 else "expected"
    width = max(min(times, 1.5) / 1.5 * 100, 0.4)
    return Markup(
        '<svg class="share" width="100%" height="14" aria-hidden="true">'
        f'<rect class="{kind}" y="3" height="8" rx="2" width="{width:.2f}%"/>'
        '<line class="limit" x1="66.67%" x2="66.67%" y1="0" y2="14"/></svg>'
    )


def share_bar(share: float, interval: Sequence[float], largest: float, band: str) -> Markup:
    """Return a share with its interval, on a scale that ends at ``largest``."""
    low, high = (100 * min(edge / largest, 1) for edge in interval)
    return Markup(
        '<svg class="share" width="100%" height="22" aria-hidden="true">'
        f'<rect class="z {band}" y="4" height="14" rx="2" '
        f'width="{max(100 * share / largest, 0.4):.2f}%"/>'
        f'<line class="whisker" x1="{low:.2f}%" x2="{high:.2f}%" y1="11" y2="11"/></svg>'
    )


def expected_and_actual(
    expected: float, actual: float, interval: Sequence[float], words: Sequence[str], name: str
) -> Markup:
    """Return the predicted and the observed share below each other, the interval on the latter.

    ``words`` are the two labels and the two shares as written.
    """
    largest = max(expected, interval[1], 0.001) * 1.25

    def at(share: float) -> float:
        return 17 + 66 * share / largest

    body = (
        f'<text class="axl" x="0" y="20">{escape(words[0])}</text>'
        f'<rect class="expected" x="17%" y="8" width="{at(expected) - 17:.2f}%" height="16" '
        f'rx="2"/>'
        f'<text class="axl b" x="{at(expected) + 1.5:.2f}%" y="20">{escape(words[2])}</text>'
        f'<text class="axl" x="0" y="50">{escape(words[1])}</text>'
        f'<rect class="actual" x="17%" y="38" width="{max(at(actual) - 17, 0.3):.2f}%" height="16" '
        f'rx="2"/><line class="whisker" x1="{at(interval[0]):.2f}%" x2="{at(interval[1]):.2f}%" '
        f'y1="46" y2="46"/>'
        f'<text class="axl b" x="{at(max(interval[1], actual)) + 1.5:.2f}%" y="50">'
        f"{escape(words[3])}</text>"
    )
    return Markup(
        f'<svg class="pair" width="100%" height="62" role="img" aria-label="{escape(name)}">'
        f"{body}</svg>"
    )


def length_bar(value: float | None, largest: float) -> Markup:
    """Return an amount as a plain bar on a scale from zero to ``largest``; the number is beside."""
    width = max(100 * (value or 0.0) / largest, 0.4) if largest else 0.4
    return Markup(
        '<svg class="share length" width="100%" height="14" aria-hidden="true">'
        f'<rect class="bar" y="3" height="8" rx="2" width="{min(width, 100):.2f}%"/></svg>'
    )
