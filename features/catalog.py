"""What a feature is: one declaration from which column, words, docs and tests come."""

from dataclasses import dataclass
from typing import Literal

Group = Literal[
    "usage",
    "satisfaction",
    "support",
    "contract",
    "engagement",
    "onboarding",
    "payment",
    "profile",
]
Unit = Literal[
    "count",
    "per_week",
    "share",
    "change",
    "times",
    "days",
    "hours",
    "money",
    "rating",
    "months",
    "truth",
    "text",
]
Good = Literal["up", "down", "none"]
Language = Literal["ja", "en"]


@dataclass(frozen=True)
class Words:
    """The same words in both languages."""

    ja: str
    en: str

    def of(self, language: Language) -> str:
        """Return the words in ``language``."""
        return self.ja if language == "ja" else self.en


@dataclass(frozen=True)
class Feature:
    """One column of a snapshot and everything that is ever said about it.

    Attributes
    ----------
    name : str
        Column name, derived from what is measured and the window: ``active_users_28d``.
    group : str
        Family under which its points are subtotalled.
    indicator : str
        ``I01`` … ``I21`` of the requirements, ``product`` for one from ``kenshin.toml``,
        ``profile`` for an account attribute or a column of a flat table.
    kind : {"number", "category"}
        ``number`` is float64, ``category`` is text with codes kept in the bundle.
    source : str
        The canonical table it is computed from.
    window_days : int or None
        ``[as_of − window_days, as_of)``; None where there is no window.
    unit : str
        How a value is written: ``share`` and ``change`` are fractions (0.37 is 37 %), ``times`` is
        how many times something else, ``money`` is in the company's currency, ``rating`` is on the
        scale of its source, ``truth`` is 1 for yes and 0 for no.
    good : {"up", "down", "none"}
        Direction in which more is better; ``none`` for those that have no good direction.
    actionable : bool
        Whether a customer-success person can influence it.
    label, worse, better, missing : Words
        Name; sentence when the value is on the bad or good side of comparable accounts; sentence
        when there is no value. Without licence of the value a neutral sentence is used.
    missing_means : str
        The rule for a missing value, for the documentation page.
    calendar : bool
        Whether it moves by itself as time passes; then it is no sign of drift.
    """

    name: str
    group: Group
    indicator: str
    kind: Literal["number", "category"]
    source: str
    window_days: int | None
    unit: Unit
    good: Good
    actionable: bool
    label: Words
    worse: Words
    better: Words
    missing: Words
    missing_means: str
    calendar: bool = False
