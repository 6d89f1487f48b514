"""A scorecard as it is written down: cards, their indicators, and for whom each is."""

import hashlib
import json
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from features.section import Section
from features.settings import Bands
from training.scorecard.rules import (
    Bonus,
    Decay,
    Direction,
    Line,
    Number,
    Share,
    Steps,
    Veto,
    Words,
    step_direction,
    step_shares,
)

Floats = npt.NDArray[np.float64]
Missing = Literal["ignore", "zero", "withhold"]
Code = Annotated[str, Field(pattern=r"^\w[\w.\-]*$")]

NEUTRAL = 0.65
"""The middle of "watch": an indicator with this share of its points counts neither way."""

KINDS = ("steps", "line", "bounded", "decay", "bonus", "veto")
EXTRA = ("bonus", "veto")


class CutOffs(Section):
    """An indicator's own green and red, in its unit; both ends are taken in, yellow is between."""

    green: Number
    red: Number

    @model_validator(mode="after")
    def _apart(self) -> "CutOffs":
        if self.green == self.red:
            raise ValueError(f"green and red must differ (both {self.red})")
        return self


class Indicator(Section):
    """One feature, its weight and the one rule by which it gives points."""

    feature: str
    code: Code | None = None
    """Name of its column; default: the feature's. The same code is the same row in every card."""
    weight: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    """Its share of the 100 points is this over the sum of the card's weights."""
    steps: Steps | None = None
    line: Line | None = None
    bounded: Line | None = None
    decay: Decay | None = None
    bonus: Bonus | None = None
    veto: Veto | None = None
    missing: Missing = "ignore"
    """``ignore``: the others share its weight. ``zero``: no points. ``withhold``: no score. A bonus
    or veto whose value is missing is not given, unless the score is withheld."""
    cut_offs: CutOffs | None = None
    """Default: green from 80 % of its points, red at 50 % or less; a bonus that is given is green,
    a veto that holds is red and one that does not is green."""
    neutral: Share = NEUTRAL
    """The share of its points that counts as neither good nor bad: its part of the baseline."""

    @model_validator(mode="after")
    def _one_rule(self) -> "Indicator":
        given = [kind for kind in KINDS if getattr(self, kind) is not None]
        if len(given) != 1:
            raise ValueError(
                f"give exactly one of {', '.join(KINDS)} (given: {', '.join(given) or 'none'})"
            )
        if self.is_weighted and "weight" not in self.model_fields_set:
            raise ValueError("an indicator with points of its own needs a weight")
        if not self.is_weighted and self.weight:
            raise ValueError(f"a {given[0]} stands beside the 100 points and has no weight")
        return self

    @property
    def name(self) -> str:
        """Its code."""
        return self.code or self.feature

    @property
    def kind(self) -> str:
        """Which rule it has."""
        return next(kind for kind in KINDS if getattr(self, kind) is not None)

    @property
    def is_weighted(self) -> bool:
        """Whether it has a part in the 100 points; a bonus and a veto stand beside them."""
        return self.bonus is None and self.veto is None

    def share(self, values: Floats) -> Floats:
        """Return the share of its points that values (n,) get; NaN where they are missing."""
        if self.steps is not None:
            shares = step_shares(self.steps, values)
        elif self.line is not None:
            shares = self.line.share(values)
        elif self.bounded is not None:
            shares = np.clip(self.bounded.share(values), 0.0, 1.0)
        elif self.decay is not None:
            shares = self.decay.share(values)
        else:
            raise TypeError(f"'{self.name}' is a {self.kind} and has no share")
        return np.where(np.isnan(values), np.nan, shares)

    def bands(self, values: Floats) -> npt.NDArray[np.object_]:
        """Return ``green``, ``yellow`` or ``red`` for values (n,); None where they are missing."""
        if self.cut_offs is not None:
            sign = 1.0 if self.cut_offs.green > self.cut_offs.red else -1.0
            green = sign * values >= sign * self.cut_offs.green
            red = sign * values <= sign * self.cut_offs.red
        elif self.is_weighted:
            shares = self.share(values)
            green, red = shares >= 0.8 - 1e-9, shares <= 0.5 + 1e-9
        else:
            rule = self.bonus or self.veto
            assert rule is not None, "exactly one rule is given"
            met = rule.holds(values)
            green, red = (met, np.zeros_like(met)) if self.bonus else (~met, met)
        named = np.where(green, "green", np.where(red, "red", "yellow")).astype(object)
        named[np.isnan(values)] = None
        return named

    def band_of(self, value: float) -> str | None:
        """Return the band of one value; None where it is missing (NaN)."""
        found = self.bands(np.array([value]))[0]
        return None if found is None else str(found)

    @property
    def direction(self) -> Direction:
        """Whether higher values get more points (up), fewer, or neither throughout."""
        if self.steps is not None:
            return step_direction(self.steps)
        line = self.line or self.bounded
        if line is not None:
            return "up" if line.all_at > line.none_at else "down"
        if self.bonus is not None:
            return self.bonus.direction
        if self.veto is not None:
            turned: dict[Direction, Direction] = {"up": "down", "down": "up", "mixed": "mixed"}
            return turned[self.veto.direction]
        return "down"


