"""The companies that the benchmark runs over: simulated, and parts of them.

``python -m benchmarks.features.company describe FOLDER`` prints a company's size as JSON,
``… part FOLDER TARGET ACCOUNTS`` copies its first accounts.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.made import code

ACCOUNTS = {"1m": 550, "10m": 5_500, "100m": 55_000}
"""Accounts that give about so many events in the default 36 months."""
PARTS = {"10k": ("1m", 6), "100k": ("1m", 55), "1m": ("1m", 550), "10m": ("10m", 5_500)}
"""The companies for Featuretools: of which company, and how many of its accounts."""
STAMP = "simulated-by.txt"


def simulated(folder: Path, size: str) -> Path:
    """Return the folder of the company of that size, simulated anew where another code did it."""
    data, by = folder / size, _simulator(ACCOUNTS[size])
    stamp = data / STAMP
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != by:
        shutil.rmtree(data, ignore_errors=True)
        kenshin = Path(sys.executable).with_name("kenshin")
        accounts = ["--accounts", str(ACCOUNTS[size])]
        subprocess.run([kenshin, "simulate", data, *accounts], check=True)
        stamp.write_text(by, encoding="utf-8")
    return data


def _simulator(accounts: int) -> str:
    """Return what a company is simulated by: the number of ``accounts`` and the code's digest."""
    return f"{accounts} accounts, {code('features/simulator')}\n"


def describe(data: Path) -> dict[str, int]:
    """Return how many events and accounts a company has, and its bytes on disk."""
    import pyarrow.parquet as pq

    def rows(table: str) -> int:
        return int(pq.read_metadata(data / f"{table}.parquet").num_rows)

    size = sum(path.stat().st_size for path in data.glob("*.parquet") if path.stem != "truth")
    return {"events": rows("events"), "accounts": rows("accounts"), "bytes": size}


def part(data: Path, target: Path, accounts: int) -> None:
    """Copy the first accounts of a company, without the times at which rows were recorded.

    Featuretools knows one time per row; a row recorded late would need two.
    """
    import duckdb

    target.mkdir(parents=True)
    con = duckdb.connect()
    first = f"SELECT account_id FROM '{data}/accounts.parquet' ORDER BY 1 LIMIT {accounts}"
    for path in data.glob("*.parquet"):
        if path.stem == "truth":
            continue
        con.execute(
            f"COPY (SELECT COLUMNS(lambda c: c <> 'recorded_at') FROM '{path}' "
            f"WHERE account_id IN ({first})) TO '{target / path.name}' (FORMAT parquet)"
        )
    shutil.copy(data / "kenshin.toml", target)


if __name__ == "__main__":
    verb, folder, *rest = sys.argv[1:]
    if verb == "describe":
        sys.stdout.write(json.dumps(describe(Path(folder))))
    else:
        part(Path(folder), Path(rest[0]), int(rest[1]))
