"""A simulated company from which those who ever left are taken out, all or all but some."""

import shutil
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.labels import departures
from features.settings import load_settings
from features.simulator import CompanyPlan, simulate
from features.sources import load_tables


def company(folder: Path, accounts: int = 45, leavers: int = 0) -> Path:
    """Write a company of which only the first ``leavers`` have left; return its settings file."""
    plan = CompanyPlan(
        accounts=accounts,
        start=date(2026, 1, 1),
        end=date(2026, 11, 20),
        seed=5,
        events_scale=0.1,
    )
    settings = load_settings(simulate(plan, folder).settings)
    left = sorted(set(departures(load_tables(settings).tables, settings)["account_id"].to_pylist()))
    for file in folder.rglob("*.parquet"):
        _without(file, left[leavers:])
    shutil.rmtree(settings.workspace, ignore_errors=True)
    return folder / "kenshin.toml"


def _without(file: Path, accounts: list[str]) -> None:
    table = pq.read_table(file)
    if "account_id" in table.column_names:
        gone = pc.is_in(table["account_id"], pa.array(accounts, table["account_id"].type))
        pq.write_table(table.filter(pc.invert(gone)), file)
