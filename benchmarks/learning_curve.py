"""How much better a model gets with more rows: why ``[training].most_rows`` is what it is.

``kenshin simulate FOLDER --accounts 45000 --events-scale 0.12``, then
``python -m benchmarks.learning_curve FOLDER``. Three tenths of the accounts are only judged on, at
the dates after all that is fitted on; the others are given whole, by their hash, in growing
numbers. The figures go to ``benchmarks/learning_curve.json``.
"""

import argparse
import hashlib
import json
import platform
import resource
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features.settings import load_settings
from features.simulator import best_achievable
from training import metrics, model, split
from training.calibration import fit_platt
from training.frames import Frame, frame
from training.material import material

FOUND = Path(__file__).with_suffix(".json")
JUDGED = 0.3
"""Share of the accounts that no model sees."""
SIZES = (5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 400_000, 800_000)
REPEATS = {5_000: 5, 10_000: 4, 20_000: 3, 50_000: 2}
"""Other accounts each time; the mean is told."""

Json = dict[str, Any]


def places(account_ids: np.ndarray) -> np.ndarray:
    """Return the place in [0, 1) that each account's hash gives it."""
    names, inverse = np.unique(account_ids.astype(str), return_inverse=True)
    digits = [int(hashlib.md5(name.encode()).hexdigest()[:8], 16) for name in names]
    return (np.array(digits) / 2**32)[inverse]


def some(rows: Frame, place: np.ndarray, size: int, repeat: int) -> Frame:
    """Return about ``size`` rows: whole accounts, those next after a start of its own."""
    start = JUDGED + (1 - JUDGED) * repeat / max(1, REPEATS.get(size, 1))
    away = np.where(place >= start, place - start, place - start + (1 - JUDGED))
    away[place < JUDGED] = np.inf
    limit = np.sort(away)[min(size, int(np.isfinite(away).sum())) - 1]
    return rows.where(away <= limit)


def judged(rows: Frame, test: Frame, threads: int) -> Json:
    """Fit as `kenshin train` does and return figures on the test rows."""
    began, cpu = time.perf_counter(), time.process_time()
    bag = model.fit(rows, 5, 20261122, threads)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    calibration = fit_platt(bag.held_out, rows.churned)
    margin = model.margin(lgb.Booster(model_str=bag.text), test.matrix, threads)
    p = calibration.probability(margin)
    even = np.ones(len(test))
    return {
        "rows": len(rows),
        "churns": int(rows.churned.sum()),
        "accounts": len(np.unique(rows.account_ids.astype(str))),
        "auc": float(metrics.auc(test.churned, p, even)),
        "log_loss": float(metrics.log_loss(test.churned, p, even)),
        "predicted": float(p.mean()),
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu, 2),
        "trees": sum(bag.rounds),
    }


def mean(runs: list[Json]) -> Json:
    """Return the mean of every figure of runs of one size, and the spread of the two that count."""
    found = {name: float(np.mean([run[name] for run in runs])) for name in runs[0]}
    for name in ("auc", "log_loss"):
        found[f"{name}_sd"] = float(np.std([run[name] for run in runs]))
    return found | {"repeats": len(runs)}


def truth_of(folder: Path, test: Frame) -> Json:
    """Return what the simulated truth itself reaches on the test rows."""
    labels = {"account_id": test.account_ids.astype(str), "as_of": test.as_of}
    table = pa.table(labels | {"churned": pa.array(test.churned > 0)})
    return best_achievable(pq.read_table(folder / "truth.parquet"), table)


def main() -> None:
    """Draw the curve."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("folder", type=Path)
    asked.add_argument("--threads", type=int, default=2)
    asked.add_argument("--sizes", type=int, nargs="*", default=SIZES)
    given = asked.parse_args()
    settings = load_settings(given.folder / "kenshin.toml")
    read = material(settings, lambda what, done, steps: None)
    rows = frame(read.snapshot.table, read.snapshot.features, read.labels)
    rows = rows.where(~np.isnan(rows.churned))
    parts = split.split(rows, settings)
    place = places(rows.account_ids)
    test = rows.where(np.isin(rows.as_of, parts.test) & (place < JUDGED))
    early = np.isin(rows.as_of, parts.development)
    rows, place = rows.where(early), place[early]
    there = int((place >= JUDGED).sum())
    told: Json = {
        "command": f"python -m benchmarks.learning_curve FOLDER  # {len(rows):,} rows to fit on",
        "measured_on": datetime.now(UTC).date().isoformat(),
        "machine": {"cores": given.threads, "platform": platform.platform()},
        "features": len(rows.features),
        "test": {
            "rows": len(test),
            "churns": int(test.churned.sum()),
            "accounts": len(np.unique(test.account_ids.astype(str))),
            "truth": truth_of(given.folder, test),
        },
        "sizes": [],
    }
    for size in [*(s for s in given.sizes if s < there), there]:
        runs = [
            judged(some(rows, place, size, repeat), test, given.threads)
            for repeat in range(REPEATS.get(size, 1))
        ]
        told["sizes"].append(mean(runs))
        told["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(json.dumps(told["sizes"][-1]), flush=True)
        FOUND.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