class When(Section):
    """For which accounts a card is: all that is given must hold; what is unknown does not."""

    plan: tuple[str, ...] | None = None
    industry: tuple[str, ...] | None = None
    size: tuple[str, ...] | None = None
    region: tuple[str, ...] | None = None
    tenure_below_days: Annotated[float, Field(gt=0)] | None = None
    tenure_at_least_days: Annotated[float, Field(ge=0)] | None = None
    seats_below: Annotated[float, Field(gt=0)] | None = None
    seats_at_least: Annotated[float, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "When":
        if not self.model_dump(exclude_none=True):
            raise ValueError(f"give at least one of {', '.join(type(self).model_fields)}")
        return self


class Card(Section):
    """One definition of a healthy account, and for whom it holds."""

    code: Code
    title: Words
    success: Words
    """What a successful account of this kind does."""
    when: When | None = None
    """None: for every account the cards before did not take. The last card has none."""
    hand_over_days: Annotated[float, Field(gt=0, le=3660)] | None = None
    """Over so many days around the end of its tenure the next card takes over, in a straight line;
    for a card that only begins at a tenure: around that beginning."""
    withhold_above_missing: Share = 0.5
    """No score where more than this share of the weight has no value."""
    bands: Bands | None = None
    """Cut-offs of its own; default: those of ``kenshin.toml``."""
    indicator: Annotated[tuple[Indicator, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _adds_up(self) -> "Card":
        names = [indicator.name for indicator in self.indicator]
        doubles = sorted({name for name in names if names.count(name) > 1})
        if doubles:
            raise ValueError(f"'{doubles[0]}' stands here twice: give one of them another code")
        if not sum(i.weight for i in self.indicator) > 0:
            raise ValueError("no indicator has a weight above 0, so there is nothing to add up")
        if self.hand_over_days is not None and self.boundary is None:
            raise ValueError("'hand_over_days' needs a tenure in 'when' around which it happens")
        return self

    @property
    def boundary(self) -> float | None:
        """The tenure in days around which it hands over."""
        if self.when is None:
            return None
        end = self.when.tenure_below_days
        return self.when.tenure_at_least_days if end is None else end

    @property
    def weighted(self) -> tuple[Indicator, ...]:
        """The indicators that share the 100 points."""
        return tuple(i for i in self.indicator if i.is_weighted)

    @property
    def shares_of_100(self) -> dict[str, float]:
        """Weighted indicator → its part of the 100 points."""
        total = sum(i.weight for i in self.indicator)
        return {i.name: 100.0 * i.weight / total for i in self.weighted}


class ChurnRule(Section):
    """What leaving means, as it was when the card was written."""

    source: str
    horizon_days: int
    lead_days: int = 0
    allowed_gap_days: int = 0


class Scorecard(Section):
    """All cards of a company; the first one that applies to an account is its card."""

    title: Words
    churn: ChurnRule | None = None
    """The exact label it is judged by; `kenshin scorecard check` compares it with the settings."""
    card: Annotated[tuple[Card, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _leaves_nobody_out(self) -> "Scorecard":
        codes = [card.code for card in self.card]
        doubles = sorted({code for code in codes if codes.count(code) > 1})
        if doubles:
            raise ValueError(f"two cards are called '{doubles[0]}'")
        if self.card[-1].when is not None:
            raise ValueError("the last card must be for everybody: it has no 'when'")
        early = [card.code for card in self.card[:-1] if card.when is None]
        if early:
            raise ValueError(f"'{early[0]}' is for everybody, so no card after it ever applies")
        self._one_feature_a_code()
        return self

    def _one_feature_a_code(self) -> None:
        seen: dict[str, tuple[str, bool]] = {}
        for indicator in (i for card in self.card for i in card.indicator):
            what = (indicator.feature, indicator.is_weighted)
            if seen.setdefault(indicator.name, what) != what:
                raise ValueError(
                    f"'{indicator.name}' is another feature or another kind of rule in another "
                    "card: give it a code of its own"
                )

    @property
    def version(self) -> str:
        """12 hexadecimal digits that name everything that can change a score, its points or words.

        Titles included; comments, layout and the order of keys not.
        """
        content = self.model_dump(mode="json", exclude_none=True)
        text = json.dumps(content, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def bands_of(self, code: str, default: Bands) -> Bands:
        """Return the cut-offs of the card with that code: its own, or the default."""
        return next((c.bands or default for c in self.card if c.code == code), default)

    @property
    def names(self) -> tuple[str, ...]:
        """Codes of all indicators, in the order of the file."""
        return tuple(dict.fromkeys(i.name for card in self.card for i in card.indicator))

    @property
    def features(self) -> tuple[str, ...]:
        """Names of all features it reads."""
        return tuple(dict.fromkeys(i.feature for card in self.card for i in card.indicator))
