"""Points that add up to the number shown."""

import math
from collections.abc import Sequence


def round_points(exact: Sequence[float], total: float, step: float = 1.0) -> list[float]:
    """Return ``exact`` rounded to multiples of ``step`` that sum exactly to ``total``.

    Largest remainder: every part is rounded down, then the units that are missing go to the parts
    that lost most by it. A part is at most one step from its exact value as long as ``total`` is
    within rounding of the exact sum.

    Parameters
    ----------
    exact : sequence of float
        The parts: baseline, every reason, and the clip where it bites.
    total : float
        The number shown, a multiple of ``step``.
    step : float
        1 for whole points, 0.1 for tenths.

    Examples
    --------
    >>> round_points([72.4, -9.7, -13.9, 0.2], 49)
    [73.0, -10.0, -14.0, 0.0]
    """
    if not exact:
        return []
    # 1e-9: a part that is a multiple of the step but for the last bit is that multiple.
    parts = exact if step == 1 else [part / step for part in exact]
    units = [math.floor(part + 1e-9) for part in parts]
    everyone, some = divmod(round(total / step) - sum(units), len(units))
    lost = [part - unit for part, unit in zip(parts, units, strict=True)]
    for index in sorted(range(len(units)), key=lost.__getitem__, reverse=True)[:some]:
        units[index] += 1
    return [_multiple(unit + everyone, step) for unit in units]


def _multiple(unit: int, step: float) -> float:
    return float(unit) if step == 1 else round(unit * step, 9)


def closing(score: float, bends: bool) -> str:
    """Return the name of the row that closes the sum, ``clip`` or ``calibration``.

    Where the model's calibration is no line (``bends``), a score inside (0, 100) was not clipped,
    so what baseline and reasons leave open is the bend. At the ends one row holds both.
    """
    return "calibration" if bends and 0 < score < 100 else "clip"
