"""What is asked and what is answered."""

from datetime import date
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetPydanticSchema,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic.config import JsonDict
from pydantic_core import CoreSchema, core_schema

from serving.changes import Change
from serving.freshness import Freshness
from serving.horizons import Horizon, RenewalOnCurve
from serving.instant import Instant
from serving.records import Driver

AT_MOST = 1_000
"""Accounts in one request."""

MOST_DRIVERS = 100

LONGEST_TEXT = 255

Text = Annotated[
    str, StringConstraints(min_length=1, max_length=LONGEST_TEXT, pattern=r"^[^\x00]*$")
]


def _value(_: object, __: GetCoreSchemaHandler) -> CoreSchema:
    """Return the schema of a value as given: ``true`` is no number and ``"12"`` is a text."""
    text = core_schema.str_schema(strict=True, min_length=1, max_length=LONGEST_TEXT)
    number = core_schema.float_schema(strict=True, allow_inf_nan=False)
    return core_schema.custom_error_schema(
        core_schema.union_schema([number, core_schema.none_schema(), text], mode="left_to_right"),
        custom_error_type="value_type",
        custom_error_message="Input should be a number, a text of 1 to 255 characters or null",
    )


Value = Annotated[
    float | str | None,
    GetPydanticSchema(_value),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number"},
                {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT},
                {"type": "null"},
            ]
        }
    ),
]

_NOT_NOTHING: JsonDict = {
    "not": {"properties": {"account_id": {"type": "null"}, "features": {"type": "null"}}}
}
"""One of both at least. Written as a ``not``, which generators of clients can leave alone."""


class AskedAccount(BaseModel):
    """One account: by id, by features, or by id with some features changed (a what-if)."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra=_NOT_NOTHING)

    account_id: Text | None = Field(
        default=None, description="An account of the latest scoring run; its values are the start."
    )
    features: Annotated[dict[Text, Value], Field(min_length=1, max_length=2_000)] | None = Field(
        default=None,
        description="Feature → value; GET /v1/model names them. With an account_id they replace "
        "that account's values; without one, what is absent is missing. null is missing.",
    )

    @model_validator(mode="after")
    def _something(self) -> "AskedAccount":
        if self.account_id is None and self.features is None:
            raise ValueError("give account_id, features or both")
        return self


class PredictionRequest(BaseModel):
    """Up to 1,000 accounts."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "examples": [
                {"accounts": [{"account_id": "A00012"}]},
                {"accounts": [{"features": {"active_users_28d": 12, "plan": "Business"}}]},
                {
                    "accounts": [{"account_id": "A00012", "features": {"active_users_28d": 30}}],
                    "drivers": 3,
                },
            ]
        },
    )

    accounts: Annotated[list[AskedAccount], Field(min_length=1, max_length=AT_MOST)]
    drivers: Literal["all"] | Annotated[int, Field(ge=0, le=MOST_DRIVERS)] = Field(
        default="all",
        description="How many reasons to name: `all` that show as a whole point, or the so many "
        "that weigh most. The rest is summed in `other`, so that the points still add up.",
    )


class Prediction(BaseModel):
    """The canonical record of a score, issued or computed for this request.

    ``baseline_points`` plus the points of all drivers is ``health_score``, exactly.
    """

    model_config = ConfigDict(extra="forbid")

    score_id: str = Field(description="Stable: the same inputs give the same id.")
    kind: Literal["issued", "computed"] = Field(
        description="`issued` is the stored score; `computed` was made for this request."
    )
    account_external_id: str | None = Field(description="null where only features were given.")
    as_of: Instant
    health_score: int | None = Field(ge=0, le=100, description="100 is good.")
    band: Literal["green", "yellow", "red", "no_data"]
    band_since: Instant | None
    churn_probability: float | None = Field(
        ge=0,
        le=1,
        description="P(the account leaves within `horizon_days`); null without a score, and where "
        "a scorecard serves that has not learned yet.",
    )
    churn_probability_low: float | None = Field(ge=0, le=1)
    churn_probability_high: float | None = Field(
        ge=0, le=1, description="90 % interval of what past accounts in this score range did."
    )
    horizon_days: int
    horizons: list[Horizon] = Field(
        description="Rising, `horizon_days` among them; only those the data reach."
    )
    renewal: RenewalOnCurve | None
    scorecard_score: int | None = Field(
        ge=0, le=100, description="What the rules alone say; null for given features of a model."
    )
    scorecard_version: str | None
    baseline_points: int | None
    drivers: list[Driver]
    change: Change | None = Field(description="For a what-if: against the score as issued.")
    recommended_action: str
    recommended_action_en: str
    recommended_action_ja: str
    reason_code: str | None
    revenue_at_risk: float | None
    currency: str | None
    renewal_date: date | None
    data_freshness: Freshness
    abstain_reason: str | None = Field(description="Code of why no score is given.")
    abstain_sentence_en: str | None
    abstain_sentence_ja: str | None
    model_version: str
    feature_snapshot_id: str | None = Field(description="null where given features played a part.")
    explanation_url: str | None = Field(description="null unless the score is stored.")


class Predictions(BaseModel):
    """One answer per account asked for, in the same order."""

    model_config = ConfigDict(extra="forbid")

    model_version: str
    predictions: list[Prediction]
