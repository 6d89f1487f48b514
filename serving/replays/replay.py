"""A new definition over the history, beside what was issued; nothing stored is touched."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from features.errors import NotReadyError
from features.progress import Progress
from features.settings import Settings
from serving.answers import PROMPT, actions_of, settled_until
from serving.replays import outcomes as judging
from serving.replays.definitions import Definition
from serving.replays.history import as_issued, issued_runs, rows_at
from serving.replays.sides import Changed, Sides
from training.answer_check import Rules

if TYPE_CHECKING:
    from features.sources import Tables

Json = dict[str, Any]


@dataclass(frozen=True)
class Replay:
    """Both sides over all dates.

    Attributes
    ----------
    sides : Sides
    sources : Counter of str
        Dates by what the new definition is held against, "issued" or "replayed", and by where the
        rows come from, "stored" or "built".
    names : dict of str to dict
        Account → ``name``, ``name_en``, ``arr``, as last known.
    """

    sides: Sides
    sources: Counter[str]
    names: dict[str, Json]


def replay(
    settings: Settings,
    engine: sa.Engine,
    tables: "Tables",
    new: Definition,
    present: Definition,
    asked: Sequence[datetime],
    progress: Progress = lambda what, done, steps: None,
) -> Json:
    """Return what the new definition would have changed, as plain JSON values.

    Parameters
    ----------
    new : Definition
    present : Definition
        What serves now; it is replayed for dates of which nothing was issued.
    asked : sequence of datetime
        Midnights, ascending.

    Notes
    -----
    Of leavers and false alarms only dates count of which neither side can have known the outcome:
    scores that were issued then, and dates after all that a model was fitted on. A scorecard from
    a file is taken as written by hand.

    Raises
    ------
    NotReadyError
        Where nobody was a customer at any of the dates.
    """
    from features.labels import departures

    run = _collected(settings, engine, tables, new, present, asked, progress)
    if not run.sources:
        raise NotReadyError(
            "a date at which accounts are customers",
            f"none of {len(asked)} dates has any",
            "Give --from and --to within the time of your data.",
        )
    pairs, gone = run.sides.table(), departures(tables, settings)
    apart = max(((b - a).days for a, b in pairwise(asked)), default=7)
    rules = Rules.of(settings, stale_days=max(7.0, apart))
    last = pairs.filter(pc.equal(pairs["as_of"], pc.max(pairs["as_of"])))
    words = present.words() | new.words()
    return {
        "new": new.name,
        "present": present.name,
        "period": [f"{asked[0]:%Y-%m-%d}", f"{asked[-1]:%Y-%m-%d}"],
        "dates": dict(run.sources),
        "scores": pairs.num_rows,
        "unmatched": run.sides.unmatched,
        "all_dates": _moves(pairs),
        "last_date": {"as_of": f"{last['as_of'][0].as_py():%Y-%m-%d}", **_moves(last)},
        "outcomes": judging.outcomes(
            pairs, gone, actions_of(tables), rules, settled_until(settings, tables)
        ),
        "accounts": _accounts(run, words, gone, last["as_of"][0].as_py()),
    }


def _collected(
    settings: Settings,
    engine: sa.Engine,
    tables: "Tables",
    new: Definition,
    present: Definition,
    asked: Sequence[datetime],
    progress: Progress,
) -> Replay:
    issued = issued_runs(engine)
    sides, sources, names = Sides(), Counter[str](), dict[str, Json]()
    needs = sorted({*new.needs(), *present.needs()})
    for dated in rows_at(settings, tables, asked, issued, needs, progress):
        run = issued.get(dated.as_of)
        old = present.say(dated.snapshot) if run is None else as_issued(engine, run)
        stood_then = run is not None and run["created_at"] - run["as_of"] <= PROMPT
        honest = _honest(new, dated.as_of) and (stood_then or _honest(present, dated.as_of))
        by = (present if run is None else None, new)
        sides.add(dated.as_of, old, new.say(dated.snapshot), by, honest)
        sources.update(["replayed" if run is None else "issued", dated.source])
        names |= _names(dated.snapshot.table)
    return Replay(sides, sources, names)


def _honest(definition: Definition, as_of: datetime) -> bool:
    return definition.honest_from is not None and as_of >= definition.honest_from


def _moves(pairs: pa.Table) -> Json:
    accounts = len(pc.unique(pairs["account_id"]))
    differing = pairs.filter(pc.not_equal(pairs["old_band"], pairs["new_band"]))
    return {
        "scores": pairs.num_rows,
        "accounts": accounts,
        "changed": differing.num_rows,
        "accounts_changed": len(pc.unique(differing["account_id"])),
        "bands": judging.matrix(pairs),
    }


def _accounts(run: Replay, words: dict[str, Any], gone: pa.Table, last: datetime) -> list[Json]:
    """Return everybody who changes band anywhere: now before then, the largest revenue first."""
    left: dict[str, datetime] = {}
    for account, at in zip(
        gone["account_id"].to_pylist(), gone["left_at"].to_pylist(), strict=True
    ):
        left[account] = max(at, left.get(account, at))
    found = [
        _account(one, run.names[one.account_id], words, left.get(one.account_id), last)
        for one in run.sides.tell_reasons()
    ]
    return sorted(found, key=lambda row: (not row["now"], -(row["arr"] or 0.0), row["account_id"]))


def _account(
    one: Changed, named: Json, words: dict[str, Any], left: datetime | None, last: datetime
) -> Json:
    told = [words.get(reason or "") for reason in one.reasons]
    old, new = (None if score != score else score for score in one.scores)
    return {
        "account_id": one.account_id,
        **named,
        "as_of": f"{one.as_of:%Y-%m-%d}",
        "now": one.as_of == last,
        "dates": one.dates,
        "old_band": one.bands[0],
        "new_band": one.bands[1],
        "old_score": old,
        "new_score": new,
        "old_reason": one.reasons[0],
        "old_reason_ja": told[0].ja if told[0] else one.reasons[0],
        "old_reason_en": told[0].en if told[0] else one.reasons[0],
        "new_reason": one.reasons[1],
        "new_reason_ja": told[1].ja if told[1] else one.reasons[1],
        "new_reason_en": told[1].en if told[1] else one.reasons[1],
        "left_at": f"{left:%Y-%m-%d}" if left and left > one.as_of else None,
    }


def _names(table: pa.Table) -> dict[str, Json]:
    """Return account → its names and yearly revenue."""

    def column(name: str) -> list[Any]:
        given = name in table.column_names
        return table.column(name).to_pylist() if given else [None] * table.num_rows

    rows = zip(
        table.column("account_id").to_pylist(), column("fact_name"), column("fact_name_en"),
        column("fact_mrr"), strict=True,
    )  # fmt: skip
    return {
        account: {"name": name, "name_en": english, "arr": None if mrr is None else 12 * mrr}
        for account, name, english, mrr in rows
    }
