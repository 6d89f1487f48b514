"""Does anything know the future? One feature alone, values filled by leaving, a present-day copy.

A failure here stops the training (`training.gate.require_no_leak`): a model that has seen the
answer looks perfect in every other check.
"""

from collections.abc import Collection, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from features.catalog import Words
from training import columns
from training.checks.check import NO_AUC, ONE_OUTCOME, Check
from training.frames import Frame

Floats = npt.NDArray[np.float64]
Truths = npt.NDArray[np.bool_]
Json = dict[str, Any]

TOO_GOOD = 0.95
"""Honest churn prediction is a 0.65-0.85 problem; more is a leak until proven otherwise."""
FILLED_GAP = 0.9
FEWEST = 20
"""Fewer accounts on a side prove nothing about what was known long before."""
OWN_SHARE = 20
"""Categories of fewer rows count as one: their own share of leavers flatters them."""
SHOWN = 5


def no_leak(figures: Json) -> Check:
    """T5: not too good to be true."""
    value = figures["auc"]["value"]
    title = Words("良すぎない", "Not too good to be true")
    if value is None:
        return Check("T5", title, "release", "not applicable", NO_AUC)
    return Check(
        "T5",
        title,
        "release",
        "failed" if value > TOO_GOOD else "passed",
        Words(
            f"AUCは{value:.3f}。{TOO_GOOD}を超えるなら、未来を知っている項目が混じっている。",
            f"AUC is {value:.3f}; above {TOO_GOOD} some feature probably knows the future.",
        ),
    )


def no_single_leak(rows: Frame, known: Collection[str] = ()) -> Check:
    """T6: no feature alone separates leavers from stayers.

    Parameters
    ----------
    known : collection of str
        Features that were looked into and are passed over by name.
    """
    title = Words("1項目だけで答えが分かってしまわない", "No feature gives it away alone")
    if _one_outcome(rows):
        return Check("T6", title, "release", "not applicable", ONE_OUTCOME)
    told = [
        (
            name,
            Words(
                f"{name}（単独でAUC {area:.3f}）", f"`{name}` alone tells who left (AUC {area:.3f})"
            ),
        )
        for name, area in _areas(rows, rows.churned > 0)
        if area > TOO_GOOD
    ]
    return _suspects("T6", title, [words for name, words in told if name not in known])


def filled_for_leavers(rows: Frame, known: Collection[str] = ()) -> Check:
    """T7: no feature has values almost only for those who left, or almost only for stayers."""
    title = Words("解約によって埋まる項目がない", "No feature is filled in by leaving")
    if _one_outcome(rows):
        return Check("T7", title, "release", "not applicable", ONE_OUTCOME)
    left = rows.churned > 0
    told = []
    for feature, of_leavers, of_stayers in _filled(rows, left, ~left):
        if abs(of_leavers - of_stayers) > FILLED_GAP and feature not in known:
            told.append(
                Words(
                    f"{feature}（解約した会社の{100 * of_leavers:.0f} %、"
                    f"継続した会社の{100 * of_stayers:.0f} %に値）",
                    f"`{feature}` is filled in for {100 * of_leavers:.0f} % of leavers and "
                    f"{100 * of_stayers:.0f} % of stayers",
                )
            )
    return _suspects("T7", title, told)


