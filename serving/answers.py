"""The answer check of a company: from scores as they were issued, and from honest replays."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import sqlalchemy as sa

from features.errors import NotFoundError, NotReadyError, SettingsError
from features.settings import Settings
from serving.judged_from import judged_from
from serving.reproduction import stored_bundle
from serving.store import scores
from serving.store.schema import scores as _scores
from serving.store.scores import StoredRow

if TYPE_CHECKING:
    from features.sources import Tables
    from training.answer_check import Timelines

LEAST_SPAN = timedelta(weeks=4)
"""Scores must reach so far back to answer for anything."""

PROMPT = timedelta(days=8)
"""A score made so soon after its ``as_of`` stood then, and cannot have known how it would end."""

ISSUED, OUT_OF_TIME = "issued", "out-of-time"
_COLUMNS = {
    "account_id": pa.string(),
    "as_of": pa.timestamp("us"),
    "band": pa.string(),
    "health_score": pa.float64(),
    "churn_probability": pa.float64(),
    "plan": pa.string(),
    "size": pa.string(),
    "industry": pa.string(),
    "region": pa.string(),
    "owner": pa.string(),
    "customer_since": pa.timestamp("us"),
    "name": pa.string(),
    "name_en": pa.string(),
    "arr": pa.float64(),
    "scorecard_score": pa.float64(),
}
_FACTS = ("name", "name_en", "arr", "scorecard_score")


@dataclass(frozen=True)
class Chosen:
    """The runs an answer check is made from: one for each ``as_of``, oldest first.

    Attributes
    ----------
    runs : tuple of (str, StoredRow)
        Each with its kind: "issued" where it stood then, else "out-of-time".
    left_out : int
        Scores of runs that do not count: they may have known how it would end.
    """

    runs: tuple[tuple[str, StoredRow], ...]
    left_out: int


def check(
    settings: Settings,
    engine: sa.Engine,
    tables: "Tables",
    start: datetime | None = None,
    end: datetime | None = None,
) -> dict[str, Any]:
    """Return the answer check over stored scores, see `training.answer_check.answer_check`.

    Parameters
    ----------
    start, end : datetime, optional
        Only what happened in ``[start, end)``, naive UTC.

    Raises
    ------
    NotReadyError
        Where neither issued scores nor replays that are out of time reach back four weeks.
    SettingsError
        Where nothing lies between ``start`` and what is settled.
    """
    from features.labels import departures
    from serving.opinions.cases import compared
    from training.answer_check import Rules, answer_check, beside, timelines

    chosen = choose(settings, engine)
    table = scores_table(engine, chosen)
    lines, rules = timelines(table.drop_columns(_FACTS)), Rules.of(settings)
    gone, until = departures(tables, settings), settled_until(settings, tables)
    until = until if end is None else min(end, until)
    _require_period(start, until)
    found = answer_check(
        lines,
        gone,
        rules,
        actions=actions_of(tables),
        facts=_facts_table(table),
        happened=happened_to(tables, gone, start or lines_begin(lines)),
        start=start,
        until=until,
    )
    found["scores"]["left_out"] += chosen.left_out
    found["judgements"] = compared(settings, engine, tables, table, gone, until)
    card = _by_scorecard(settings, table)
    if card is not None:
        side = beside(lines, card, gone, rules, name="scorecard", start=start, until=until)
        found["beside"] = [side]
    return found


def _require_period(start: datetime | None, until: datetime) -> None:
    if start is not None and start >= until:
        raise SettingsError(
            f"--from before {until:%Y-%m-%d}, up to which departures are confirmed and asked for",
            f"{start:%Y-%m-%d}",
            "Give an earlier day.",
        )


def _by_scorecard(settings: Settings, table: pa.Table) -> "Timelines | None":
    """Return what the rules alone said of the same accounts at the same instants."""
    import pyarrow.compute as pc

    from training.answer_check import timelines

    table = table.filter(pc.is_valid(table["scorecard_score"]))
    if not len(table):
        return None
    keys = table.select(["account_id", "as_of", "kind", "scorecard_score"])
    named = keys.rename_columns(["account_id", "as_of", "kind", "health_score"])
    return timelines(named, settings.bands.red, settings.bands.green)


def settled_until(settings: Settings, tables: "Tables") -> datetime:
    """Return the exclusive end up to which departures are confirmed."""
    from features.labels import known_until

    churn = settings.churn
    return known_until(tables, settings) + timedelta(days=churn.lead_days + churn.horizon_days)


def actions_of(tables: "Tables") -> pa.Table | None:
    """Return ``account_id`` and ``performed_at`` of the actions; None without such a table."""
    from features.engines import arrow

    if "actions" not in tables:
        return None
    return arrow(tables["actions"].select("account_id", "performed_at"))


def choose(settings: Settings, engine: sa.Engine) -> Chosen:
    """Return the runs to check: issued ones, and for dates without one honest replays.

    A run counts only where it cannot have known the answers: it was made within `PROMPT` of its
    date, or its date lies after everything its model was fitted and calibrated on. Of several runs
    of one date the first issued counts, else the last replay; replays of other models than the
    last one replayed do not.

    Raises
    ------
    NotReadyError
        Where the runs that count do not reach back four weeks.
    """
    honest = _Honesty(settings)
    stored = scores.runs(engine)
    issued = _one_a_date(run for run in reversed(stored) if _stood_then(run))
    later = [run for run in stored if not _stood_then(run) and honest(run)]
    replays = [run for run in later if run["kind"] == "replay"]
    last = replays[-1]["model_version"] if replays else None
    rest = _one_a_date(run for run in later if last is None or run["model_version"] == last)
    runs = {at: (OUT_OF_TIME, run) for at, run in rest.items()}
    runs |= {at: (ISSUED, run) for at, run in issued.items()}
    dates = sorted(runs)
    if not dates or dates[-1] - dates[0] < LEAST_SPAN:
        raise NotReadyError(
            "scores that reach back four weeks and cannot have known how it would end",
            f"{len(issued)} issued and {len(runs) - len(issued)} replayed dates of that kind",
            "Run `kenshin score --history 52`; dates the model was fitted on do not count.",
        )
    beyond = [run["accounts"] for run in stored if run["as_of"] not in runs]
    return Chosen(tuple(runs[at] for at in dates), sum(beyond))


def _stood_then(run: StoredRow) -> bool:
    """Return whether the run was issued at its date, not made up later."""
    return bool(run["kind"] == "issued" and run["created_at"] - run["as_of"] <= PROMPT)


class _Honesty:
    """Whether a run cannot have known the answers; asks each model's bundle once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._from: dict[str, datetime | None] = {}

    def __call__(self, run: StoredRow) -> bool:
        if _stood_then(run):
            return True
        begins = self._out_of_time_from(run["model_version"])
        return begins is not None and run["as_of"] >= begins

    def _out_of_time_from(self, version: str) -> datetime | None:
        """Return the first ``as_of`` a model was only judged on; None where that is not known."""
        if version not in self._from:
            try:
                evaluation = stored_bundle(self._settings, version).evaluation
            except NotFoundError:
                evaluation = {}
            self._from[version] = judged_from(evaluation)
        return self._from[version]


