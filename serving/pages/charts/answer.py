"""The bands of those who left, so many weeks before."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup, escape

from serving.pages.charts.marks import chart, glyph_at, hatch, text

WIDTH, HEIGHT = 620, 346
_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 96, 14, 60
_PLOT, _TALL = WIDTH - _LEFT - _RIGHT, HEIGHT - _TOP - _BOTTOM
_BANDS = ("red", "yellow", "green")


def answer(
    weeks: Sequence[Mapping[str, Any]], names: Mapping[str, str], axis: str, name: str
) -> Markup:
    """Return columns of 100 %, red at the foot; the still healthy part is hatched as well.

    Below each column stands of how many: a share of five companies is not one of five hundred.

    Each of ``weeks`` has ``weeks`` and the counts ``red``, ``yellow``, ``green``.
    """
    body = [hatch("stillgreen", "strong")]
    for value in (0, 25, 50, 75, 100):
        y = _TOP + _TALL * (1 - value / 100)
        body.append(f'<path class="grid" d="M{_LEFT} {y:.1f}h{_PLOT}"/>')
        body.append(text("ax", _LEFT - 6, y + 4, f"{value}%", "end"))
    wide = _PLOT / max(len(weeks), 1)
    for place, week in enumerate(weeks):
        left = _LEFT + place * wide
        body += _column(week, left + wide * 0.1, wide * 0.8, names)
        middle = left + wide / 2
        body.append(text("ax", middle, _TOP + _TALL + 16, week["weeks"], "middle"))
        body.append(text("ax few", middle, _TOP + _TALL + 32, f"n={_scored(week)}", "middle"))
    body += _names(weeks, names)
    body.append(text("axl", _LEFT + _PLOT / 2, HEIGHT - 6, axis, "middle"))
    return chart(WIDTH, HEIGHT, body, name, "answer")


def _scored(week: Mapping[str, Any]) -> int:
    return sum(int(week[band]) for band in _BANDS)


def _column(week: Mapping[str, Any], x: float, wide: float, names: Mapping[str, str]) -> list[str]:
    body, used, total = [], 0.0, _scored(week)
    for band in _BANDS:
        tall = _TALL * week[band] / total if total else 0.0
        y = _TOP + _TALL - used - tall
        used += tall
        if tall <= 0:
            continue
        box = f'x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{max(tall - 1, 0.5):.1f}"'
        told = escape(f"{names[band]} {week[band]} / {total}")
        body.append(f'<rect class="z {band}" {box}><title>{told}</title></rect>')
        if band == "green":
            body.append(f'<rect fill="url(#stillgreen)" {box}/>')
        if tall > 18:
            share = f"{100 * week[band] / total:.0f}"
            body.append(text(f"zt {band}", x + wide / 2, y + tall / 2 + 4, share, "middle"))
    return body


def _names(weeks: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> list[str]:
    """Return the bands' names beside the last column, kept apart where parts are thin."""
    if not weeks or not (total := _scored(weeks[-1])):
        return []
    body, used, above = [], 0.0, _TOP + _TALL + 18.0
    for band in _BANDS:
        tall = _TALL * weeks[-1][band] / total
        y = min(_TOP + _TALL - used - tall / 2, above - 18)
        used += tall
        above = y
        body.append(glyph_at(band, _LEFT + _PLOT + 10, y - 6))
        body.append(text(f"zl {band}", _LEFT + _PLOT + 26, y + 4, names[band]))
    return body
