"""What is said about an account, beside the canonical record of its score."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from serving.instant import Instant
from serving.overrides.override import Shown
from serving.records import Record

Band = Literal["red", "yellow", "green", "no_data"]
Order = Literal["health_score", "expected_loss", "arr", "change"]

HELD = "What a person holds against the score now, never instead of it; null where nobody does."


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Facts(_Answer):
    """Who the account is, as known at ``as_of``."""

    account_external_id: str
    name: str | None
    name_en: str | None
    plan: str | None
    industry: str | None
    size: str | None
    region: str | None
    owner: str | None
    arr: float | None = Field(description="Yearly recurring revenue in `currency`.")
    currency: str | None
    renewal_date: date | None
    customer_since: Instant | None = Field(description="Start of the relationship, UTC.")


class AccountLine(Facts):
    """One line of the list."""

    score_id: str
    as_of: Instant = Field(description="Instant the score is about, UTC.")
    health_score: int | None = Field(ge=0, le=100, description="100 is good; null without data.")
    band: Band
    band_since: Instant | None
    churn_probability: float | None = Field(
        ge=0, le=1, description="P(the account leaves within the horizon)."
    )
    revenue_at_risk: float | None = Field(description="churn_probability × arr, in `currency`.")
    change: int | None = Field(
        description="health_score minus that of the run a week before; null where there is none."
    )
    top_reasons: list[str] = Field(
        description="Codes of the features that cost most points, costliest first."
    )
    abstain_reason: str | None = Field(description="Why no score is given.")
    override: Shown | None = Field(description=HELD)


class Account(Facts):
    """One account with the canonical record of its latest issued score."""

    score: Record
    override: Shown | None = Field(description=HELD)


class AccountPage(_Answer):
    """A page of the list."""

    run_id: str = Field(description="Scoring run; all pages of one cursor show the same run.")
    as_of: Instant
    model_version: str
    compared_with: Instant | None = Field(description="`as_of` of the run behind `change`.")
    total: int = Field(ge=0, description="Accounts that pass the filters.")
    accounts: list[AccountLine]
    next_cursor: str | None = Field(description="Give it as `cursor`; null on the last page.")


class Moment(_Answer):
    """A score as it was given at one instant."""

    score_id: str
    as_of: Instant
    kind: Literal["issued", "replay"] = Field(
        description="`issued` was shown to people then; `replay` was computed later."
    )
    health_score: int | None = Field(ge=0, le=100)
    band: Band
    churn_probability: float | None = Field(ge=0, le=1)
    abstain_reason: str | None


class History(_Answer):
    """The scores of an account, oldest first."""

    account_external_id: str
    scores: list[Moment]


class Reason(_Answer):
    """One row of the sum, in words."""

    code: str = Field(description="Feature, `other` (small reasons together) or `clip`.")
    group: str | None
    label: str
    value: str | None = Field(description="The account's value, written out.")
    typical: str | None = Field(description="The usual value of accounts on the same plan.")
    points: int
    sentence: str


class Explanation(_Answer):
    """A score in sentences; ``baseline_points`` plus all ``points`` is ``health_score``."""

    account_external_id: str
    score_id: str
    as_of: Instant
    model_version: str
    language: Literal["ja", "en"]
    health_score: int | None
    band: Band
    baseline_points: int | None
    reasons: list[Reason]
    abstain_reason: str | None
