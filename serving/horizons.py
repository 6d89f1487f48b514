"""The chance of leaving by several horizons, as records tell it."""

from datetime import date
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from serving import curve
from serving.store.scores import StoredRow

if TYPE_CHECKING:
    from training.bundle import Bundle


class Horizon(BaseModel):
    """The chance of leaving within so many days, by the same clock as the headline."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    days: int
    churn_probability: float


class RenewalOnCurve(BaseModel):
    """The renewal date on the curve of `Horizon`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    date: date
    days: int
    """From ``as_of``; negative where it has passed."""
    churn_probability: float | None
    """P(leaves by a week after it); null where that is beyond the curve."""
    step: bool
    """Whether the curve rises there: only where most ends of the past lay at renewals."""


def horizons(row: StoredRow) -> list[Horizon]:
    """Return the chances of leaving of a stored score, ascending; scores of before have none."""
    return [Horizon(**one) for one in told(row)]


def told(row: StoredRow) -> list[dict[str, Any]]:
    """Return the same as plain values, by the field names of `Horizon`."""
    return [{"days": int(d), "churn_probability": p} for d, p in row.get("horizons") or ()]


def renewal(row: StoredRow, bundle: "Bundle") -> RenewalOnCurve | None:
    """Return the renewal date on the curve; None without a date or a curve."""
    day = row["renewal_date"]
    known_at = told(row) if day is not None else []
    if not known_at:
        return None
    ahead, share = curve.days_to(day, row["as_of"]), bundle.renewal_share
    lead = bundle.evaluation.get("lead_days", 0)
    after = ahead - lead + curve.NEAR_DAYS
    chance = None
    if 0 <= after <= known_at[-1]["days"]:
        known = [one["churn_probability"] for one in known_at]
        days = [one["days"] for one in known_at]
        chance = curve.chance(days, known, after, ahead - lead, share)
    return RenewalOnCurve(
        date=day, days=round(ahead), churn_probability=chance, step=share is not None
    )
