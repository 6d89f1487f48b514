"""Tiny companies for the feature benchmark, and what its ways write of them."""

import importlib
import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import duckdb

from benchmarks.features.plan import MONTHS
from benchmarks.features.task import Task, task
from features.simulator import CompanyPlan, simulate

ACCOUNTS = 24
"""Accounts that give about 20,000 events."""
_TIMES = {"events": "occurred_at", "messages": "occurred_at", "subscriptions": "started_at"}


def company(folder: Path) -> Path:
    """Simulate a company."""
    simulate(CompanyPlan(accounts=ACCOUNTS), folder)
    return folder


def awkward(plain: Path, folder: Path) -> Path:
    """Copy a company, every fifth row recorded up to four days late, some users unknown."""
    shutil.copytree(plain, folder)
    con = duckdb.connect()
    for table, time in _TIMES.items():
        late = f"CASE hash({time}) % 5 WHEN 0 THEN {time} + INTERVAL 1 HOUR * (hash({time}) % 96)"
        changes = f"{late} WHEN 1 THEN NULL ELSE recorded_at END AS recorded_at"
        if table == "events":
            changes += ", CASE WHEN hash(occurred_at) % 7 > 0 THEN user_id END AS user_id"
            changes += ", CASE WHEN hash(occurred_at) % 11 > 0 THEN quantity END AS quantity"
        con.execute(
            f"COPY (SELECT * REPLACE ({changes}) FROM '{plain}/{table}.parquet') "
            f"TO '{folder}/{table}.parquet' (FORMAT parquet)"
        )
    return folder


def asked(data: Path, work: Path, dates: Sequence[datetime] = MONTHS) -> Task:
    """Return the task over ``data`` that writes into ``work``."""
    work.mkdir()
    return task(data, work, work / "out.parquet", tuple(dates))


def written(way: str, wanted: Task) -> Path:
    """Run a way in this process and return the file it wrote."""
    importlib.import_module(f"benchmarks.features.ways.{way}").run(wanted)
    return wanted.out
