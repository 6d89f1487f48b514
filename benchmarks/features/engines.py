"""The same declarations on DuckDB, PostgreSQL and Spark, compared cell by cell.

``python -m benchmarks.features.engines`` takes crm6 (``KENSHIN_SHARED_DATA``) and a simulated
company whole, loads, checks and builds every regular snapshot and label on each engine, prints how
many cells were compared and how many differ, and writes ``benchmarks/features/engines.json``.
``--company FOLDER`` takes a company that was simulated before.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.labels import labels
from features.settings import Data, Settings, Source, Spark, load_settings
from features.snapshots import as_of_dates, build, content_id
from features.sources import load_tables
from features.sources.connection import connect, name, text
from features.sources.origin import open_source
from tests.builders.in_postgres import put
from tests.builders.postgres import server

ROOT = Path(__file__).parents[2]
OUT = Path(__file__).with_suffix(".json")
SPARK = Spark(master="local[2]", config={"spark.sql.shuffle.partitions": "4"})


@dataclass(frozen=True)
class Told:
    """What one engine says of one company, and how long it took."""

    snapshot: pa.Table
    answers: pa.Table
    warnings: tuple[str, ...]
    seconds: dict[str, float]


def exported(settings: Settings, folder: Path) -> Settings:
    """Write every source as one Parquet file, as read, and return settings that name those."""
    con = connect(settings)
    tables = {}
    for table, source in settings.tables.items():
        origin = open_source(con, settings, table, source)
        chosen = ", ".join(name(column) for column in origin.columns)
        file = folder / f"{table}.parquet"
        con.execute(
            f"COPY (SELECT {chosen} FROM {origin.relation}) TO {text(str(file))} (FORMAT parquet)"
        )
        kept = {key: getattr(source, key) for key in ("columns", "values", "date_format")}
        tables[table] = Source(file=str(file), **kept)
    con.close()
    return settings.model_copy(update={"tables": tables, "spark": SPARK, "root": folder})


def on_duckdb(settings: Settings) -> Told:
    return told(settings.model_copy(update={"data": _data(settings, engine="duckdb")}))


def on_spark(settings: Settings) -> Told:
    return told(settings.model_copy(update={"data": _data(settings, engine="spark")}))


def on_postgres(settings: Settings) -> Told:
    with server() as url:
        database = f"{url}/postgres"
        put(database, {t: pq.read_table(str(s.file)) for t, s in settings.tables.items()})
        tables = {
            t: s.model_copy(update={"file": None, "table": f'"{t}"'})
            for t, s in settings.tables.items()
        }
        data = _data(settings, engine="postgres", database=database)
        return told(settings.model_copy(update={"data": data, "tables": tables}))


ENGINES: dict[str, Callable[[Settings], Told]] = {
    "duckdb": on_duckdb,
    "postgres": on_postgres,
    "spark": on_spark,
}


def _data(settings: Settings, **changed: str) -> Data:
    return settings.data.model_copy(update=changed)


def told(settings: Settings) -> Told:
    seconds, started = {}, time.perf_counter()

    def lap(what: str) -> None:
        nonlocal started
        now = time.perf_counter()
        seconds[what], started = round(now - started, 1), now

    loaded = load_tables(settings)
    lap("load and check")
    dates = as_of_dates(settings, loaded.tables)
    snapshot = build(loaded.tables, settings, dates).table
    lap("snapshot")
    answers = labels(loaded.tables, settings, dates)
    lap("labels")
    said = [v.sentence for v in loaded.report.violations if v.code < "K7"]
    return Told(snapshot, answers, tuple(said), seconds)


def compared(found: pa.Table, truth: pa.Table) -> tuple[int, int]:
    """Return how many cells there are in either, and in how many they differ."""
    cells = max(found.num_rows, truth.num_rows) * truth.num_columns
    if found.schema != truth.schema or found.num_rows != truth.num_rows:
        return cells, cells
    differ = 0
    for column in truth.column_names:
        a, b = found[column].combine_chunks(), truth[column].combine_chunks()
        same = pc.or_(pc.fill_null(pc.equal(a, b), False), pc.and_(pc.is_null(a), pc.is_null(b)))
        differ += pc.sum(pc.invert(same).cast(pa.int64())).as_py() or 0
    return cells, differ


def runs_of(company: str, settings: Settings, engines: Sequence[str]) -> list[dict[str, Any]]:
    truth = on_duckdb(settings)
    runs = []
    for engine in engines:
        found = truth if engine == "duckdb" else ENGINES[engine](settings)
        cells, differ = compared(found.snapshot, truth.snapshot)
        asked, wrong = compared(found.answers, truth.answers)
        runs.append(
            {
                "data": company,
                "engine": engine,
                "rows": found.snapshot.num_rows,
                "dates": len(pc.unique(found.snapshot["as_of"])),
                "columns": found.snapshot.num_columns,
                "cells": cells,
                "cells_differing": differ,
                "label_cells": asked,
                "label_cells_differing": wrong,
                "same_content_id": content_id(found.snapshot) == content_id(truth.snapshot),
                "same_checks": found.warnings == truth.warnings,
                "seconds": found.seconds,
            }
        )
        print(json.dumps(runs[-1]), flush=True)
    return runs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--company", type=Path, help="a simulated company's folder")
    parser.add_argument("--engine", action="append", choices=list(ENGINES), default=None)
    parser.add_argument("--only", choices=["crm6", "simulator"], default=None)
    parser.add_argument("--out", type=Path, default=OUT)
    asked = parser.parse_args()
    engines = asked.engine or list(ENGINES)
    runs = []
    with tempfile.TemporaryDirectory() as folder:
        for company in ("crm6", "simulator"):
            if asked.only in (None, company):
                at = Path(folder) / company
                at.mkdir()
                runs += runs_of(
                    company, exported(_settings(company, asked.company, at), at), engines
                )
    result = {"measured_on": datetime.now(UTC).date().isoformat(), "runs": runs}
    asked.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def _settings(company: str, given: Path | None, folder: Path) -> Settings:
    if company == "crm6":
        return load_settings(ROOT / "examples" / "crm6" / "kenshin.toml")
    if given is None:
        from benchmarks.features.company import simulated

        given = simulated(folder / "simulated", "1m")
    return load_settings(given / "kenshin.toml")


if __name__ == "__main__":
    main()
