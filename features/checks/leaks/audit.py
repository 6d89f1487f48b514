"""Trying a company's features on its own rows: nothing that comes later may change what was told.

A sample of accounts is copied once per trial and cut-off (`trials`), all copies are built at once,
and each is compared with the untouched accounts at its own cut-off only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from features.catalogue import Declaration, declarations
from features.checks.leaks.report import Leak, LeakReport, column_leaks
from features.checks.leaks.trials import TRIALS, changed
from features.checks.leaks.written import written_by_leaving
from features.checks.violations import CheckReport
from features.engines.light import ibis
from features.progress import Progress
from features.settings import Settings
from features.snapshots import as_of_dates, build
from features.snapshots.snapshot import Snapshot
from features.sources.connection import name
from features.tables import TABLES

if TYPE_CHECKING:
    from features.sources import Tables

CUT_OFFS = 20
ROWS = 10_000
"""Rows of the sample over all tables, more or less: each is copied for every trial and cut-off."""
FEWEST, MOST = 40, 400
"""Accounts in the sample."""
_NO_FEATURES = ("identities", "actions", "opinions")
"""Tables of the contract that no feature is made from."""


def audit(
    tables: Tables,
    settings: Settings,
    report: CheckReport,
    progress: Progress | None = None,
    cut_offs: int = CUT_OFFS,
) -> LeakReport:
    """Return what knows the future among the features and columns of a company.

    Parameters
    ----------
    report : CheckReport
        What the checks of the tables found; its columns that know the future are told again.
    cut_offs : int
        At most so many instants are tried, evenly spread.
    """
    tell = progress or (lambda what, done, steps: None)
    cuts = _cut_offs(settings, tables, cut_offs)
    tell("sample", 0, 4)
    con, kept = _sample(tables)
    declared = declarations(settings, kept)
    tell("features", 1, 4)
    truth = build(kept, settings, cuts)
    tell("trials", 2, 4)
    tried = build(_changed(con, kept, cuts), settings, cuts)
    tell("comparison", 3, 4)
    found = _differing(con, truth, tried, cuts)
    cells = truth.table.num_rows * (len(truth.features) + 1) * len(TRIALS)
    leaks = [*column_leaks(report), *written_by_leaving(tables, settings)]
    leaks += _feature_leaks(found, declared)
    tell("comparison", 4, 4)
    return LeakReport(
        leaks=tuple(leaks),
        features=tuple(feature.name for feature in truth.features),
        columns=_columns(tables, report),
        cut_offs=len(cuts),
        accounts=_count(con, "SELECT count(*) FROM sample.accounts"),
        cells=cells,
        untried=_untried(tables),
    )


def _cut_offs(settings: Settings, tables: Tables, most: int) -> list[datetime]:
    """Return up to ``most`` regular instants, evenly spread."""
    dates = as_of_dates(settings, tables)
    if len(dates) <= most:
        return dates
    return sorted({dates[round(i * (len(dates) - 1) / (most - 1))] for i in range(most)})


def _sample(tables: Tables) -> tuple[duckdb.DuckDBPyConnection, Tables]:
    """Return some accounts with all their rows, in an engine of their own."""
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'; CREATE SCHEMA sample")
    size = _size(tables)
    accounts = tables["accounts"]
    drawn = accounts.select("account_id", order=_shuffled(accounts.account_id))
    drawn = drawn.order_by("order", "account_id")
    names = drawn.limit(size).select("account_id").to_pyarrow()
    chosen = ibis.memtable(names.rename_columns(["chosen"]))
    kept = {}
    for table, rows in tables.tables.items():
        if table not in TABLES or table in _NO_FEATURES:
            continue
        mine = rows.semi_join(chosen, rows.account_id == chosen.chosen).to_pyarrow()
        con.register("arriving", mine)
        con.execute(f"CREATE TABLE sample.{name(table)} AS SELECT * FROM arriving")
        con.unregister("arriving")
        kept[table] = mine.schema
    return con, _tables(con, tables, "sample", list(kept))


def _shuffled(text: ibis.expr.types.StringValue) -> ibis.expr.types.IntegerValue:
    """Return an order of accounts that has nothing to do with their ids' alphabet."""
    length = text.length()
    codes = [text.substr(length - back, 1).ascii_str() for back in (1, 2, 3)]
    total = codes[0] * 7919 + codes[1] * 104729 + codes[2] * 1299709
    return (total + length) % 1009


def _size(tables: Tables) -> int:
    """Return how many accounts have about `ROWS` rows together."""
    accounts = max(int(tables["accounts"].count().to_pyarrow().as_py()), 1)
    rows = sum(
        int(table.count().to_pyarrow().as_py())
        for named, table in tables.tables.items()
        if named in TABLES and named not in ("accounts", *_NO_FEATURES)
    )
    return int(min(max(ROWS * accounts / max(rows, 1), FEWEST), MOST))


def _tables(
    con: duckdb.DuckDBPyConnection, like: Tables, schema: str, names: Sequence[str]
) -> Tables:
    backend = ibis.duckdb.from_connection(con)
    held = {table: backend.table(table, database=schema) for table in names}
    return replace(like, backend=backend, tables=held, digests=None)


