"""Anybody's score through the same answer check, beside ours where ours exist."""

import math
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from features.errors import NotReadyError
from features.settings import Settings
from serving.answers import actions_of, happened_to, lines_begin, settled_until
from serving.other_scores import OtherScoresError
from training.answer_check import Rules, Timelines, answer_check, beside, timelines
from training.answer_check.timelines import usual_gap_days

if TYPE_CHECKING:
    from features.sources import Tables


def check_other(
    settings: Settings,
    tables: "Tables",
    scores: pa.Table,
    name: str,
    ours: Timelines | None,
    start: datetime | None = None,
    end: datetime | None = None,
) -> dict[str, Any]:
    """Return the answer check of somebody's scores as `serving.other_scores` reads them.

    A score is in force until the next usually comes: nine in ten of an account's follow sooner.
    What ``kind`` they are of is taken on trust: as issued.

    Parameters
    ----------
    name : str
        What the scores are called.
    ours : Timelines or None
        Our own; compared on the same leavers, accounts and instants in ``beside``.

    Raises
    ------
    OtherScoresError
        Where no account of the file is one of the company's.
    """
    from features.labels import departures

    known, unknown = _known(tables, scores, name)
    issued = pa.array(["issued"] * len(known), pa.string())
    theirs = timelines(known.append_column("kind", issued))
    own = Rules.of(settings)
    stale = float(max(own.stale_days, math.ceil(usual_gap_days(theirs))))
    gone, until = departures(tables, settings), settled_until(settings, tables)
    until = until if end is None else min(end, until)
    found = answer_check(
        theirs,
        gone,
        replace(own, stale_days=stale),
        actions=actions_of(tables),
        facts=_facts(tables),
        happened=happened_to(tables, gone, start or lines_begin(theirs)),
        start=start,
        until=until,
    )
    found |= {"name": name, "unknown_accounts": unknown, "beside": []}
    if ours is not None:
        side = beside(
            ours, theirs, gone, own,
            name=name, theirs_stale_days=stale, start=start, until=until,
        )  # fmt: skip
        found["beside"] = [side]
    return found


def ours_or_none(settings: Settings) -> Timelines | None:
    """Return our own scores that count; None without a store, a model or enough of a history."""
    from serving.answers import our_timelines
    from serving.store.engine import open_store

    if settings.store.url is None and not (settings.workspace / "store.db").exists():
        return None
    engine = open_store(settings)
    try:
        return our_timelines(settings, engine)
    except NotReadyError:
        return None
    finally:
        engine.dispose()


def _known(tables: "Tables", scores: pa.Table, name: str) -> tuple[pa.Table, int]:
    """Return the rows of the company's accounts, and how many accounts are not."""
    from features.engines import arrow

    accounts = arrow(tables["accounts"].select("account_id"))["account_id"]
    inside = pc.is_in(scores["account_id"], value_set=accounts.combine_chunks())
    strangers = pc.unique(scores["account_id"].filter(pc.invert(inside)))
    known = scores.filter(inside)
    if not len(known):
        raise OtherScoresError(
            f"account ids of {name} that the company's accounts have",
            f"none of {len(strangers):,} (such as '{strangers[0]}'; ours look like "
            f"'{accounts[0] if len(accounts) else ''}')",
            "Choose the column with --columns account_id=THEIR_COLUMN.",
        )
    return known, len(strangers)


def _facts(tables: "Tables") -> pa.Table:
    """Return the names of the accounts."""
    from features.engines import arrow

    accounts = tables["accounts"]
    named = [name for name in ("name", "name_en") if name in accounts.columns]
    found = arrow(accounts.select("account_id", *named))
    return found.rename_columns(["account_id", *(f"fact_{name}" for name in named)])
