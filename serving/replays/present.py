"""The log held against itself: every issued score made again by the version that issued it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import sqlalchemy as sa

from features import erased, snapshots
from features.errors import NotFoundError
from features.progress import Progress
from features.settings import Settings
from serving.replays.definitions import OfBundle, Said
from serving.replays.history import as_issued
from serving.reproduction import stored_bundle
from serving.store import scores
from serving.store.scores import StoredRow

Json = dict[str, Any]


@dataclass(frozen=True)
class Again:
    """One issued run made again; ``gone`` says what of its making is no longer there."""

    as_of: datetime
    model_version: str
    scores: int
    different: tuple[str, ...] = ()
    gone: str = ""


def present(
    settings: Settings,
    engine: sa.Engine,
    first: datetime | None,
    last: datetime | None,
    progress: Progress = lambda what, done, steps: None,
) -> Json:
    """Return whether every score issued in ``[first, last]`` comes out again, to the last bit.

    Accounts, bands, unrounded scores and probabilities; each run from the snapshot it was issued
    from and by the version that issued it, which need not be the one that serves.
    """
    runs = [
        run
        for run in scores.runs(engine, "issued")
        if (first is None or run["as_of"] >= first) and (last is None or run["as_of"] <= last)
    ]
    definitions: dict[str, OfBundle] = {}
    again = []
    for place, run in enumerate(runs):
        progress(f"{run['as_of']:%Y-%m-%d}", place, len(runs))
        again.append(_again(settings, engine, run, definitions))
    found = [one for one in again if not one.gone]
    return {
        "period": [f"{run['as_of']:%Y-%m-%d}" for run in (runs[0], runs[-1])] if runs else None,
        "runs": len(runs),
        "scores": sum(one.scores for one in found),
        "different": [
            {"as_of": f"{one.as_of:%Y-%m-%d}", "model_version": one.model_version, "account_id": a}
            for one in found
            for a in one.different
        ],
        "gone": [
            {"as_of": f"{one.as_of:%Y-%m-%d}", "model_version": one.model_version, "what": one.gone}
            for one in again
            if one.gone
        ],
    }


def _again(
    settings: Settings, engine: sa.Engine, run: StoredRow, definitions: dict[str, OfBundle]
) -> Again:
    version = run["model_version"]
    try:
        if version not in definitions:
            definitions[version] = OfBundle(stored_bundle(settings, version))
        snapshot = snapshots.read_by_id(settings, erased.held_in(settings, run["snapshot_id"]))
    except NotFoundError as error:
        return Again(run["as_of"], version, run["accounts"], gone=error.expected)
    was, now = as_issued(engine, run), definitions[version].say(snapshot)
    return Again(run["as_of"], version, len(was.account), different=_different(was, now))


def _different(was: Said, now: Said) -> tuple[str, ...]:
    """Return the accounts that are said otherwise, or on one side only."""
    both, here, there = np.intersect1d(
        was.account.astype(str), now.account.astype(str), return_indices=True
    )
    same = was.band[here] == now.band[there]
    for old, new in ((was.score, now.score), (was.probability, now.probability)):
        a, b = old[here], new[there]
        same &= (a == b) | (np.isnan(a) & np.isnan(b))
    alone = np.setxor1d(was.account.astype(str), now.account.astype(str))
    return (*both[~same].tolist(), *alone.tolist())
