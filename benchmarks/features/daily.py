"""What one more day costs against building everything again, as whole processes.

``python -m benchmarks.features.daily COMPANY FOLDER``: COMPANY is a folder of `kenshin simulate`;
FOLDER gets the same company with a file of events per day. Measured are a rebuild (raw files to
24 monthly snapshots, from an empty workspace), then, after one more day has arrived, today's
snapshot; the same once more in a workspace that finds the queries of such a day, as every day after
the first does; and what of each is the start of Python and its imports, before the first query.
``--every-day`` also rebuilds the 24 months as a company has them that takes a snapshot every day.
The figures are added to ``daily.json`` beside this file.
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

RESULTS = Path(__file__).with_name("daily.json")
MONTHS = 24
START = (
    "import serving.cli, features.snapshots, features.sources; "
    "serving.cli.built(['snapshot']); serving.cli.leave(0)"
)
"""All that ``kenshin snapshot`` does before its first query."""
KENSHIN = str(Path(sys.executable).with_name("kenshin"))


@dataclass(frozen=True)
class Measured:
    """One process: seconds on the clock, seconds of processors, and its largest memory."""

    seconds: float
    cpu_seconds: float
    peak_mb: float


def split(source: Path, target: Path) -> None:
    """Write the company of ``source`` with one file of events per day; once for what it holds."""
    stat = (source / "events.parquet").stat()
    held, of = target / "split-from.txt", f"{source.resolve()} {stat.st_size} {stat.st_mtime_ns}\n"
    if held.exists() and held.read_text(encoding="utf-8") == of:
        return
    shutil.rmtree(target, ignore_errors=True)
    (target / "events").mkdir(parents=True, exist_ok=True)
    parts = target / "parts"
    con = duckdb.connect(config={"memory_limit": "4GB", "temp_directory": str(target / "spill")})
    con.execute(
        "COPY (SELECT *, strftime(occurred_at, '%Y-%m-%d') AS of_day FROM "
        f"'{source / 'events.parquet'}') TO '{parts}' "
        "(FORMAT parquet, COMPRESSION zstd, PARTITION_BY (of_day))"
    )
    for folder in sorted(parts.iterdir()):
        day = folder.name.partition("=")[2]
        con.execute(
            f"COPY (SELECT * EXCLUDE (of_day) FROM '{folder}/*.parquet') "
            f"TO '{target / 'events' / day}.parquet' (FORMAT parquet, COMPRESSION zstd)"
        )
    shutil.rmtree(parts)
    text = (source / "kenshin.toml").read_text(encoding="utf-8")
    text = re.sub(r'file = "(\w+\.parquet)"', rf'file = "{source.resolve()}/\1"', text)
    text = re.sub(r'file = "[^"]*/events\.parquet"', 'file = "events/*.parquet"', text)
    (target / "kenshin.toml").write_text(text, encoding="utf-8")
    held.write_text(of, encoding="utf-8")


def snapshot(target: Path, *options: str) -> Measured:
    """Run ``kenshin snapshot`` as a process of its own."""
    command = [KENSHIN, "snapshot", "--config", str(target / "kenshin.toml"), *options, "--json"]
    found, output = run(command)
    print(f"{' '.join(options)}: {len(json.loads(output)['snapshots'])} snapshots", file=sys.stderr)
    return found


def run(command: Sequence[str]) -> tuple[Measured, bytes]:
    """Run a command as a process of its own; return what it took and what it printed."""
    began = time.perf_counter()
    # As anywhere: libraries are compiled once, not in every process.
    given = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=given
    )
    output = process.stdout.read() if process.stdout else b""
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} failed")
    seconds = time.perf_counter() - began
    return Measured(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024), output


def again(target: Path, before: Path, *options: str) -> Measured:
    """Run `snapshot` in the workspace of ``before`` with the queries that the last run kept."""
    workspace = target / ".kenshin"
    (before / "cache").mkdir(exist_ok=True)
    shutil.rmtree(before / "cache" / "compiled", ignore_errors=True)
    (workspace / "cache" / "compiled").rename(before / "cache" / "compiled")
    shutil.rmtree(workspace)
    before.rename(workspace)
    return snapshot(target, *options)


def measured(source: Path, target: Path, times: int, every_day: bool) -> dict[str, Any]:
    """Return the figures of one company."""
    split(source, target)
    files = sorted((target / "events").glob("*.parquet"))
    today = date.fromisoformat(files[-1].stem) + timedelta(days=1)
    first = date(today.year - 2, today.month, 1) + timedelta(days=31)
    months = ("--from", str(first.replace(day=1)), "--to", str(today))
    held = target / files[-1].name
    before = target / "before"
    rebuilds, days, after, starts = [], [], [], []
    for _ in range(times):
        shutil.rmtree(target / ".kenshin", ignore_errors=True)
        files[-1].rename(held)
        rebuilds.append(snapshot(target, *months, "--every", "month"))
        held.rename(files[-1])
        shutil.rmtree(before, ignore_errors=True)
        shutil.copytree(target / ".kenshin", before)
        days.append(snapshot(target, "--as-of", str(today)))
        after.append(again(target, before, "--as-of", str(today)))
        starts.append(run([sys.executable, "-c", START])[0])
    whole: dict[str, object] = {}
    if every_day:
        shutil.rmtree(target / ".kenshin")
        whole["snapshots_every_day"] = (today - first.replace(day=1)).days + 1
        whole["rebuild_every_day"] = [asdict(snapshot(target, *months, "--every", "day"))]
    rows = duckdb.sql(f"SELECT count(*) FROM '{target}/events/*.parquet'").fetchall()[0][0]
    digests = sum(f.stat().st_size for f in (target / ".kenshin" / "digests").rglob("*.parquet"))
    ratio = [d.cpu_seconds / r.cpu_seconds for d, r in zip(days, rebuilds, strict=True)]
    clock = [d.seconds / r.seconds for d, r in zip(days, rebuilds, strict=True)]
    return {
        "events": rows,
        "files": len(files),
        "snapshots_rebuilt": MONTHS,
        "rebuild": [asdict(m) for m in rebuilds],
        "one_more_day": [asdict(m) for m in days],
        "days_after": [asdict(m) for m in after],
        "until_first_query": [asdict(m) for m in starts],
        "ratio_cpu": statistics.median(ratio),
        "ratio_clock": statistics.median(clock),
        "stored_mb": digests / 1e6,
        "raw_mb": sum(f.stat().st_size for f in files) / 1e6,
        "measured_on": date.today().isoformat(),
        **whole,
    }


def parsed(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("company", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--every-day", action="store_true", help="Also 24 months of every day.")
    return parser.parse_args(arguments)


def main() -> None:
    """Measure and add to the results."""
    given = parsed()
    found = measured(given.company, given.folder, given.times, given.every_day)
    every = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else []
    # A company of about as many events takes the place of the one measured before.
    every = [one for one in every if abs(one["events"] / int(found["events"]) - 1) > 0.1]
    every = sorted([*every, found], key=lambda one: int(one["events"]))
    RESULTS.write_text(json.dumps(every, indent=1) + "\n", encoding="utf-8")
    print(json.dumps({k: v for k, v in found.items() if k.startswith("ratio")}))


if __name__ == "__main__":
    main()
