"""One section ``[features.NAME]`` of ``kenshin.toml``: a company's own feature, without code."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Measuring = Literal[
    "count",
    "sum",
    "ratio",
    "never",
    "first_use_days",
    "breadth",
    "users",
    "share_of_seats",
    "active_days",
    "days_since",
    "top_user_share",
]
Phrases = dict[Literal["ja", "en"], str]

WINDOWLESS = frozenset({"never", "first_use_days", "days_since"})
"""Measures that look at all that is known."""
LONGEST_DAYS = 3660
ANY = "*"
"""In an event's name: whatever letters."""


class ProductFeature(BaseModel):
    """A feature of this company's own, from named events.

    ``event`` is one name or a list, any of which counts; a ``*`` in a name stands for whatever
    letters, as in ``"report_*"``. What a measure gives:

    ``count`` how often; ``sum`` the total ``quantity``; ``ratio`` the count of ``event`` over that
    of ``per``; ``never`` 1 where it was not seen in the present spell; ``first_use_days`` days
    from the start of the spell to the first; ``breadth`` how many of the names were seen;
    ``users`` how many users did it; ``share_of_seats`` those users over the contract's seats;
    ``active_days`` days with it; ``days_since`` days since the last; ``top_user_share`` the busiest
    user's share (of all use where there is no ``event``).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    measure: Measuring
    event: str | tuple[str, ...] | None = None
    per: str | tuple[str, ...] | None = None
    window_days: Annotated[int, Field(ge=1, le=LONGEST_DAYS)] | None = None
    against: Literal["own_past", "peers"] | None = None
    """``own_past``: its change against the mean of the ``periods`` windows before. ``peers``: how
    many times the median of the live accounts of the same plan at the same instant."""
    periods: Annotated[int, Field(ge=1, le=26)] = 1
    minimum_peers: Annotated[int, Field(ge=2)] = 10
    """With fewer live accounts of the plan that have a value, the account itself among them, there
    is no comparison."""
    difference: Annotated[
        Literal["relative", "chance"], Field(exclude_if=lambda said: said == "relative")
    ] = "relative"
    """How far the value is from its ``own_past``: ``relative`` as a share of the mean ``e`` before;
    ``chance``, of a count ``n`` only, as ``(n - e) / sqrt(e + 1)``, over as much as a count strays
    by chance, which tells of what is rare and of what was never done before as well. There a
    younger account is held against those of the windows that lie wholly in its present spell. Left
    out where it is ``relative``, as in settings from before it: their version stays what it was."""
    unit: Literal["share", "times", "count"] | None = None
    """How a ratio is written: 37 %, 3.2 times, or plainly 3.2."""
    good: Literal["up", "down", "none"] = "none"
    actionable: bool = True
    label: Phrases
    """What is measured, in both languages; a comparison adds its own words."""
    worse: Phrases | None = None
    better: Phrases | None = None
    missing: Phrases | None = None
    """Sentences to say instead of those that follow from the measure."""

    @property
    def events(self) -> tuple[str, ...]:
        """The names in ``event``; none stands for all use."""
        return _names(self.event)

    @property
    def per_events(self) -> tuple[str, ...]:
        """The names in ``per``."""
        return _names(self.per)

    @field_validator("label", "worse", "better", "missing")
    @classmethod
    def _in_both_languages(cls, words: Phrases | None) -> Phrases | None:
        absent = [language for language in ("ja", "en") if words and not words.get(language)]
        if words is not None and (absent or not words):
            raise ValueError(f"the words are needed in ja and en; {' and '.join(absent)} missing")
        return words

    @field_validator("event", "per")
    @classmethod
    def _each_once(cls, event: str | tuple[str, ...] | None) -> str | tuple[str, ...] | None:
        names = _names(event)
        if event is not None and (not names or "" in names):
            raise ValueError("an event needs a name")
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"'{name}' is named twice")
            if name.count(ANY) > 1:
                raise ValueError(f"'{name}' has more than one *")
        return event

    @model_validator(mode="after")
    def _complete(self) -> "ProductFeature":
        if (self.per is not None) != (self.measure == "ratio"):
            raise ValueError("'per' goes with measure 'ratio', and only with it")
        if self.event is None and self.measure != "top_user_share":
            raise ValueError(f"measure '{self.measure}' needs an event")
        if self.unit is not None and self.measure != "ratio":
            raise ValueError("'unit' goes with measure 'ratio', and only with it")
        if self.measure == "breadth" and len(self.events) == 1 and ANY not in self.events[0]:
            raise ValueError(
                "measure 'breadth' counts how many of several events were used: give a list, or a "
                "name with *"
            )
        return self

    @model_validator(mode="after")
    def _windows(self) -> "ProductFeature":
        if self.measure in WINDOWLESS and self.window_days is not None:
            raise ValueError(f"measure '{self.measure}' has no window: remove window_days")
        if self.measure not in WINDOWLESS and self.window_days is None:
            raise ValueError(f"measure '{self.measure}' needs window_days")
        reach = (self.window_days or 0) * (self.periods + 1)
        if self.against == "own_past" and reach > LONGEST_DAYS:
            raise ValueError(
                f"{self.periods} windows of {self.window_days} days and the last one reach back "
                f"{reach:,} days, {LONGEST_DAYS:,} at most"
            )
        return self

    @model_validator(mode="after")
    def _comparable(self) -> "ProductFeature":
        if self.against == "own_past" and self.measure in WINDOWLESS:
            raise ValueError(
                f"measure '{self.measure}' has no window to hold against the windows before: "
                "remove against"
            )
        if self.against == "peers" and self.measure == "never":
            raise ValueError("measure 'never' is yes or no, which has no median: remove against")
        for key, goes_with in (
            ("periods", "own_past"),
            ("difference", "own_past"),
            ("minimum_peers", "peers"),
        ):
            if key in self.model_fields_set and self.against != goes_with:
                raise ValueError(f"'{key}' goes with against = '{goes_with}', and only with it")
        if self.difference == "chance" and self.measure != "count":
            raise ValueError(
                f"difference 'chance' is that of a count, measure '{self.measure}' is none: "
                "remove difference"
            )
        return self


def _names(event: str | tuple[str, ...] | None) -> tuple[str, ...]:
    if event is None:
        return ()
    return (event,) if isinstance(event, str) else event
