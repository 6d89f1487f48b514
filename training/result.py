"""What a training came to."""

from dataclasses import dataclass
from typing import Any

from training import bundle as shipping
from training import checks

Json = dict[str, Any]

USABLE, NO_SIGNAL = "usable", "no usable signal"
KEPT = "champion kept"
"""Of a training without signal beside a champion that had one: what serves goes on serving."""


@dataclass(frozen=True)
class TrainResult:
    """What a training came to.

    Attributes
    ----------
    verdict : {"usable", "no usable signal"}
    reason : str
        Why there is no usable signal; empty otherwise.
    bundle : Bundle or None
        None where there is no usable signal.
    champion : bool
        Whether the bundle serves from now on.
    """

    verdict: str
    reason: str
    evaluation: Json
    checks: tuple[checks.Check, ...]
    bundle: shipping.Bundle | None
    champion: bool
    previous: str | None
    run_id: str
