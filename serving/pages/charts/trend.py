"""How many companies are not healthy, week by week."""

import math
from collections.abc import Sequence

from markupsafe import Markup

from serving.pages.charts.marks import chart, glyph_at, line, text

WIDTH, HEIGHT = 306, 240
_LEFT, _RIGHT, _GAP = 36, 62, 20
_PLOT, _TALL = WIDTH - _LEFT - _RIGHT, (HEIGHT - 58) // 2


def ceiling(largest: float) -> float:
    """Return a round number at or above ``largest`` to end an axis at.

    >>> ceiling(209), ceiling(1429), ceiling(0)
    (250, 1500, 5)
    """
    if largest <= 5:
        return 5
    unit: float = 10 ** math.floor(math.log10(largest))
    return next(unit * m for m in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10) if unit * m >= largest)


def trend(
    series: Sequence[tuple[str, Sequence[int], str]],
    months: Sequence[tuple[float, str]],
    name: str,
    weeks: Sequence[float],
) -> Markup:
    """Return small multiples, each on its own scale from zero: (band, counts, last as written)."""
    last = weeks[-1] if weeks else 0

    def x(at: float) -> float:
        return _LEFT + _PLOT * (at / last if last else 1)

    xs = [x(at) for at in weeks]
    body: list[str] = []
    for place, (band, counts, words) in enumerate(series):
        top = 10 + place * (_TALL + _GAP)
        body += _area(band, counts, xs, top)
        y = _y(counts[-1] if counts else 0, ceiling(max(counts, default=0)), top)
        body.append(glyph_at(band, _LEFT + _PLOT + 6, y - 5, 0.7))
        body.append(text(f"zl {band}", _LEFT + _PLOT + 20, y + 5, words))
    for at, words in months:
        body.append(text("ax", x(at), HEIGHT - 4, words, "middle"))
    return chart(WIDTH, HEIGHT, body, name, "trend")


def _y(value: float, largest: float, top: float) -> float:
    return top + _TALL * (1 - value / largest)


def _area(band: str, counts: Sequence[int], xs: Sequence[float], top: float) -> list[str]:
    largest = ceiling(max(counts, default=0))
    body = []
    for value in (0, largest):
        y = _y(value, largest, top)
        body.append(f'<path class="grid" d="M{_LEFT} {y:.1f}h{_PLOT}"/>')
        body.append(text("ax", _LEFT - 5, y + 4, f"{value:,.0f}", "end"))
    if len(counts) > 1:
        ys = [_y(value, largest, top) for value in counts]
        foot = _y(0, largest, top)
        edge = line(xs, ys)
        body.append(
            f'<path class="area {band}" '
            f'd="{edge}L{xs[-1]:.1f} {foot:.1f}L{xs[0]:.1f} {foot:.1f}Z"/>'
            f'<path class="edge {band}" d="{edge}"/>'
        )
    return body
