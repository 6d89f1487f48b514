"""``[gate]``: what a challenger has to show before it may serve."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from features.section import Section


class GateSettings(Section):
    """Limits of the release checks, and what is knowingly passed over (docs/checks.md)."""

    against_champion: Literal["better", "not worse"] = "better"
    """``better``: the whole 90 % interval of the gain over the champion lies above 0. ``not
    worse``: the gain is not negative and its interval does not lie below 0; for companies that
    retrain on a fixed day and want the newer of two equals."""
    latency_ms: Annotated[float, Field(gt=0)] = 25.0
    """A single row with its reasons may take so many milliseconds of one processor."""
    ignore: dict[str, str] = Field(default={})
    """Check (``T13``), column (``accounts.status``) or feature → why it may be passed over. What is
    passed over is recorded with its reason in the evaluation and in the log of promotions."""

    @field_validator("ignore")
    @classmethod
    def _reasoned(cls, given: dict[str, str]) -> dict[str, str]:
        bare = [name for name, reason in given.items() if not reason.strip()]
        if bare:
            raise ValueError(f"say why '{bare[0]}' may be passed over")
        return given
