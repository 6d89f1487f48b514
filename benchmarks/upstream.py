"""Week after week of a sound company, each load held against those before: nothing is refused.

Usage: ``python -m benchmarks.upstream FOLDER [WEEKS]`` with a folder of ``kenshin simulate``. Every
week the tables are cut at what was known by then. Prints the refusals, the notes and what the check
of the delivery took of the load, in processor time.
"""

import re
import sys
import tempfile
import time
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from features.checks.upstream import delivery
from features.settings import load_settings
from features.sources import examine, load
from features.tables import TABLES

_FILLED_LATER = {"subscriptions": "ended_at", "tickets": "resolved_at", "invoices": "paid_at"}


def cut(source: Path, target: Path, end: datetime) -> None:
    """Write what was known of every table at ``end``."""
    at = f"TIMESTAMP '{end.isoformat(sep=' ')}'"
    with duckdb.connect() as con:
        for table, contract in TABLES.items():
            file = source / f"{table}.parquet"
            if not file.exists():
                continue
            later = _FILLED_LATER.get(table)
            kept = f"CASE WHEN {later} < {at} THEN {later} END AS {later}"
            replaced = f"* REPLACE ({kept})" if later else "*"
            rows = f"read_parquet('{file}') WHERE {contract.time} < {at}"
            con.execute(
                f"COPY (SELECT {replaced} FROM {rows}) TO '{target / table}.parquet' "
                "(FORMAT parquet)"
            )


def weekly(source: Path, weeks: int) -> None:
    """Load the company at the end of each of its last ``weeks`` weeks and print what was said."""
    text = (source / "kenshin.toml").read_text(encoding="utf-8")
    [until] = re.findall(r"observed_until = (\S+)", text)
    last, spent = datetime.fromisoformat(until), [0.0]
    inspected = vars(load)["delivered"]

    def timed(*given: object) -> delivery.Delivery:
        began = time.process_time()
        found: delivery.Delivery = inspected(*given)
        spent[0] += time.process_time() - began
        return found

    vars(load)["delivered"] = timed
    refused, notes, whole = 0, Counter[str](), 0.0
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder)
        for week in range(weeks - 1, -1, -1):
            end = last - timedelta(weeks=week)
            cut(source, target, end)
            said = text.replace(f"observed_until = {until}", f"observed_until = {end.isoformat()}")
            (target / "kenshin.toml").write_text(said, encoding="utf-8")
            began = time.process_time()
            report = examine(load_settings(target / "kenshin.toml"), now=end).report
            whole += time.process_time() - began
            refused += len(report.refused)
            for violation in report.violations:
                if violation.code.startswith("K7"):
                    notes[violation.code] += violation.severity == "warning"
                if violation.severity == "refused":
                    print(f"{end:%Y-%m-%d} {violation.code} {violation.sentence}")
    print(f"{weeks} loads: {refused} refusals, notes {dict(notes)}")
    print(f"the check took {spent[0]:.1f} of {whole:.1f} CPU seconds")


if __name__ == "__main__":
    weekly(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 53)
