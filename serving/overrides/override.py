"""One override: a person's word on an account, with a reason and a last day."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal, get_args

from pydantic import BaseModel, ConfigDict

from features.errors import KenshinError
from serving.instant import Instant
from serving.store.scores import StoredRow

OverrideBand = Literal["red", "yellow", "green"]
BANDS: Final[tuple[OverrideBand, ...]] = get_args(OverrideBand)
LONGEST_REASON: Final = 500
LONGEST: Final = timedelta(days=365)
"""From today to the last day; what holds longer is no exception any more."""


class OverrideError(KenshinError):
    """The override cannot be kept as it was given."""

    status = 422
    slug = "override"
    title = "The override cannot be kept"


@dataclass(frozen=True)
class Override:
    """What somebody said of an account.

    Attributes
    ----------
    at : datetime
        Naive UTC.
    by : str
        The id of the key, or ``local``.
    band : str
        What they hold instead.
    until : date
        The last day it holds, UTC.
    """

    at: datetime
    by: str
    band: str
    until: date
    reason: str


class Shown(BaseModel):
    """An override as it stands beside the score, which stays what it was."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    override_id: int
    band: OverrideBand
    """What a person holds instead of the model's band."""
    reason: str
    until: date
    """The last day it holds, UTC."""
    at: Instant
    by: str
    """The id of the key that said so; ``local`` where no key was ever made."""
    score_id: str
    """The score it was held against."""


def shown(row: StoredRow) -> Shown:
    """Return a stored override as it is answered."""
    return Shown(**{name: row[name] for name in Shown.model_fields})


def require_usable(said: Override, model_band: str) -> None:
    """Refuse an override that says nothing, has no reason or no end worth the name.

    Parameters
    ----------
    model_band : str
        That of the score it is held against.

    Raises
    ------
    OverrideError
    """
    today = said.at.date()
    if said.band not in BANDS:
        raise OverrideError(f"one of {', '.join(BANDS)}", "another band", "Choose one.")
    if said.band == model_band:
        raise OverrideError(
            "a band other than the model's", f"{said.band}, as the model says", "Nothing to do."
        )
    if not said.reason.strip():
        raise OverrideError("a reason", "none", "Say what the data cannot see.")
    if len(said.reason) > LONGEST_REASON:
        raise OverrideError(
            f"a reason of at most {LONGEST_REASON} characters", f"{len(said.reason)}", "Shorten it."
        )
    if not today <= said.until <= today + LONGEST:
        raise OverrideError(
            f"a last day from {today} to {today + LONGEST}", f"{said.until}", "Choose one of them."
        )
