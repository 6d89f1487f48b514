"""What became of those whom the two definitions call red: leavers caught, false alarms."""

from datetime import datetime
from typing import Any

import pyarrow as pa

from training import intervals
from training.answer_check import Rules, Timelines, timelines
from training.answer_check.alerts import Alert, alerts, red_runs
from training.answer_check.leavers import (
    Leaver,
    departed,
    interval,
    leavers,
    share,
    weeks_table,
)
from training.answer_check.timelines import instant, micros

Json = dict[str, Any]
SIDES = ("old", "new")


def outcomes(
    pairs: pa.Table,
    departures: pa.Table,
    actions: pa.Table | None,
    rules: Rules,
    until: datetime,
) -> Json | None:
    """Return leavers and false alarms of both sides, by the rules of the answer check.

    Parameters
    ----------
    pairs : pa.Table
        See `Sides.table`; only rows that are ``honest`` count.
    until : datetime
        Exclusive end up to which departures are known.

    Returns
    -------
    dict or None
        None where no date is honest on both sides.

    Notes
    -----
    A leaver is caught where its score ``weeks_before`` weeks before leaving was red. A false alarm
    is an account that turned red, was not contacted, and had not left one horizon later. Intervals
    are 90 %: Wilson's of shares, Agresti and Min's of the differences, as both sides judge the same
    accounts.
    """
    kept = pairs.filter(pairs["honest"])
    if not kept.num_rows:
        return None
    lines = [_lines(kept, side) for side in SIDES]
    gone = departed(departures)
    begin, end = int(lines[0].at.min()), micros(until)
    left = [leavers(some, gone, begin, end, rules) for some in lines]
    found = [
        alerts(red_runs(some, gone, rules), gone, actions, begin, end, rules) for some in lines
    ]
    accounts = len(lines[0].lines)
    return {
        "from": instant(begin).isoformat(),
        "until": until.isoformat(),
        "weeks_before": rules.weeks_before,
        "leavers": _leavers(lines, left, rules),
        "alarms": _alarms(found, accounts, actions is not None),
    }


def _lines(pairs: pa.Table, side: str) -> Timelines:
    named = pairs.select(["account_id", "as_of", f"{side}_band", f"{side}_score"])
    return timelines(named.rename_columns(["account_id", "as_of", "band", "health_score"]))


def _leavers(lines: list[Timelines], left: list[list[Leaver]], rules: Rules) -> Json:
    """Return who was red in time; both sides have a score wherever one has."""
    red = [
        {
            (one.account_id, one.left_at)
            for one in some
            if rules.weeks_before in one.rows and side.band[one.rows[rules.weeks_before]] == "red"
        }
        for side, some in zip(lines, left, strict=True)
    ]
    scored = sum(rules.weeks_before in one.rows for one in left[0])
    caught, lost = sorted(red[1] - red[0]), sorted(red[0] - red[1])
    low, high = intervals.paired(len(caught), len(lost), scored) if scored else (-1.0, 1.0)
    weeks = zip(*(weeks_table(side, some, rules) for side, some in zip(lines, left, strict=True)),
                strict=True)  # fmt: skip
    return {
        "scored": scored,
        **{side: _of(len(some), scored) for side, some in zip(SIDES, red, strict=True)},
        "caught": [_named(one) for one in caught],
        "lost": [_named(one) for one in lost],
        "difference": (len(caught) - len(lost)) / scored if scored else None,
        "interval": [low, high],
        "weeks": [
            {"weeks": a["weeks"], "scored": a["scored"], "old_red": a["red"], "new_red": b["red"]}
            for a, b in weeks
        ],
    }


def _of(k: int, n: int) -> Json:
    return {"red": k, "share": share(k, n), "interval": interval(k, n)}


def _named(one: tuple[str, int]) -> Json:
    return {"account_id": one[0], "left_at": instant(one[1]).isoformat()}


def _alarms(found: list[list[Alert]], accounts: int, contacts_known: bool) -> Json:
    false = [
        {one.run.account_id for one in some if one.outcome == "stayed" and not one.contacted}
        for some in found
    ]
    more, fewer = sorted(false[1] - false[0]), sorted(false[0] - false[1])
    low, high = intervals.paired(len(more), len(fewer), accounts)
    return {
        "accounts": accounts,
        "contacts_known": contacts_known,
        **{side: _counted(some) for side, some in zip(SIDES, found, strict=True)},
        "more": more,
        "fewer": fewer,
        "difference": len(more) - len(fewer),
        "interval": [low * accounts, high * accounts],
    }


def _counted(some: list[Alert]) -> Json:
    over = [one for one in some if one.outcome != "immature"]
    alone = [one for one in over if not one.contacted]
    right = sum(one.outcome == "left" for one in alone)
    return {
        "alarms": len(over),
        "contacted": len(over) - len(alone),
        "left": right,
        "false": len(alone) - right,
        "precision": share(right, len(alone)),
        "interval": interval(right, len(alone)),
    }


def matrix(pairs: pa.Table) -> dict[str, dict[str, int]]:
    """Return old band → new band → how many scores."""
    counted = pairs.group_by(["old_band", "new_band"]).aggregate([([], "count_all")])
    found: dict[str, dict[str, int]] = {}
    for row in counted.to_pylist():
        found.setdefault(row["old_band"], {})[row["new_band"]] = row["count_all"]
    return found
