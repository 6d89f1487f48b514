"""A year of weekly scores over the bands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from serving.pages.charts.marks import chart, glyph_at, hatch, line, text

WIDTH, HEIGHT = 690, 250
_LEFT, _RIGHT, _TOP, _BOTTOM = 30, 92, 28, 24
_PLOT, _TALL = WIDTH - _LEFT - _RIGHT, HEIGHT - _TOP - _BOTTOM


@dataclass(frozen=True)
class Point:
    """One weekly score: how many of the shown weeks in (0 is the oldest), score, its band.

    ``anew`` says that weeks without a score lie before it, over which no line may lead.
    """

    at: float
    score: float
    band: str
    anew: bool = False


def _x(at: float, last: float) -> float:
    return _LEFT + _PLOT * (at / last if last else 1)


def _y(score: float) -> float:
    return _TOP + _TALL * (1 - score / 100)


def history(
    points: Sequence[Point],
    months: Sequence[tuple[float, str]],
    events: Sequence[tuple[float, str]],
    cuts: tuple[float, float],
    names: Mapping[str, str],
    name: str,
    last: float,
) -> Markup:
    """Return the chart; ``months`` and ``events`` are (week, words), ``last`` the newest week."""
    body = [hatch("redzone", "soft"), *_zones(cuts, names), *_ticks(months, last)]
    body += _events(events, last)
    xs, ys = [_x(p.at, last) for p in points], [_y(p.score) for p in points]
    body += _lines(points, xs, ys)
    if points:
        below = len(ys) < 2 or ys[-1] >= ys[-2]
        low_enough = ys[-1] < _TOP + _TALL - 24
        y = ys[-1] + (21 if below and low_enough else -10)
        body.append(
            f'<circle class="now {points[-1].band}" cx="{xs[-1]:.1f}" cy="{ys[-1]:.1f}" r="5"/>'
            + text("nowt", xs[-1] - 8, max(y, _TOP + 12), f"{points[-1].score:.0f}", "end")
        )
    return chart(WIDTH, HEIGHT, body, name, "history")


def _lines(points: Sequence[Point], xs: Sequence[float], ys: Sequence[float]) -> list[str]:
    """Return a line over each stretch of scores; a score that stands alone is a dot."""
    begins = [at for at, point in enumerate(points) if not at or point.anew]
    body = []
    for start, end in pairwise([*begins, len(points)]):
        if end - start > 1:
            drawn = line(xs[start:end], ys[start:end])
            body.append(f'<path class="halo" d="{drawn}"/><path class="line" d="{drawn}"/>')
        elif end < len(points):
            body.append(f'<circle class="alone" cx="{xs[start]:.1f}" cy="{ys[start]:.1f}" r="2"/>')
    return body


def _zones(cuts: tuple[float, float], names: Mapping[str, str]) -> list[str]:
    """Return the tinted bands, each named at the right edge; the red one is hatched as well."""
    red, green = cuts
    body = []
    for band, low, high in (("green", green, 100), ("yellow", red, green), ("red", 0, red)):
        box = f'x="{_LEFT}" y="{_y(high):.1f}" width="{_PLOT}" height="{_y(low) - _y(high):.1f}"'
        body.append(f'<rect class="zone {band}" {box}/>')
        if band == "red":
            body.append(f'<rect fill="url(#redzone)" {box}/>')
        middle = (_y(low) + _y(high)) / 2
        body.append(glyph_at(band, WIDTH - _RIGHT + 10, middle - 6))
        body.append(text(f"zl {band}", WIDTH - _RIGHT + 26, middle + 4, names[band]))
    for value in (0, red, green, 100):
        body.append(f'<path class="grid" d="M{_LEFT} {_y(value):.1f}h{_PLOT}"/>')
        body.append(text("ax", _LEFT - 6, _y(value) + 4, f"{value:g}", "end"))
    return body


def _ticks(months: Sequence[tuple[float, str]], last: float) -> list[str]:
    body = []
    for at, words in months:
        body.append(f'<path class="tick" d="M{_x(at, last):.1f} {_y(0):.1f}v4"/>')
        body.append(text("ax", _x(at, last), HEIGHT - 6, words, "middle"))
    return body


def _events(events: Sequence[tuple[float, str]], last: float) -> list[str]:
    """Return the markers above the plot; words that would run into each other are left out."""
    body, taken = [], -1e9
    for at, words in events:
        x = _x(at, last)
        if x - taken < 100:
            continue
        taken = x
        body.append(f'<path class="event" d="M{x:.1f} {_TOP - 6}V{_y(0):.1f}"/>')
        body.append(f'<circle class="eventdot" cx="{x:.1f}" cy="{_TOP - 6}" r="3"/>')
        anchor = "end" if x > _LEFT + _PLOT * 0.8 else "start" if x < _LEFT + 60 else "middle"
        body.append(text("eventt", x, _TOP - 13, words, anchor))
    return body
