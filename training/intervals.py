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
