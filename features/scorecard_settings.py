"""``[scorecard]``: the rule-based health score beside the model."""

from typing import Literal

from features.section import Section

Kind = Literal["saas", "retail", "subscription"]


class ScorecardSettings(Section):
    """Which scorecard a company uses."""

    file: str | None = None
    """Relative to the settings file. Default: ``scorecard.toml`` where that exists, else the
    starter card of ``kind``."""
    kind: Kind | None = None
    """The starter card; default: ``retail`` where churn is inactivity, ``saas`` otherwise."""
