"""How much memory training needs beside its matrix: ``python -m benchmarks.training_memory``.

Random rows stand in Arrow as a snapshot would; they are encoded, split in time, fitted, calibrated
and judged as `kenshin train` does, with few trees, since memory does not depend on their number.
Peaks are resident memory beyond what the libraries take, as a multiple of the matrix in float64.
The figures go to ``benchmarks/training_memory.json``.
"""

import argparse
import json
import resource
import threading
import time
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from features.catalog import Feature, Words
from features.settings import Settings
from training import frames, judging, model, scale, split
from training.explanation import explain

FOUND = Path(__file__).with_suffix(".json")
PAGE = resource.getpagesize()


def resident() -> int:
    """Return the resident memory of this process, in bytes."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * PAGE


class Peak(threading.Thread):
    """The largest resident memory while the block runs, looked at a hundred times a second."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.most, self._ended = resident(), threading.Event()

    def run(self) -> None:
        while not self._ended.wait(0.01):
            self.most = max(self.most, resident())

    def __enter__(self) -> "Peak":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self.join()


def snapshot(rows: int, features: int, dates: int = 20) -> tuple[pa.Table, pa.Table]:
    """Return random features and labels, sorted by date and account as a snapshot is."""
    random = np.random.default_rng(1)
    accounts = rows // dates
    first = datetime(2024, 1, 1)
    when = np.repeat(
        [np.datetime64(first + timedelta(30 * d), "us") for d in range(dates)], accounts
    )
    keys = {"account_id": [f"A{i:08d}" for i in range(accounts)] * dates, "as_of": when}
    columns = {f"f{i}": random.normal(size=len(when)) for i in range(features)}
    churned = random.random(len(when)) < 1 / (1 + np.exp(3 - columns["f0"]))
    return pa.table(keys | columns), pa.table(keys | {"churned": churned})


def declared(count: int) -> tuple[Feature, ...]:
    """Return features of that many columns."""
    said = Words("特徴", "feature")
    return tuple(
        Feature(name=f"f{i}", group="usage", indicator="I01", kind="number", source="events",
                window_days=28, unit="count", good="none", actionable=True, label=said, worse=said,
                better=said, missing=said, missing_means="nothing")
        for i in range(count)
    )  # fmt: skip


def main() -> None:
    """Measure."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rows", type=int, default=400_000)
    asked.add_argument("--features", type=int, default=100)
    given = asked.parse_args()
    model.ROUNDS = 20
    settings, nothing = Settings(), resident()
    table, labels = snapshot(given.rows, given.features)
    arrow = resident() - nothing
    matrix = table.num_rows * given.features * 8
    began = time.process_time()
    count = table.num_rows
    with Peak() as encoding:
        rows = frames.frame(table, declared(given.features), labels, known=True)
    del table  # as `kenshin train` lets go of its snapshot
    pa.default_memory_pool().release_unused()
    with Peak() as fitting:
        parts = split.split(rows, settings)
        judged = judging.out_of_time(rows, parts, settings, lambda what, done, steps: None)
        import lightgbm as lgb

        from training.shares import Shares

        booster = lgb.Booster(model_str=judged.bag.text)
        settled = scale.propose(float(judged.development.churned.mean()))
        explain(Shares(booster), judged.calibration, settled, judged.test.matrix, 2)
        judged.development.digest()
    told = {
        "command": f"python -m benchmarks.training_memory --rows {given.rows} "
        f"--features {given.features}",
        "measured_on": datetime.now().date().isoformat(),
        "rows": count,
        "features": given.features,
        "matrix_mb": round(matrix / 1e6, 1),
        "snapshot_over_matrix": round(arrow / matrix, 2),
        "encoding_over_matrix": round((encoding.most - nothing) / matrix, 2),
        "fitting_over_matrix": round((fitting.most - nothing) / matrix, 2),
        "peak_over_matrix": round((max(encoding.most, fitting.most) - nothing) / matrix, 2),
        "cpu_seconds": round(time.process_time() - began, 1),
    }
    print(json.dumps(told, indent=1))
    FOUND.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