def _changed(con: duckdb.DuckDBPyConnection, kept: Tables, cuts: Sequence[datetime]) -> Tables:
    con.execute("CREATE SCHEMA tried")
    for table, rows in kept.tables.items():
        copies = changed(con, table, rows.columns, cuts)
        con.execute(f"CREATE TABLE tried.{name(table)} AS {copies}")
    return _tables(con, kept, "tried", list(kept.tables))


Difference = tuple[str, str, int, str, str]
"""Feature, trial, differing values, an example's account and cut-off."""


def _differing(
    con: duckdb.DuckDBPyConnection, truth: Snapshot, tried: Snapshot, cuts: Sequence[datetime]
) -> list[Difference]:
    con.register("truth", truth.table)
    con.register("tried_rows", _at_own_cut(con, tried.table))
    con.execute(
        "CREATE TEMP TABLE pairs AS SELECT coalesce(t.account_id, x.account) AS account, "
        "coalesce(t.as_of, x.as_of) AS moment, k.trial, t.account_id IS NULL OR x.account IS NULL "
        "AS odd, t AS t, x AS x FROM (SELECT unnest(?) AS trial) k "
        "CROSS JOIN truth t FULL JOIN tried_rows x "
        "ON x.account = t.account_id AND x.as_of = t.as_of AND x.trial = k.trial",
        [list(TRIALS)],
    )
    found: list[Difference] = []
    for feature in ["", *(f.name for f in truth.features)]:
        own, other = f"t.{name(feature)}", f"x.{name(feature)}"
        if feature and truth.table.schema.field(feature).type == pa.string():
            other = f"regexp_replace({other}, '^[a-z]+[|][0-9]+[|]', '')"
        differs = f"NOT odd AND {own} IS DISTINCT FROM {other}" if feature else "odd"
        rows = con.execute(
            "SELECT coalesce(trial, x.trial) AS way, count(*), min(account), "
            "min(strftime(moment, '%Y-%m-%d')) "
            f"FROM pairs WHERE {differs} GROUP BY way ORDER BY way"
        ).fetchall()
        found += [(feature, *row) for row in rows]
    return found


def _at_own_cut(con: duckdb.DuckDBPyConnection, table: pa.Table) -> pa.Table:
    """Return the rows of each copy at the cut-off after which it was changed."""
    con.register("copies", table)
    rows = con.sql(
        "SELECT c.*, split_part(c.account_id, '|', 1) AS trial, "
        "regexp_replace(c.account_id, '^[a-z]+[|][0-9]+[|]', '') AS account FROM copies c "
        "JOIN sample.cuts k ON k.number = CAST(split_part(c.account_id, '|', 2) AS BIGINT) "
        "AND k.cut = c.as_of"
    ).to_arrow_table()
    con.unregister("copies")
    return rows


_KINDS = (
    (
        ("after", "poison"),
        "K410",
        "reads rows from after the cut-off",
        "Cut its rows at the cut-off: take them from a view of features/views, whose rows count "
        "at a cut-off only if they were known before it.",
    ),
    (
        ("late",),
        "K411",
        "counts rows that were recorded only later",
        "Use recorded_at as well as the time it happened: windows.placed makes `known` of both.",
    ),
    (
        ("tie",),
        "K412",
        "counts rows at the very instant of the cut-off",
        "A window is [as_of − w, as_of): compare with <, not with <=.",
    ),
)


def _feature_leaks(found: Sequence[Difference], declared: Sequence[Declaration]) -> list[Leak]:
    sources = {d.feature.name: d.feature.source for d in declared}
    leaks = []
    for feature in dict.fromkeys(difference[0] for difference in found):
        ways = {d[1]: d for d in found if d[0] == feature}
        trials, code, what, fix = next(kind for kind in _KINDS if set(kind[0]) & set(ways))
        told = [ways[trial] for trial in trials if trial in ways]
        cells = max(d[2] for d in told)
        shown = feature or "which accounts are live"
        source = sources.get(feature, "subscriptions")
        sentence = (
            f"{shown} (from {source}) {what}: {cells:,} values change when only what comes then "
            f"is changed; for example account {told[0][3]} at {told[0][4]}."
        )
        leaks.append(Leak(code, "feature", shown, (source,), cells, sentence, fix))
    return leaks


def _columns(tables: Tables, report: CheckReport) -> tuple[str, ...]:
    """Return the columns that were looked at: attributes, contract terms, kinds of rows."""
    held = [
        f"accounts.{c}" for c in tables["accounts"].columns if c not in TABLES["accounts"].columns
    ]
    if "subscriptions" in tables:
        held += [f"subscriptions.{c}" for c in tables["subscriptions"].columns if c != "account_id"]
    held += [f"{table}.{column}" for table, column in sorted(report.leaking_columns)]
    return tuple(dict.fromkeys(held))


def _untried(tables: Tables) -> tuple[str, ...]:
    bare = [
        table
        for table in ("subscriptions", "events", "tickets", "surveys", "messages", "invoices")
        if table in tables and "recorded_at" not in tables[table].columns
    ]
    if not bare:
        return ()
    return (
        f"Whether rows arrive late cannot be told for {', '.join(bare)}: without recorded_at a row "
        "counts from the day it happened.",
    )


def _count(con: duckdb.DuckDBPyConnection, query: str) -> int:
    return int(con.execute(query).fetchall()[0][0])
