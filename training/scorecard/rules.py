"""The rules by which an indicator's value becomes a share of its points, or a bonus, or a veto.

Ends are written as words: ``below`` and ``above`` leave their number out, ``up_to`` and
``at_least`` take it in. Nothing else decides an edge.
"""

import itertools
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import AfterValidator, Field, model_validator

from features.section import Section

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Direction = Literal["up", "down", "mixed"]

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Number = Annotated[float, Field(allow_inf_nan=False)]

FARTHEST = 10.0
"""A straight line ends at ten times its points, either way: the score is clipped long before."""


class Words(Section):
    """The same words in both languages."""

    ja: Annotated[str, Field(min_length=1)]
    en: Annotated[str, Field(min_length=1)]


class Condition(Section):
    """What a value must be; several ends must all hold, and at least one is given."""

    below: Number | None = None
    up_to: Number | None = None
    above: Number | None = None
    at_least: Number | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "Condition":
        if not any(getattr(self, end) is not None for end in ENDS):
            raise ValueError(f"give at least one of {', '.join(ENDS)}")
        return self

    def holds(self, values: Floats) -> Flags:
        """Return where values of any shape fulfil it; a missing value (NaN) never does."""
        met = ~np.isnan(values)
        with np.errstate(invalid="ignore"):
            if self.below is not None:
                met &= values < self.below
            if self.up_to is not None:
                met &= values <= self.up_to
            if self.above is not None:
                met &= values > self.above
            if self.at_least is not None:
                met &= values >= self.at_least
        return met

    @property
    def direction(self) -> Direction:
        """Whether higher values come to fulfil it (up), lower ones, or some between."""
        upper = self.below is not None or self.up_to is not None
        lower = self.above is not None or self.at_least is not None
        return "mixed" if upper and lower else "down" if upper else "up"


ENDS = ("below", "up_to", "above", "at_least")


class Step(Section):
    """One step: values below (or up to) its end get its share; the last step has no end."""

    below: Number | None = None
    up_to: Number | None = None
    share: Share

    @property
    def end(self) -> float:
        """The end; infinite for the last step."""
        given = self.below if self.below is not None else self.up_to
        return float("inf") if given is None else given


def _steps_in_order(steps: "tuple[Step, ...]") -> "tuple[Step, ...]":
    for step in steps:
        if step.below is not None and step.up_to is not None:
            raise ValueError(f"a step has one end: 'below' or 'up_to' ({step.below}, {step.up_to})")
    keys = [(step.end, step.up_to is not None) for step in steps]
    if any(later <= earlier for earlier, later in itertools.pairwise(keys)):
        raise ValueError("steps must rise: each ends above the one before")
    if keys[-1][0] != float("inf"):
        raise ValueError("the last step must have no end, so that every value has its share")
    return steps


Steps = Annotated[tuple[Step, ...], Field(min_length=2), AfterValidator(_steps_in_order)]


class Line(Section):
    """A straight line: no points at ``none_at``, all of them at ``all_at``."""

    none_at: Number
    all_at: Number

    @model_validator(mode="after")
    def _has_a_slope(self) -> "Line":
        if self.none_at == self.all_at:
            raise ValueError(f"'none_at' and 'all_at' must differ (both {self.all_at})")
        return self

    def share(self, values: Floats) -> Floats:
        """Return the share; beyond its ends it goes on, up to `FARTHEST`."""
        slope = (values - self.none_at) / (self.all_at - self.none_at)
        return np.clip(slope, -FARTHEST, FARTHEST)


class Decay(Section):
    """Points that fade: all of them up to ``full_until``, half after every ``half_life`` more.

    For values that count days since something: ``0.5 ** ((days − full_until) / half_life)``.
    """

    full_until: Number = 0.0
    half_life: Annotated[float, Field(gt=0, allow_inf_nan=False)]

    def share(self, values: Floats) -> Floats:
        """Return the share in [0, 1]."""
        return np.asarray(0.5 ** (np.maximum(values - self.full_until, 0.0) / self.half_life))


class Bonus(Condition):
    """So many points more, on the scale of 100, where the condition holds."""

    points: Annotated[float, Field(gt=0, le=100)]


class Veto(Condition):
    """At most so many points, whatever the rest says, where the condition holds."""

    at_most: Annotated[float, Field(ge=0, lt=100)]
    reason: Words


def step_shares(steps: tuple[Step, ...], values: Floats) -> Floats:
    """Return the share of the first step whose end a value does not pass."""
    shares = np.full(values.shape, steps[-1].share)
    for step in reversed(steps[:-1]):
        inside = values < step.end if step.below is not None else values <= step.end
        shares[inside] = step.share
    return shares


def step_direction(steps: tuple[Step, ...]) -> Direction:
    """Return whether more is better, worse, or neither throughout."""
    shares = [step.share for step in steps]
    if shares == sorted(shares):
        return "up"
    return "down" if shares == sorted(shares, reverse=True) else "mixed"
