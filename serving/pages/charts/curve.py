"""The chance of leaving as time goes on, with the renewal date; and what it costs by month."""

from collections.abc import Sequence

from markupsafe import Markup, escape

from serving.pages.charts.marks import chart, line, text

WIDTH, HEIGHT = 690, 230
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 30, 34, 26
_PLOT, _TALL = WIDTH - _LEFT - _RIGHT, HEIGHT - _TOP - _BOTTOM
_CEILINGS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0)


def curve(
    path: Sequence[tuple[float, float]],
    horizons: Sequence[tuple[float, float, str, str]],
    renewal: tuple[float, str] | None,
    levels: Sequence[tuple[float, str]],
    name: str,
) -> Markup:
    """Return the chart.

    Parameters
    ----------
    path : sequence of (day, chance)
        The curve, from day 0.
    horizons : sequence of (day, chance, chance as written, day as written)
    renewal : (day, words), optional
    levels : sequence of (chance, as written)
        Lines across, from 0 to the end of the axis.
    """
    last, top = path[-1][0], levels[-1][0]

    def x(day: float) -> float:
        return _LEFT + _PLOT * day / last

    def y(chance: float) -> float:
        return _TOP + _TALL * (1 - chance / top)

    body = []
    for level, words in levels:
        body.append(f'<path class="grid" d="M{_LEFT} {y(level):.1f}h{_PLOT}"/>')
        body.append(text("ax", _LEFT - 6, y(level) + 4, words, "end"))
    if renewal is not None:
        at, words = renewal
        body.append(f'<path class="event" d="M{x(at):.1f} {_TOP - 12}V{y(0):.1f}"/>')
        body.append(f'<circle class="eventdot" cx="{x(at):.1f}" cy="{_TOP - 12}" r="3"/>')
        anchor = "end" if x(at) > WIDTH * 0.7 else "start" if x(at) < WIDTH * 0.2 else "middle"
        body.append(text("eventt", x(at), _TOP - 19, words, anchor))
    drawn = line([x(day) for day, _ in path], [y(chance) for _, chance in path])
    body.append(f'<path class="halo" d="{drawn}"/><path class="line" d="{drawn}"/>')
    for day, chance, words, when in horizons:
        body.append(f'<path class="tick" d="M{x(day):.1f} {y(0):.1f}v4"/>')
        body.append(text("ax", x(day), HEIGHT - 6, when, "middle"))
        body.append(f'<circle class="horizon" cx="{x(day):.1f}" cy="{y(chance):.1f}" r="4"/>')
        body.append(
            text(
                "nowt", x(day) - 4, y(chance) - 10, words, "end" if x(day) > _LEFT + 40 else "start"
            )
        )
    return chart(WIDTH, HEIGHT, body, name, "curve")


def axis_end(largest: float) -> float:
    """Return a round chance at or above ``largest`` to end an axis at.

    >>> axis_end(0.07), axis_end(0.2), axis_end(0.93)
    (0.1, 0.2, 1.0)
    """
    return next(end for end in _CEILINGS if end >= largest - 1e-9)


def months(bars: Sequence[tuple[float, str, str]], name: str) -> Markup:
    """Return bars from the left: (amount, amount as written, month as written).

    Widths are shares of the column, so that the bars fill it while their words keep their size.
    """
    largest = max((amount for amount, _, _ in bars), default=0) or 1.0
    wide = 100 / max(len(bars), 1)
    foot = _TOP + _TALL
    body = [f'<path class="grid" d="M0 {foot}h9999"/>']
    for place, (amount, words, when) in enumerate(bars):
        middle, tall = (place + 0.5) * wide, _TALL * amount / largest
        box = f'x="{middle - 0.42 * wide:.2f}%" y="{foot - tall:.1f}" width="{0.84 * wide:.2f}%"'
        body.append(f'<rect class="expected" {box} height="{tall:.1f}" rx="2"/>')
        for kind, y, said in (("axl b", foot - tall - 6, words), ("ax", HEIGHT - 6, when)):
            body.append(
                f'<text class="{kind}" x="{middle:.2f}%" y="{y:.1f}" text-anchor="middle">'
                f"{escape(said)}</text>"
            )
    return Markup(
        f'<svg class="chart months" width="100%" height="{HEIGHT}" role="img" '
        f'aria-label="{escape(name)}">{"".join(body)}</svg>'
    )
