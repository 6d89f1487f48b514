"""What `kenshin train` takes beside the fits inside it: ``python -m benchmarks.training_cost``.

Rows of a made company stand in Arrow as a snapshot would, with the outcomes by every horizon. All
that `kenshin train` does with them is done: fits, calibration, horizons, judgement, reasons,
checks, pictures, MLflow, bundle. What LightGBM takes of it, binning and early stopping included,
is timed call by call; processor seconds are those of all threads. Left out are the tables before
the snapshot and the answer check, whose weekly snapshots the feature engine builds.
The figures go to ``benchmarks/training_cost.json``, one entry for each size.
"""

import argparse
import json
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from benchmarks.training_memory import declared
from features.settings import Settings
from features.snapshots import Snapshot
from training.horizons import wanted
from training.train import train

FOUND = Path(__file__).with_suffix(".json")
DATES = 24
EVERY_DAYS = 30
TELLING = 10
"""So many features say something of the account's risk, the others nothing."""
RATE = 0.0006
"""Leaving a day, of an account without peculiarities."""

Json = dict[str, Any]
Floats = npt.NDArray[np.float64]


@dataclass
class Fits:
    """What the calls into LightGBM's fitting took.

    Attributes
    ----------
    cpu_seconds : float
        Of the calling threads; every fit has one thread of its own.
    spans : list of (float, float)
        Begin and end of each call, on the clock.
    """

    cpu_seconds: float = 0.0
    spans: list[tuple[float, float]] = field(default_factory=list)
    _inside: threading.local = field(default_factory=threading.local)

    def timed(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """Return ``call`` with its time counted; what it calls in turn is counted once."""

        def counted(*given: Any, **named: Any) -> Any:  # noqa: ANN401  # whatever LightGBM takes
            if getattr(self._inside, "yes", False):
                return call(*given, **named)
            self._inside.yes, began, cpu = True, time.perf_counter(), time.thread_time()
            try:
                return call(*given, **named)
            finally:
                self.cpu_seconds += time.thread_time() - cpu
                self.spans.append((began, time.perf_counter()))
                self._inside.yes = False

        return counted

    @property
    def seconds(self) -> float:
        """The time on the clock in which at least one fit was under way."""
        total, until = 0.0, -np.inf
        for began, ended in sorted(self.spans):
            total += max(0.0, ended - max(began, until))
            until = max(until, ended)
        return total


@contextmanager
def counted() -> Iterator[Fits]:
    """Count every fit while the block runs."""
    fits = Fits()
    with (
        patch.object(lgb, "train", fits.timed(lgb.train)),
        patch.object(lgb.Dataset, "construct", fits.timed(lgb.Dataset.construct)),
    ):
        yield fits


def company(rows: int, features: int) -> tuple[pa.Table, pa.Table]:
    """Return about ``rows`` rows of a snapshot and their outcomes, sorted by date and account."""
    random = np.random.default_rng(1)
    stay = (1 - np.exp(-RATE * EVERY_DAYS * DATES)) / (RATE * EVERY_DAYS * DATES)
    accounts = round(rows / (DATES * stay))
    nature = random.normal(size=(accounts, TELLING))
    rate = RATE * np.exp(0.35 * nature.sum(axis=1) - 0.35**2 * TELLING / 2)
    left_on = random.exponential(1 / rate)
    date, account = np.nonzero(left_on[None, :] > EVERY_DAYS * np.arange(DATES)[:, None])
    first = np.datetime64(datetime(2024, 1, 1), "us")
    when = first + date * np.timedelta64(EVERY_DAYS, "D")
    keys = {"account_id": pa.array([f"A{a:08d}" for a in account]), "as_of": pa.array(when)}
    columns = {
        f"f{k}": (nature[account, k] if k < TELLING else 0.0) + random.normal(size=len(date))
        for k in range(features)
    }
    days = left_on[account] - EVERY_DAYS * date
    known_for = EVERY_DAYS * (DATES - 1 - date) + 120
    told: dict[str, Any] = {
        "churned": pa.array(days < 90),
        "left_at": pa.array(
            when + (days * 86_400e6).astype("timedelta64[us]"), mask=days >= known_for
        ),
    }
    for horizon in wanted(90):
        told[f"churned_{horizon}d"] = pa.array(days < horizon, mask=known_for < horizon)
    del told["churned_90d"]
    return pa.table(keys | columns), pa.table(keys | told)


def measured(rows: int, features: int) -> Json:
    """Train once; return what all of it and what the fits inside it took."""
    table, labels = company(rows, features)
    count = table.num_rows
    given = [Snapshot(table, declared(features))]
    del table
    now = datetime(2024, 1, 1) + timedelta(EVERY_DAYS * DATES + 120)
    with tempfile.TemporaryDirectory() as folder, counted() as fits:
        began, cpu = time.perf_counter(), time.process_time()
        result = train(Settings(root=Path(folder)), given.pop(), labels, now)
        seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu
    return {
        "command": f"python -m benchmarks.training_cost --rows {rows} --features {features}",
        "measured_on": datetime.now().date().isoformat(),
        "rows": count,
        "features": features,
        "verdict": result.verdict,
        "calls": len(fits.spans),
        "cpu_seconds": round(cpu_seconds, 1),
        "fits_cpu_seconds": round(fits.cpu_seconds, 1),
        "over_fits": round(cpu_seconds / fits.cpu_seconds, 3),
        "seconds": round(seconds, 1),
        "fits_seconds": round(fits.seconds, 1),
        "over_fits_on_the_clock": round(seconds / fits.seconds, 3),
    }


def main() -> None:
    """Measure one size."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rows", type=int, default=1_000_000)
    asked.add_argument("--features", type=int, default=100)
    given = asked.parse_args()
    told = measured(given.rows, given.features)
    print(json.dumps(told, indent=1))
    kept = json.loads(FOUND.read_text(encoding="utf-8")) if FOUND.exists() else {}
    kept[f"{given.rows} x {given.features}"] = told
    FOUND.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