def not_of_today(rows: Frame, known: Collection[str] = ()) -> Check:
    """T18: no column stands in past rows as it was written only later.

    A field that is overwritten when an account leaves, and copied as of today into every past row,
    tells of the leaving long before it. So rows of accounts that left only after a later date are
    held against rows, of the same dates, of accounts that never did: nothing known then separates
    the two that well.
    """
    title = Words("後から書き換えた値が過去の行にない", "No past row holds what was written later")
    early, never = _long_before(rows)
    accounts = [len(np.unique(rows.account_ids[part].astype(str))) for part in (early, never)]
    if min(accounts) < FEWEST:
        found = Words(
            f"解約より前の時点がある会社は{accounts[0]:,}社。{FEWEST}社は必要。",
            f"{accounts[0]:,} accounts have a date well before they left; {FEWEST} are needed.",
        )
        return Check("T18", title, "release", "not applicable", found)
    part = rows.where(early | never)
    later = early[early | never]
    told = {
        name: Words(
            f"{name}（解約よりずっと前の行で、後に解約する会社が分かる。AUC {area:.3f}）",
            f"`{name}` tells, at dates well before, who will leave later (AUC {area:.3f})",
        )
        for name, area in _areas(part, later)
        if area > TOO_GOOD and name not in known
    }
    for name, of_leavers, of_stayers in _filled(part, later, ~later):
        if abs(of_leavers - of_stayers) > FILLED_GAP and name not in known:
            told[name] = Words(
                f"{name}（解約よりずっと前の行で、後に解約する会社の{100 * of_leavers:.0f} %、"
                f"しない会社の{100 * of_stayers:.0f} %に値）",
                f"`{name}` is filled in, at dates well before, for {100 * of_leavers:.0f} % of "
                f"those who will leave later and {100 * of_stayers:.0f} % of the others",
            )
    return _suspects("T18", title, list(told.values()))


def _one_outcome(rows: Frame) -> bool:
    """Return whether leavers or stayers are missing: no feature could tell the two apart."""
    return not (rows.churned > 0).any() or bool((rows.churned > 0).all())


def _long_before(rows: Frame) -> tuple[Truths, Truths]:
    """Return where accounts that leave only later had not left yet (n,), and where none ever does.

    Both are empty for rows without time.
    """
    names, account = np.unique(rows.account_ids.astype(str), return_inverse=True)
    ever = np.zeros(len(names))
    np.maximum.at(ever, account, rows.churned)
    dated = ~np.isnat(rows.as_of)
    stayed = (rows.churned == 0) & dated
    early = stayed & (ever[account] > 0)
    never = stayed & (ever[account] == 0) & np.isin(rows.as_of, np.unique(rows.as_of[early]))
    return early, never


def _areas(rows: Frame, left: Truths) -> Iterator[tuple[str, float]]:
    """Yield each feature and how well it alone tells ``left`` (n,), whichever way round."""
    label = left.astype(np.float64)
    for feature, column in zip(rows.features, columns.each(rows.matrix), strict=True):
        if np.isnan(column).all():
            continue
        coded = feature.kind == "category"
        order = _own_share(column, label) if coded else columns.filled(column)
        area = columns.auc(left, order)
        if not np.isnan(area):
            yield feature.name, max(area, 1 - area)


def _own_share(column: Floats, label: Floats) -> Floats:
    """Return for each row the share of leavers of its category (n,); rare ones together."""
    code = np.where(np.isnan(column), -1, column).astype(np.int64)
    _, place, count = np.unique(code, return_inverse=True, return_counts=True)
    place = np.where(count[place] >= OWN_SHARE, place, len(count))
    left = np.bincount(place, weights=label)
    there = np.bincount(place)
    return np.asarray((left / np.maximum(there, 1))[place], dtype=np.float64)


def _filled(rows: Frame, left: Truths, stayed: Truths) -> Iterator[tuple[str, float, float]]:
    filled = ~np.isnan(rows.matrix)
    of_leavers, of_stayers = filled[left].mean(axis=0), filled[stayed].mean(axis=0)
    for feature, one, other in zip(rows.features, of_leavers, of_stayers, strict=True):
        yield feature.name, float(one), float(other)


def _suspects(code: str, title: Words, told: list[Words]) -> Check:
    if not told:
        none = Words("疑わしい項目はない。", "No suspect found.")
        return Check(code, title, "release", "passed", none)
    more = f" (+{len(told) - SHOWN})" if len(told) > SHOWN else ""
    found = Words(
        "疑わしい項目: " + "、".join(words.ja for words in told[:SHOWN]) + f"{more}。",
        "Suspects: " + "; ".join(words.en for words in told[:SHOWN]) + f"{more}.",
    )
    return Check(code, title, "release", "failed", found)
