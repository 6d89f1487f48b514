"""Predicted against observed, on log axes: rare events would sit in one corner otherwise."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup, escape

from serving.pages.charts.marks import chart, text

WIDTH, HEIGHT = 430, 330
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 18, 12, 44
_PLOT, _TALL = WIDTH - _LEFT - _RIGHT, HEIGHT - _TOP - _BOTTOM
_MARKS = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)


def reliability(
    groups: Sequence[Mapping[str, Any]], axes: tuple[str, str], told: Sequence[str], name: str
) -> Markup:
    """Return a point and its interval per group; groups without a single event are hollow.

    Each group has ``predicted``, ``observed``, ``churns`` and ``interval``; ``told`` is one
    sentence for each.
    """
    low, high = _bounds(groups)
    span = math.log10(high / low)

    def x(share: float) -> float:
        return _LEFT + _PLOT * math.log10(min(max(share, low), high) / low) / span

    def y(share: float) -> float:
        return _TOP + _TALL * (1 - math.log10(min(max(share, low), high) / low) / span)

    body = []
    for mark in (mark for mark in _MARKS if low <= mark <= high):
        words = f"{mark * 100:g}%"
        body.append(
            f'<path class="grid" d="M{_LEFT} {y(mark):.1f}h{_PLOT}M{x(mark):.1f} {_TOP}v{_TALL}"/>'
        )
        body.append(text("ax", _LEFT - 6, y(mark) + 4, words, "end"))
        body.append(text("ax", x(mark), _TOP + _TALL + 16, words, "middle"))
    body.append(
        f'<path class="diagonal" d="M{x(low):.1f} {y(low):.1f}L{x(high):.1f} {y(high):.1f}"/>'
    )
    for group, sentence in zip(groups, told, strict=True):
        at, (bottom, top) = x(group["predicted"]), group["interval"]
        kind = "dot" if group["churns"] else "dot none"
        body.append(
            f'<path class="ci" d="M{at:.1f} {y(bottom):.1f}V{y(top):.1f}"/>'
            f'<circle class="{kind}" cx="{at:.1f}" cy="{y(group["observed"]):.1f}" r="4.5">'
            f"<title>{escape(sentence)}</title></circle>"
        )
    body.append(text("axl", _LEFT + _PLOT / 2, HEIGHT - 6, axes[0], "middle"))
    body.append(
        f'<text class="axl" transform="translate(12 {_TOP + _TALL / 2}) rotate(-90)" '
        f'text-anchor="middle">{escape(axes[1])}</text>'
    )
    return chart(WIDTH, HEIGHT, body, name, "reliability")


def _bounds(groups: Sequence[Mapping[str, Any]]) -> tuple[float, float]:
    """Return the ends of both axes: wide enough for every prediction and most intervals."""
    smallest = min((g["predicted"] for g in groups if g["predicted"] > 0), default=0.001)
    largest = max((max(g["predicted"], g["interval"][1]) for g in groups), default=0.5)
    low = max((mark for mark in _MARKS if mark <= smallest), default=_MARKS[0])
    high = min((mark for mark in (0.1, 0.3, 0.6, 1.0) if mark >= largest), default=1.0)
    return min(low, 0.01), high
