"""How sure a share is."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

Z90 = 1.6448536269514722
"""Two-sided 90 % of the normal distribution."""


def wilson(k: npt.ArrayLike, n: npt.ArrayLike, z: float = Z90) -> tuple[Floats, Floats]:
    """Return Wilson's interval of ``k`` out of ``n`` (any shape); [0, 1] where ``n`` is 0."""
    count, total = np.asarray(k, dtype=np.float64), np.asarray(n, dtype=np.float64)
    size = np.where(total > 0, total, 1.0)
    share, z2 = count / size, z * z
    centre = (share + z2 / (2 * size)) / (1 + z2 / size)
    half = z / (1 + z2 / size) * np.sqrt(share * (1 - share) / size + z2 / (4 * size * size))
    low = np.where(total > 0, np.clip(centre - half, 0.0, share), 0.0)
    high = np.where(total > 0, np.clip(centre + half, share, 1.0), 1.0)
    return low, high


def newcombe(k1: int, n1: int, k2: int, n2: int, z: float = Z90) -> tuple[float, float]:
    """Return the interval of the difference ``k1 / n1 − k2 / n2`` of two independent shares.

    Newcombe's hybrid score interval without continuity correction, method 10 of Statistics in
    Medicine 17, 1998, 873-890.

    >>> [round(end, 4) for end in newcombe(56, 70, 48, 80, z=1.959964)]
    [0.0524, 0.3339]
    """
    p1, p2 = k1 / n1, k2 / n2
    (low1, low2), (high1, high2) = wilson([k1, k2], [n1, n2], z)
    below = float(np.hypot(p1 - low1, high2 - p2))
    above = float(np.hypot(high1 - p1, p2 - low2))
    return p1 - p2 - below, p1 - p2 + above


def paired(only_first: int, only_second: int, n: int, z: float = Z90) -> tuple[float, float]:
    """Return the interval of ``(only_first − only_second) / n``, two shares of the same ``n``.

    Agresti and Min's for matched pairs, half a case added to each of the four cells (Statistics
    in Medicine 24, 2005, 729-740).

    >>> [round(end, 3) for end in paired(12, 4, 100)]
    [0.013, 0.144]
    """
    total = n + 2.0
    middle = (only_first - only_second) / total
    half = z * float(np.sqrt(only_first + only_second + 1 - total * middle**2)) / total
    return max(middle - half, -1.0), min(middle + half, 1.0)
