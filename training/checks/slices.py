"""Whether the model fails some kind of customer while it does well over all."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.catalog import Words
from training import metrics
from training.checks.check import Check
from training.frames import Frame

Floats = npt.NDArray[np.float64]
Truths = npt.NDArray[np.bool_]

SLICES = {
    "plan": Words("プラン", "plan"),
    "size": Words("規模", "size"),
    "industry": Words("業種", "industry"),
}
FEWEST = 20
"""A slice with fewer leavers or stayers is not judged."""
ERRORS = 3.0
"""Standard errors below zero: some dozens of slices are looked at, and luck must pull down none."""
TENURES = (365, 1095)
"""Days that part new, settled and old customers."""


@dataclass(frozen=True)
class _Slice:
    words: Words
    rows: int
    gain: float
    error: float

    @property
    def collapsed(self) -> bool:
        """Whether a constant would have been better in this slice, beyond luck."""
        return self.gain + ERRORS * self.error < 0


def no_slice_collapses(test: Frame, probability: Floats) -> Check:
    """T17: in no slice is the model worse than always saying that slice's own share of leavers.

    The gain is in log loss, its error with the rows of an account taken together.
    """
    title = Words("どの顧客層でも崩れていない", "No kind of customer is failed")
    judged = [_judged(words, inside, test, probability) for words, inside in _slices(test)]
    if not judged:
        none = Words(
            f"解約と継続が{FEWEST}件ずつある層がない。",
            f"No slice has {FEWEST} leavers and {FEWEST} stayers.",
        )
        return Check("T17", title, "release", "not applicable", none)
    worst = min(judged, key=lambda one: one.gain)
    collapsed = [one for one in judged if one.collapsed]
    if not collapsed:
        found = Words(
            f"{len(judged)}層を調べた。最も弱いのは{worst.words.ja}"
            f"（対数損失の改善 {worst.gain:+.4f}、{worst.rows:,}行）。",
            f"{len(judged)} slices looked at; the weakest is {worst.words.en} "
            f"(log loss better than its own constant by {worst.gain:+.4f}, {worst.rows:,} rows).",
        )
        return Check("T17", title, "release", "passed", found)
    named = collapsed[:3]
    found = Words(
        "一定の確率より悪い層: "
        + "、".join(f"{one.words.ja}（{one.gain:+.4f}、{one.rows:,}行）" for one in named)
        + "。",
        "Worse than their own constant: "
        + ", ".join(f"{one.words.en} ({one.gain:+.4f}, {one.rows:,} rows)" for one in named)
        + ".",
    )
    return Check("T17", title, "release", "failed", found)


def _slices(test: Frame) -> Iterator[tuple[Words, Truths]]:
    """Yield the slices with enough leavers and stayers, and which rows (n,) they hold."""
    for words, inside in _candidates(test):
        left = test.churned[inside].sum()
        if min(left, inside.sum() - left) >= FEWEST:
            yield words, inside


def _candidates(test: Frame) -> Iterator[tuple[Words, Truths]]:
    for name, title in SLICES.items():
        if f"fact_{name}" in test.facts.column_names:
            values = test.facts.column(f"fact_{name}").to_numpy(zero_copy_only=False)
            for value in sorted({value for value in values if isinstance(value, str)}):
                yield Words(f"{title.ja}「{value}」", f"{title.en} {value}"), values == value
    yield from _tenures(test)


def _tenures(test: Frame) -> Iterator[tuple[Words, Truths]]:
    if "fact_started_at" not in test.facts.column_names or np.isnat(test.as_of).all():
        return
    started = test.facts.column("fact_started_at").to_numpy(zero_copy_only=False)
    days = (test.as_of - started.astype("datetime64[us]")) / np.timedelta64(1, "D")
    first, second = TENURES
    yield Words("契約1年未満", "tenure under a year"), days < first
    yield Words("契約1–3年", "tenure of one to three years"), (days >= first) & (days < second)
    yield Words("契約3年以上", "tenure of three years or more"), days >= second


def _judged(words: Words, inside: Truths, test: Frame, probability: Floats) -> _Slice:
    churned, p = test.churned[inside], probability[inside]
    gains = metrics.losses(churned, np.full(len(p), churned.mean())) - metrics.losses(churned, p)
    _, account = np.unique(test.account_ids[inside].astype(str), return_inverse=True)
    together = np.bincount(account, weights=gains - gains.mean())
    error = float(np.sqrt((together**2).sum()) / len(gains))
    return _Slice(words, len(gains), float(gains.mean()), error)
