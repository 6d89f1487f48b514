"""Release checks against two leaks of training itself: parted groups, and encoders of the test."""

import numpy as np
import numpy.typing as npt

from features.catalog import Words
from training.checks.check import Check
from training.frames import Frame


def folds_apart(rows: Frame, folds: npt.NDArray[np.int64]) -> Check:
    """T11: no account, and no group of merged accounts, lies in two folds.

    Parameters
    ----------
    folds : ndarray of shape (n,) or (repeats, n)
        The fold of every row, as the model was fitted with; of every time they were dealt out.
    """
    title = Words("同じ会社が学習と検証に分かれていない", "No account on both sides of a fold")
    names, group = np.unique(rows.inseparable.astype(str), return_inverse=True)
    if len(names) == len(rows):
        alone = Words(
            "どの会社も1行だけで、分かれようがない。",
            "Every account has one row, merged ones as one: nothing can be parted.",
        )
        return Check("T11", title, "release", "not applicable", alone)
    apart = np.zeros(len(names), dtype=bool)
    for dealt in np.atleast_2d(folds):
        low = np.full(len(names), np.iinfo(np.int64).max)
        high = np.full(len(names), -1)
        np.minimum.at(low, group, dealt)
        np.maximum.at(high, group, dealt)
        apart |= low != high
    parted = names[apart]
    named = ", ".join(parted[:5])
    found = Words(
        f"{len(names):,}社（統合された会社は1社として）がそれぞれ1つの分割だけに入っている。",
        f"{len(names):,} accounts, merged ones as one, each lie in one fold only.",
    )
    if len(parted):
        found = Words(
            f"{len(parted):,}社が複数の分割に入っている: {named}。",
            f"{len(parted):,} accounts lie in more than one fold: {named}.",
        )
    return Check("T11", title, "release", "failed" if len(parted) else "passed", found)


def encoders_before_test(development: Frame, test: Frame) -> Check:
    """T12: no code of a category was learned from the test period."""
    title = Words("区分の符号は検証期間から学んでいない", "No category was learned from the test")
    if not any(feature.kind == "category" for feature in development.features):
        numbers = Words("区分の項目がない。", "There is no category among the features.")
        return Check("T12", title, "release", "not applicable", numbers)
    if test is development:
        none = Words("日付のない表に検証期間はない。", "A table without dates has no test period.")
        return Check("T12", title, "release", "not applicable", none)
    told = []
    for position, feature in enumerate(development.features):
        if feature.kind != "category":
            continue
        known = np.unique(development.matrix[:, position])
        later = np.unique(test.matrix[:, position])
        new = later[~np.isnan(later) & ~np.isin(later, known)]
        values = development.categories[feature.name]
        told += [f"{feature.name} = {values[int(code)]}" for code in new]
    if not told:
        found = Words(
            "検証期間にだけ現れる値は不明として扱った。",
            "Values that only the test period has were taken as unknown.",
        )
        return Check("T12", title, "release", "passed", found)
    named = ", ".join(told[:5])
    found = Words(
        f"検証期間にだけ現れる値に符号がある: {named}。",
        f"Values that only the test period has carry a code: {named}.",
    )
    return Check("T12", title, "release", "failed", found)
