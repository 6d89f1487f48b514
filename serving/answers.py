"""The answer check of a company: from the scores as they were issued, or from honest replays."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa
import sqlalchemy as sa

from features.errors import NotFoundError, NotReadyError
from features.settings import Settings
from serving.reproduction import stored_bundle
from serving.store import scores
from serving.store.schema import scores as _scores
from serving.store.scores import StoredRow

if TYPE_CHECKING:
    from features.sources import Tables

Basis = Literal["issued", "out of time"]

LEAST_SPAN = timedelta(weeks=4)
"""Issued scores must reach so far back to answer for "four weeks before"."""

PROMPT = timedelta(days=8)
"""A score made so soon after its ``as_of`` cannot have known how it would end."""


@dataclass(frozen=True)
class Chosen:
    """The runs an answer check is made from: one for each ``as_of``, oldest first."""

    basis: Basis
    runs: tuple[StoredRow, ...]


def check(settings: Settings, engine: sa.Engine, tables: "Tables") -> dict[str, Any]:
    """Return the answer check over stored scores, see `training.answer_check`.

    Raises
    ------
    NotReadyError
        Where neither issued scores nor replays that are out of time reach back four weeks.
    """
    from features.labels import departures, known_until
    from training.answer_check import answer_check

    chosen = choose(settings, engine)
    rows = _rows(engine, chosen.runs)
    churn = settings.churn
    known = known_until(tables, settings) + timedelta(days=churn.lead_days + churn.horizon_days)
    return answer_check(
        _scores_table(rows),
        departures(tables, settings),
        horizon_days=churn.horizon_days,
        facts=_facts_table(rows),
        basis=chosen.basis,
        until=known,
    )


def choose(settings: Settings, engine: sa.Engine) -> Chosen:
    """Return the runs to check: issued ones where they reach back far enough, else replays.

    A run counts only where it cannot have known the answers: it was made within `PROMPT` of its
    date, or its date lies after everything its model was fitted and calibrated on. Of several runs
    of one date the first issued counts, or the last replay.

    Raises
    ------
    NotReadyError
        Where neither reaches back four weeks.
    """
    honest = _Honesty(settings)
    issued = _one_a_date(run for run in reversed(scores.runs(engine, "issued")) if honest(run))
    if _reaches_back(issued):
        return Chosen("issued", issued)
    replays = [run for run in scores.runs(engine, "replay") if honest(run)]
    last = replays[-1]["model_version"] if replays else None
    same_model = [run for run in [*replays, *issued] if run["model_version"] == last]
    mixed = _one_a_date(same_model)
    if _reaches_back(mixed):
        return Chosen("out of time", mixed)
    raise NotReadyError(
        "scores that reach back four weeks and cannot have known how it would end",
        f"{len(issued)} issued and {len(replays)} replayed dates of that kind",
        "Run `kenshin score --history 52`; dates the model was fitted on do not count.",
    )


class _Honesty:
    """Whether a run cannot have known the answers; asks each model's bundle once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._from: dict[str, datetime | None] = {}

    def __call__(self, run: StoredRow) -> bool:
        if run["kind"] == "issued" and run["created_at"] - run["as_of"] <= PROMPT:
            return True
        begins = self._out_of_time_from(run["model_version"])
        return begins is not None and run["as_of"] >= begins

    def _out_of_time_from(self, version: str) -> datetime | None:
        """Return the first ``as_of`` a model was only judged on; None where that is not known."""
        if version not in self._from:
            try:
                period = stored_bundle(self._settings, version).evaluation["test"]
            except NotFoundError:
                period = {}
            begins = period.get("from")
            self._from[version] = None if begins is None else _naive(begins)
        return self._from[version]


def _naive(text: str) -> datetime:
    return datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=None)


def _one_a_date(runs: Iterable[StoredRow]) -> tuple[StoredRow, ...]:
    """Return one run for each date, the last given of each, oldest date first."""
    by_date = {run["as_of"]: run for run in runs}
    return tuple(by_date[date] for date in sorted(by_date))


def _reaches_back(runs: tuple[StoredRow, ...]) -> bool:
    return bool(runs) and runs[-1]["as_of"] - runs[0]["as_of"] >= LEAST_SPAN


def _rows(engine: sa.Engine, runs: Iterable[StoredRow]) -> list[tuple[Any, ...]]:
    query = sa.select(
        _scores.c.account_id,
        _scores.c.as_of,
        _scores.c.band,
        _scores.c.health_score,
        _scores.c.name,
        _scores.c.name_en,
        _scores.c.plan,
        _scores.c.arr,
    )
    found: list[tuple[Any, ...]] = []
    with engine.connect() as connection:
        for run in runs:
            of_run = query.where(_scores.c.run_id == run["run_id"])
            found += [tuple(row) for row in connection.execute(of_run)]
    return found


def _scores_table(rows: list[tuple[Any, ...]]) -> pa.Table:
    kinds = pa.schema(
        [
            ("account_id", pa.string()),
            ("as_of", pa.timestamp("us")),
            ("band", pa.string()),
            ("health_score", pa.float64()),
        ]
    )
    columns = zip(*(row[:4] for row in rows), strict=True)
    return pa.table(list(map(list, columns)), schema=kinds)


def _facts_table(rows: list[tuple[Any, ...]]) -> pa.Table:
    """Return what is known of each account, from its last score."""
    last = {row[0]: row for row in rows}
    return pa.table(
        {
            "account_id": list(last),
            "fact_name": pa.array([row[4] for row in last.values()], pa.string()),
            "fact_name_en": pa.array([row[5] for row in last.values()], pa.string()),
            "fact_plan": pa.array([row[6] for row in last.values()], pa.string()),
            "fact_mrr": pa.array(
                [None if row[7] is None else row[7] / 12 for row in last.values()], pa.float64()
            ),
        }
    )
