"""Kenshin itself on the embedded DuckDB, over the canonical tables as they lie on disk."""

from pathlib import Path

import ibis
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.features.task import Task, command
from benchmarks.features.wanted import LABEL
from features.labels import labels
from features.settings import Settings, load_settings
from features.snapshots import build
from features.sources import Tables
from features.sources.connection import connect, name, text
from features.windows import midnight


def run(task: Task) -> None:
    """Write the snapshot of ``task``."""
    settings = settings_of(task)
    write(task, settings, canonical(task, settings))


def settings_of(task: Task) -> Settings:
    """Return the company's settings, its files where they are and its workspace in ``work``."""
    settings = load_settings(task.data / "kenshin.toml")
    tables = {
        table: source.model_copy(update={"file": str(task.file(table).resolve())})
        for table, source in settings.tables.items()
    }
    data = settings.data.model_copy(update={"memory_limit": task.memory_limit})
    return settings.model_copy(update={"root": task.work, "tables": tables, "data": data})


def canonical(task: Task, settings: Settings) -> Tables:
    """Return the tables without the check of the data contract: the simulator wrote them by it."""
    con = connect(settings)
    for table in settings.tables:
        path = text(str(task.file(table).resolve()))
        con.execute(f"CREATE VIEW {name(table)} AS SELECT * FROM read_parquet({path})")
    backend = ibis.duckdb.from_connection(con)
    tables = {table: backend.table(table) for table in settings.tables}
    return Tables(backend, tables, midnight(task.observed_until))


def write(task: Task, settings: Settings, tables: Tables) -> None:
    """Write the wanted features and the label of all live accounts."""
    snapshot = build(tables, settings, task.as_ofs, only=task.wanted).table
    label = labels(tables, settings, task.as_ofs)[LABEL]
    table = snapshot.append_column(LABEL, label)
    table = table.select(["account_id", "as_of", *task.wanted, LABEL])
    _written(table, task.out)


def _written(table: pa.Table, out: Path) -> None:
    part = out.with_suffix(".part")
    pq.write_table(table, part, compression="zstd")
    part.replace(out)


if __name__ == "__main__":
    command(run)
