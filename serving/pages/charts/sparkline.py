"""A line as small as a word."""

import math
from collections.abc import Sequence

from markupsafe import Markup, escape

from serving.pages.charts.marks import line


def sparkline(
    values: Sequence[float | None],
    name: str,
    band: str = "",
    size: tuple[int, int] = (72, 22),
    bounds: tuple[float, float] | None = None,
) -> Markup:
    """Return the line of ``values``, oldest first; missing ones leave out their point.

    Parameters
    ----------
    values : sequence of float or None
    name : str
        What the line says, for those who do not see it.
    band : str
        Band that colours the last point.
    size : tuple of int
        Width and height in pixels.
    bounds : tuple of float or None
        Values at the bottom and the top; default the smallest and largest.
    """
    width, height = size
    known = [
        (at, value)
        for at, value in enumerate(values)
        if value is not None and not math.isnan(value)
    ]
    if len(known) < 2:
        return Markup('<span class="muted">–</span>')
    low, high = bounds or (min(v for _, v in known), max(v for _, v in known))
    steps = max(len(values) - 1, 1)
    xs = [2 + (width - 6) * at / steps for at, _ in known]
    ys = [height - 3 - (height - 6) * _part(value, low, high) for _, value in known]
    return Markup(
        f'<svg class="spark" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img" aria-label="{escape(name)}"><path d="{line(xs, ys)}"/>'
        f'<circle class="{band}" cx="{xs[-1]:.1f}" cy="{ys[-1]:.1f}" r="2.4"/></svg>'
    )


def _part(value: float, low: float, high: float) -> float:
    """Return where ``value`` lies between the bounds, the middle where they are equal."""
    return (min(max(value, low), high) - low) / (high - low) if high > low else 0.5
