"""The same declarations on DuckDB, PostgreSQL and Spark, compared cell by cell.

``python -m benchmarks.features.engines`` takes crm6 (``KENSHIN_SHARED_DATA``) and a company of 300
accounts that it simulates through the engines: loads, checks and builds every regular snapshot and
label, prints how many cells were compared and how many differ, and enters the runs in
``benchmarks/features/engines.json``, where runs that were not repeated stay with their date. Spark
has every fourth account of crm6; ``--whole`` gives it all of them.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from features.labels import labels
from features.settings import Settings, Spark, load_settings
from features.simulator import CompanyPlan, simulate
from features.snapshots import as_of_dates, build, content_id
from features.sources import load_tables
from tests.builders.on_engines import computing, exported
from tests.builders.postgres import server
from tests.builders.spark import SPARK

ROOT = Path(__file__).parents[2]
OUT = Path(__file__).with_suffix(".json")
FEW_ROWS = Spark(master="local[2]", config=SPARK.config | {"spark.driver.memory": "4g"})
COMPILED = {
    "spark.sql.shuffle.partitions": "4",
    "spark.sql.adaptive.enabled": "true",
    "spark.sql.codegen.wholeStage": "true",
    "spark.sql.codegen.factoryMode": "FALLBACK",
}
MANY_ROWS = FEW_ROWS.model_copy(update={"config": FEW_ROWS.config | COMPILED})
PLAN = CompanyPlan(300, date(2025, 5, 1), date(2026, 11, 20), events_scale=0.3)
"""Simulated: 14 regular snapshots with every feature."""
SIMULATOR = "simulator, 300 accounts"
A_PART = "crm6, every fourth account"
EVERY_FOURTH = "TRY_CAST(account_id AS BIGINT) % 4 = 0"


@dataclass(frozen=True)
class Told:
    """What one engine says of one company, and how long it took."""

    snapshot: pa.Table
    answers: pa.Table
    warnings: tuple[str, ...]
    seconds: dict[str, float]


def on_duckdb(settings: Settings) -> Told:
    return told(computing(settings, "duckdb"))


def on_spark(settings: Settings, how: Spark = FEW_ROWS) -> Told:
    return told(computing(settings, "spark").model_copy(update={"spark": how}))


def on_spark_whole(settings: Settings) -> Told:
    return on_spark(settings, MANY_ROWS)


def on_postgres(settings: Settings) -> Told:
    with server() as url:
        return told(computing(settings, "postgres", f"{url}/postgres"))


ENGINES: dict[str, Callable[[Settings], Told]] = {
    "duckdb": on_duckdb,
    "postgres": on_postgres,
    "spark": on_spark,
}


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


def runs_of(
    data: str, settings: Settings, engines: Sequence[str], whole: bool
) -> Iterator[dict[str, Any]]:
    truth = on_duckdb(settings)
    for engine in engines:
        run = on_spark_whole if engine == "spark" and whole else ENGINES[engine]
        found = truth if engine == "duckdb" else run(settings)
        cells, differ = compared(found.snapshot, truth.snapshot)
        asked, wrong = compared(found.answers, truth.answers)
        entry = {
            "data": data,
            "engine": engine,
            "measured_on": datetime.now(UTC).date().isoformat(),
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
        print(json.dumps(entry), flush=True)
        yield entry


def crm6(folder: Path, only: str = "true") -> Settings:
    given = load_settings(ROOT / "examples" / "crm6" / "kenshin.toml")
    given = given.model_copy(update={"workspace_folder": str(folder / "read")})
    return exported(given, folder / "files", only)


def simulated(folder: Path) -> Settings:
    return exported(load_settings(simulate(PLAN, folder / "company").settings), folder / "files")


def runs(folder: Path, engines: Sequence[str], whole: bool) -> Iterator[dict[str, Any]]:
    """Yield what each engine says of each company; DuckDB is asked first, as the measure."""
    in_full = engines if whole else [engine for engine in engines if engine != "spark"]
    yield from runs_of(SIMULATOR, simulated(folder / "simulator"), engines, False)
    if in_full:
        yield from runs_of("crm6", crm6(folder / "crm6"), in_full, whole)
    if "spark" in engines and not whole:
        part = crm6(folder / "part", EVERY_FOURTH)
        yield from runs_of(A_PART, part, ["duckdb", "spark"], False)


def entered(old: Sequence[dict[str, Any]], new: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the runs with ``new`` in the place of the one of the same data on the same engine."""
    others = [run for run in old if (run["data"], run["engine"]) != (new["data"], new["engine"])]
    return sorted([*others, new], key=lambda run: (run["data"], run["engine"]))


def parsed(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", action="append", choices=list(ENGINES), default=None)
    parser.add_argument("--whole", action="store_true", help="all accounts of crm6 on Spark too")
    parser.add_argument("--out", type=Path, default=OUT)
    return parser.parse_args(arguments)


def main() -> None:
    """Measure and add to the results."""
    asked = parsed()
    kept = json.loads(asked.out.read_text(encoding="utf-8"))["runs"] if asked.out.exists() else []
    with tempfile.TemporaryDirectory() as folder:
        for run in runs(Path(folder), asked.engine or list(ENGINES), asked.whole):
            kept = entered(kept, run)
            asked.out.write_text(json.dumps({"runs": kept}, indent=1) + "\n", encoding="utf-8")
    bad = sum(run["cells_differing"] + run["label_cells_differing"] for run in kept)
    if bad:
        raise SystemExit(f"{bad} cells differ")


if __name__ == "__main__":
    main()
