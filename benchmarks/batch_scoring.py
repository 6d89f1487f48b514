"""How many accounts a core scores into Parquet, with and without reasons, and in what memory.

``kenshin demo`` makes a company with a champion; ``python -m benchmarks.batch_scoring demo`` writes
its last snapshot out again and again up to the number of rows asked for and scores that: streamed
on this machine, and on Spark. Each case runs in a process of its own; rates are per second of
processor time (user and system, all processes), so that other work on the machine does not count.
The figures go to ``benchmarks/scale.json``.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any

FOUND = Path(__file__).with_name("scale.json")
ROOT = Path(__file__).parents[1]
HERTZ = os.sysconf("SC_CLK_TCK")

Json = dict[str, Any]


def enlarged(config: Path, rows: int, file: Path) -> None:
    """Write the last snapshot of a company, repeated under new account ids, to one file."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    from features.settings import load_settings
    from serving.batch import find

    source = find(load_settings(config))
    table = pa.concat_tables(source.parts(source.rows)).combine_chunks()
    place = table.column_names.index("account_id")
    with pq.ParquetWriter(file, table.schema, compression="zstd") as writer:
        for start in range(0, rows, table.num_rows):
            part = table.slice(0, min(table.num_rows, rows - start))
            names = pa.array(np.arange(start, start + len(part)).astype(str))
            writer.write_table(part.set_column(place, "account_id", names))


def scored(config: Path, file: Path, out: Path, reasons: str, spark: bool) -> Json:
    """Score ``file`` as ``kenshin score --out`` does; return seconds and processor seconds."""
    from features.settings import load_settings
    from serving.batch import Asked, find, score_streamed
    from training.bundle import champion

    settings = load_settings(config)
    bundle = champion(settings)
    source = find(settings, file)
    asked = Asked(source.as_of, source.snapshot_id, bundle.version, settings.version, reasons)  # type: ignore[arg-type]
    if not spark:
        began, cpu = time.perf_counter(), time.process_time()
        score_streamed(bundle, source, asked, out, threads=settings.training.threads)
        return {"seconds": time.perf_counter() - began, "cpu_seconds": time.process_time() - cpu}
    from serving.batch.cluster import score_spread, spread
    from serving.batch.session import session

    with session(settings) as running:
        began, cpu = time.perf_counter(), _family_seconds()
        score_spread(running, bundle, spread(running, source), asked, str(out))
        return {"seconds": time.perf_counter() - began, "cpu_seconds": _family_seconds() - cpu}


def _family_seconds() -> float:
    """Return user and system time of this process, its children and theirs."""
    parents, spent = {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        pid = int(stat.parent.name)
        parents[pid], spent[pid] = int(fields[1]), sum(map(int, fields[11:15])) / HERTZ

    def ours(pid: int) -> bool:
        while pid in parents and pid != os.getpid():
            pid = parents[pid]
        return pid == os.getpid()

    return sum(seconds for pid, seconds in spent.items() if ours(pid))


def main() -> None:
    """Measure every case, or one where a process of this program asks for it."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("folder", type=Path)
    asked.add_argument("--rows", type=int, default=400_000)
    asked.add_argument("--explained", type=int, default=40_000, help="Rows where all get reasons.")
    asked.add_argument("--case", nargs=4, help=argparse.SUPPRESS)
    given = asked.parse_args()
    config = given.folder / "kenshin.toml"
    if given.case:
        file, out, reasons, where = given.case
        print(json.dumps(scored(config, Path(file), Path(out), reasons, where == "spark")))
        return
    told: Json = {"command": f"python -m benchmarks.batch_scoring demo --rows {given.rows} "
                  f"--explained {given.explained}",
                  "measured_on": datetime.now().date().isoformat(),
                  "cores": os.cpu_count(), "load_at_start": round(os.getloadavg()[0], 1),
                  "cases": []}  # fmt: skip
    told |= model(config)
    with tempfile.TemporaryDirectory() as work:
        for rows, reasons, where in (
            (given.rows // 4, "none", "one machine"),
            (given.rows, "none", "one machine"),
            (given.rows, "red", "one machine"),
            (given.explained, "all", "one machine"),
            (given.rows // 2, "none", "spark"),  # many rows a task at both sizes
            (given.rows, "none", "spark"),
            (given.explained, "all", "spark"),
        ):
            told["cases"].append(case(given.folder, Path(work), rows, reasons, where))
            print(json.dumps(told["cases"][-1]), flush=True)
            FOUND.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def model(config: Path) -> Json:
    """Return the size of the model, and of a snapshot and its scores where no row is repeated."""
    from features.settings import load_settings
    from serving.batch import Asked, find, score_streamed
    from training.bundle import ModelBundle, champion

    settings = load_settings(config)
    bundle, source = champion(settings), find(settings)
    asked = Asked(source.as_of, source.snapshot_id, bundle.version, settings.version)
    with tempfile.TemporaryDirectory() as work:
        score_streamed(bundle, source, asked, Path(work) / "out")
        out = sum(part.stat().st_size for part in (Path(work) / "out").glob("*.parquet"))
    return {
        "trees": bundle.booster.num_trees() if isinstance(bundle, ModelBundle) else 0,
        "features": len(bundle.features),
        "snapshot_bytes_per_account": round(source.files[0].stat().st_size / source.rows, 1),
        "score_bytes_per_account": round(out / source.rows, 1),
    }


def case(folder: Path, work: Path, rows: int, reasons: str, where: str) -> Json:
    """Return what one case needed, measured in a process of its own."""
    import subprocess

    file, out = work / f"{rows}.parquet", work / f"{rows}-{reasons}-{where.split()[0]}"
    if not file.exists():
        enlarged(folder / "kenshin.toml", rows, file)
    command = [sys.executable, "-m", "benchmarks.batch_scoring", str(folder), "--case", str(file)]
    process = subprocess.Popen(
        [*command, str(out), reasons, where], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    said = process.stdout.read() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{where}, {reasons}: failed")
    found = json.loads(said.strip().splitlines()[-1])
    return {
        "where": where,
        "reasons": reasons,
        "rows": rows,
        **{name: round(value, 2) for name, value in found.items()},
        "rows_per_cpu_second": round(rows / found["cpu_seconds"], 1),
        "peak_mb": usage.ru_maxrss * 1024 // 1_000_000,
    }


if __name__ == "__main__":
    main()
