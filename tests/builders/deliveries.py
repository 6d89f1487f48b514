"""A company that delivers its tables again and again, for what upstream does to a delivery."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb

from features.checks.upstream import Delivery, record
from features.settings import Settings, load_settings
from features.simulator import CompanyPlan, simulate
from features.sources.connection import connect, name, text
from features.sources.delivered import delivered
from features.sources.origin import open_source
from features.sources.typed import Typed, typed
from features.tables import TABLES

FIRST = datetime(2026, 10, 23)
"""End of what the good delivery observed."""
SECOND = FIRST + timedelta(days=28)
"""End of what the next one observed."""

_ADDED = {
    "accounts": "CAST(10 + hash(account_id) % 500 AS BIGINT) AS employees, "
    "hash(account_id || 'p') % 3 = 0 AS partner, "
    "'P' || CAST(hash(account_id) % 5 AS VARCHAR) AS segment",
    "subscriptions": "account_id || '-' || CAST(epoch(started_at) AS VARCHAR) AS subscription_id",
    "events": "account_id || '-s' AS subscription_id",
    "surveys": "'words of ' || account_id || CAST(responded_at AS VARCHAR) AS comment",
    "messages": "'words of ' || account_id || CAST(occurred_at AS VARCHAR) AS text",
}
"""Columns of the contract, and attributes of accounts, that the simulator does not write."""

_UNTIL = {
    "subscriptions": "ended_at = CASE WHEN ended_at < $at THEN ended_at END",
    "tickets": "resolved_at = CASE WHEN resolved_at < $at THEN resolved_at END",
    "invoices": "paid_at = CASE WHEN paid_at < $at THEN paid_at END",
}


def write_company(folder: Path) -> None:
    """Write a simulated company of three years with every column there can be."""
    plan = CompanyPlan(
        accounts=500, start=date(2024, 5, 20), end=SECOND.date(), seed=7, events_scale=0.3
    )
    simulate(plan, folder)
    with duckdb.connect() as con:
        for table, columns in _ADDED.items():
            file = folder / f"{table}.parquet"
            con.execute(f"CREATE TABLE {table} AS SELECT *, {columns} FROM read_parquet('{file}')")
            con.execute(f"COPY {table} TO '{file}' (FORMAT parquet)")


@dataclass(frozen=True)
class Company:
    """A company whose deliveries are cut out of one set of tables.

    Attributes
    ----------
    source : Path
        Folder of the whole tables, see `write_company`.
    folder : Path
        Where deliveries and the workspace go.
    """

    source: Path
    folder: Path

    def settings(self, tables: tuple[str, ...] = tuple(TABLES), extra: str = "") -> Settings:
        """Return settings that read those tables."""
        there = [t for t in tables if (self.source / f"{t}.parquet").exists()]
        parts = [f'[tables.{table}]\nfile = "{table}.parquet"\n' for table in there]
        file = self.folder / "kenshin.toml"
        file.write_text("\n".join([*parts, extra]), encoding="utf-8")
        return load_settings(file)

    def deliver(self, table: str, end: datetime, select: str = "*") -> None:
        """Write what was known of ``table`` at ``end``; ``select`` may break it."""
        time = TABLES[table].time
        at = f"TIMESTAMP '{end.isoformat(sep=' ')}'"
        replaced = ""
        if table in _UNTIL:
            column, value = _UNTIL[table].replace("$at", at).split(" = ", 1)
            replaced = f" REPLACE ({value} AS {column})"
        target = self.folder / f"{table}.parquet"
        with duckdb.connect() as con:
            con.execute(
                f"COPY (SELECT {select} FROM (SELECT *{replaced} FROM "
                f"read_parquet('{self.source / table}.parquet') WHERE {time} < {at})) "
                f"TO {text(str(target))} (FORMAT parquet)"
            )

    def columns(self, table: str) -> Mapping[str, str]:
        """Return the columns of ``table`` with their DuckDB types."""
        with duckdb.connect() as con:
            found = con.execute(
                f"SELECT column_name, column_type FROM "
                f"(DESCRIBE SELECT * FROM read_parquet('{self.source / table}.parquet'))"
            ).fetchall()
        return dict(found)

    def load(self, table: str, end: datetime, *, keep: bool = False) -> Delivery:
        """Return what the delivery check alone says of one table, row checks left out."""
        settings = self.settings((table,), "[data]\nthreads = 1\n")
        with connect(settings) as con:
            origin = open_source(con, settings, table, settings.tables[table])
            found, _ = typed(con, settings, table, settings.tables[table], origin)
            opened: dict[str, Typed] = {} if found is None else {table: found}
            [(rows,)] = con.execute(f"SELECT count(*) FROM {origin.relation}").fetchall()
            delivery = delivered(con, settings, opened, {table: rows}, end, end)
        if keep:
            record(delivery)
        return delivery


def broken(kind: str, column: str, duck_type: str, time: str, first: datetime) -> str | None:
    """Return the select list that breaks ``column`` in that way, or None where it cannot be.

    Parameters
    ----------
    kind : str
        ``dropped``, ``renamed``, ``retyped``, ``nulled``, ``nulled since``, ``x1000``,
        ``x1000 since``, ``x0.01``, ``frozen`` or ``frozen since``; "since" touches the new rows.
    """
    given, new = name(column), f"{name(time)} >= TIMESTAMP '{first.isoformat(sep=' ')}'"
    number = duck_type in ("BIGINT", "DOUBLE", "INTEGER")
    if kind == "dropped":
        return f"* EXCLUDE ({given})"
    if kind == "renamed":
        return f"* RENAME ({given} AS {name(column + '_2')})"
    if kind == "retyped":
        return f"* REPLACE ({_retyped(given, duck_type)} AS {given})"
    changed = {"nulled": "NULL", "x1000": f"{given} * 1000", "x0.01": f"{given} * 0.01"}
    changed["frozen"] = f"(SELECT any_value({given}) FROM frozen)"
    what, _, since = kind.partition(" ")
    if what.startswith("x") and not number:
        return None
    value = changed[what]
    if what == "frozen":
        value = f"first({given} ORDER BY {given} IS NULL, {name(time)}) OVER ()"
    if since:
        value = f"CASE WHEN {new} THEN {value} ELSE {given} END"
    return f"* REPLACE (CAST({value} AS {_type(what, duck_type)}) AS {given})"


def _type(what: str, duck_type: str) -> str:
    return "DOUBLE" if what == "x0.01" else duck_type


def _retyped(given: str, duck_type: str) -> str:
    if duck_type.startswith("TIMESTAMP"):
        return f"epoch({given})"
    if duck_type == "BIGINT":
        return f"{given} + 0.5"
    if duck_type == "VARCHAR":
        return f"hash({given}) % 1000000"
    return f"CAST({given} AS VARCHAR)"
