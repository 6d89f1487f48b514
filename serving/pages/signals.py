"""What the features of a run are called, and how their values read."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from features.catalog import Feature, Language, Words
from serving import words
from serving.pages.timeline import Run
from serving.store.scores import numbers
from serving.values import value_text

Value = float | str | None


@dataclass(frozen=True)
class Signals:
    """The model's features in the words of one language."""

    features: Mapping[str, Feature]
    categories: Mapping[str, tuple[str, ...]]
    language: Language
    currency: str

    def feature(self, name: str) -> Feature:
        """Return the feature; one that an older model had is known by its name only."""
        return self.features.get(name) or _nameless(name)

    def label(self, name: str) -> str:
        """Return the feature's name as people say it."""
        return self.feature(name).label.of(self.language)

    def value(self, name: str, number: float) -> Value:
        """Return what the stored number stands for; None where it is missing."""
        if math.isnan(number):
            return None
        known = self.categories.get(name)
        if known is None:
            return float(number)
        return known[int(number)] if 0 <= int(number) < len(known) else None

    def value_text(self, name: str, value: Value) -> str:
        """Return a value with its unit."""
        return value_text(self.feature(name), value, self.language, self.currency)

    def sentence(self, run: Run, plan: str | None, name: str, number: float, points: float) -> str:
        """Return what a reason says, compared with accounts of the same plan in that run."""
        typical = run.typical_of(plan, name)
        value = self.value(name, number)
        return words.sentence(self.feature(name), value, typical, points, self.language)


def by_name(run: Run, stored: bytes | None) -> dict[str, float]:
    """Return the stored numbers of one score by feature name."""
    if not stored:
        return {}
    return dict(zip(run.feature_names, numbers(stored).tolist(), strict=True))


def _nameless(name: str) -> Feature:
    same = Words(name, name)
    return Feature(
        name=name,
        group="profile",
        indicator="profile",
        kind="number",
        source="accounts",
        window_days=None,
        unit="count",
        good="none",
        actionable=False,
        label=same,
        worse=same,
        better=same,
        missing=same,
        missing_means="",
    )
