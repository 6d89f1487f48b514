"""What came to light about an account after a score and before it left."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from training.answer_check.timelines import DAY, instant, micros

Json = dict[str, Any]
KINDS = ("reason", "plan", "tickets", "urgent", "overdue", "survey", "usage", "action")
BURST, BURST_TIMES = 2, 2.0
"""So many tickets, and so many times those of an equal time before, are a burst."""
FALL = 0.5
"""Usage below this share of that of an equal time before has fallen."""
LEAST_USES = 10
"""With fewer uses before, a fall says nothing."""


@dataclass(frozen=True)
class Happening:
    """One row of a company's table, as far as it could tell of leaving.

    Attributes
    ----------
    known_at : int
        Microseconds since 1970: when it happened or, if later, was recorded.
    kind : str
        One of `KINDS`.
    text : str or None
        What the row says: the new plan, the kind of survey, the play, the reason.
    before : str or None
        What was true until then: the plan before.
    amount : float or None
        A rating, an invoice's amount, days overdue, uses of that day.
    """

    known_at: int
    kind: str
    text: str | None = None
    before: str | None = None
    amount: float | None = None


def happenings(table: pa.Table) -> dict[str, list[Happening]]:
    """Return happenings by account, oldest first.

    Parameters
    ----------
    table : pa.Table
        ``account_id``, ``known_at`` (naive UTC), ``kind``, ``text``, ``before``, ``amount``.
    """
    found: dict[str, list[Happening]] = {}
    for row in table.to_pylist():
        at: datetime = row["known_at"]
        one = Happening(micros(at), row["kind"], row["text"], row["before"], row["amount"])
        found.setdefault(row["account_id"], []).append(one)
    for rows in found.values():
        rows.sort(key=lambda one: (one.known_at, one.kind, one.text or "", one.amount or 0.0))
    return found


def unseen(rows: list[Happening], scored_at: int, left_at: int) -> list[Json]:
    """Return what was known in ``[scored_at, left_at)`` and not to the score, weightiest first.

    Each has ``code`` (one of `KINDS`), ``count``, ``before`` (the count in an equal time before
    the score, or the plan before), ``text``, ``amount``, ``last_at``. Counts that are as usual
    are not told: tickets only as a burst, usage only where it fell.
    """
    span = left_at - scored_at
    new = [one for one in rows if scored_at <= one.known_at < left_at]
    old = [one for one in rows if scored_at - span <= one.known_at < scored_at]
    before = Counter(one.kind for one in old)
    found = []
    for kind in KINDS:
        told = _told(
            kind, [one for one in new if one.kind == kind], before[kind],
            [one for one in old if one.kind == kind],
        )  # fmt: skip
        if told is not None:
            found.append(told)
    reasons = [one for one in rows if one.kind == "reason" and abs(one.known_at - left_at) < DAY]
    if reasons and not any(told["code"] == "reason" for told in found):
        found.insert(0, _fact("reason", reasons, 0))
    return found


def _told(kind: str, new: list[Happening], before: int, old: list[Happening]) -> Json | None:
    if kind == "usage":
        return _fall(new, old)
    if not new or (kind == "tickets" and len(new) < max(BURST, BURST_TIMES * before)):
        return None
    return _fact(kind, new, before)


def _fact(kind: str, new: list[Happening], before: int) -> Json:
    last = new[-1]
    return {
        "code": kind,
        "count": len(new),
        "before": last.before if kind == "plan" else before,
        "text": last.text,
        "amount": last.amount,
        "last_at": instant(last.known_at).isoformat(),
    }


def _fall(new: list[Happening], old: list[Happening]) -> Json | None:
    now, then = (sum(one.amount or 0.0 for one in some) for some in (new, old))
    if then < LEAST_USES or now >= FALL * then:
        return None
    last = new[-1] if new else old[-1]
    return {
        "code": "usage",
        "count": round(now),
        "before": round(then),
        "text": None,
        "amount": now / then - 1.0,
        "last_at": instant(last.known_at).isoformat(),
    }