def _one_a_date(runs: Iterable[StoredRow]) -> dict[datetime, StoredRow]:
    """Return one run for each date, the last given of each."""
    return {run["as_of"]: run for run in runs}


def scores_table(engine: sa.Engine, chosen: Chosen) -> pa.Table:
    """Return the scores of the chosen runs with their kind, model version, segments and facts."""
    query = sa.select(*(_scores.c[name] for name in _COLUMNS))
    schema = pa.schema(list(_COLUMNS.items()))
    parts = []
    with engine.connect() as connection:
        for kind, run in chosen.runs:
            found = connection.execute(query.where(_scores.c.run_id == run["run_id"])).all()
            columns = list(zip(*found, strict=True)) or [()] * len(_COLUMNS)
            table = pa.table([list(column) for column in columns], schema=schema)
            for name, value in (("kind", kind), ("model_version", run["model_version"])):
                table = table.append_column(name, pa.array([value] * len(table), pa.string()))
            parts.append(table)
    return pa.concat_tables(parts)


def our_timelines(settings: Settings, engine: sa.Engine) -> "Timelines | None":
    """Return our own scores that count, None where there are not enough of them."""
    from training.answer_check import timelines

    try:
        chosen = choose(settings, engine)
    except NotReadyError:
        return None
    return timelines(scores_table(engine, chosen).drop_columns(_FACTS))


def _facts_table(table: pa.Table) -> pa.Table:
    """Return what is shown of each account, in the order of the runs."""
    import pyarrow.compute as pc

    mrr = pc.divide(table["arr"], 12.0)
    names = ["account_id", "fact_name", "fact_name_en", "fact_plan", "fact_mrr"]
    columns = [table[name] for name in ("account_id", "name", "name_en", "plan")]
    return pa.table([*columns, mrr], names=names)


def lines_begin(lines: "Timelines") -> datetime:
    """Return the instant of the first score."""
    from training.answer_check.timelines import instant

    return instant(lines.at.min())


def happened_to(tables: "Tables", gone: pa.Table, start: datetime) -> pa.Table:
    """Return what the tables say of those who left after ``start``, and of half a year before."""
    import pyarrow.compute as pc

    from training.answer_check.happened import happened

    left = gone.filter(pc.greater(gone["left_at"], pa.scalar(start, pa.timestamp("us"))))
    accounts = set(left["account_id"].to_pylist())
    return happened(tables, accounts, start - timedelta(weeks=26))
