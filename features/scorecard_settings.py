"""``[scorecard]``: the rule-based health score beside the model."""

from typing import Annotated, Literal

from pydantic import Field

from features.section import Section

Kind = Literal["saas", "retail", "subscription"]


class ScorecardSettings(Section):
    """Which scorecard a company uses."""

    file: str | None = None
    """Relative to the settings file. Default: ``scorecard.toml`` where that exists, else the
    starter card of ``kind``."""
    kind: Kind | None = None
    """The starter card; default: ``retail`` where churn is inactivity, ``saas`` otherwise."""
    minimum_churns: Annotated[int, Field(ge=5)] = 10
    """Below so many churned accounts nothing is learned from history: a score by the scorecard then
    has no probability. A model is tried from ``[training].minimum_churns`` on."""
