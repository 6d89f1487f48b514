"""Before and after a change, with a comparison group where there is one: shares and means."""

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from training import intervals

Json = dict[str, Any]
Interval = tuple[float, float]
Z90 = intervals.Z90


@dataclass(frozen=True)
class Life:
    """One account that was a customer when a period began, and whether it left within it."""

    account_id: str
    after: bool
    left: bool


def measured(
    lives: Iterable[Life],
    health: Mapping[str, tuple[float, float]],
    concerned: Collection[str] | None,
) -> Json:
    """Return churn and health before and after, of those concerned and of the others.

    Parameters
    ----------
    health : mapping
        Account → its mean health score before and after; only accounts that have both.
    concerned : collection of str or None
        Whom the change concerned; None where everybody: then there is no comparison group.

    Notes
    -----
    Intervals are 90 %: Wilson's of shares, Newcombe's of the difference of two; of means the
    normal one from the spread over accounts; of a difference of differences the two are put
    together by their limits (Zou and Donner, Statistics in Medicine 27, 2008, 1693-1702).
    """
    some = list(lives)
    if concerned is None:
        groups = {"concerned": _group(some, health, lambda _: True)}
    else:
        inside = frozenset(concerned)
        groups = {
            "concerned": _group(some, health, lambda account: account in inside),
            "others": _group(some, health, lambda account: account not in inside),
        }
    return {
        **groups,
        "comparison": "others" in groups and _usable(groups["others"]),
        "churn_difference": _apart(groups, "churn"),
        "health_difference": _apart(groups, "health"),
    }


def _group(
    lives: list[Life], health: Mapping[str, tuple[float, float]], mine: Callable[[str], bool]
) -> Json:
    before = [one.left for one in lives if mine(one.account_id) and not one.after]
    after = [one.left for one in lives if mine(one.account_id) and one.after]
    moves = [pair for account, pair in health.items() if mine(account)]
    return {"churn": _churn(before, after), "health": _health(moves)}


def _churn(before: list[bool], after: list[bool]) -> Json:
    told: Json = {"before": _share(before), "after": _share(after)}
    told |= {"change": None, "interval": None, "relative": None}
    if before and after:
        k1, n1, k2, n2 = sum(after), len(after), sum(before), len(before)
        told["change"] = k1 / n1 - k2 / n2
        told["interval"] = list(intervals.newcombe(k1, n1, k2, n2))
        told["relative"] = (k1 / n1) / (k2 / n2) - 1 if k2 else None
    return told


def _share(left: list[bool]) -> Json:
    k, n = sum(left), len(left)
    low, high = intervals.wilson(k, n)
    return {
        "accounts": n,
        "left": k,
        "share": k / n if n else None,
        "interval": [float(low), float(high)],
    }


def _health(moves: list[tuple[float, float]]) -> Json:
    n = len(moves)
    told: Json = {"accounts": n, "before": None, "after": None, "change": None, "interval": None}
    if n < 2:
        return told
    changes = [after - before for before, after in moves]
    mean = sum(changes) / n
    spread = math.sqrt(sum((one - mean) ** 2 for one in changes) / (n - 1))
    half = Z90 * spread / math.sqrt(n)
    return told | {
        "before": sum(before for before, _ in moves) / n,
        "after": sum(after for _, after in moves) / n,
        "change": mean,
        "interval": [mean - half, mean + half],
    }


def _usable(group: Json) -> bool:
    return group["churn"]["change"] is not None


def _apart(groups: Mapping[str, Json], what: str) -> Json | None:
    """Return how much more the concerned changed than the others; None where nobody can tell."""
    if "others" not in groups:
        return None
    mine, theirs = groups["concerned"][what], groups["others"][what]
    if mine["change"] is None or theirs["change"] is None:
        return None
    difference = mine["change"] - theirs["change"]
    (low1, high1), (low2, high2) = mine["interval"], theirs["interval"]
    below = math.hypot(mine["change"] - low1, high2 - theirs["change"])
    above = math.hypot(high1 - mine["change"], theirs["change"] - low2)
    return {"difference": difference, "interval": [difference - below, difference + above]}
