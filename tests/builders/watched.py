"""A company on disk whose drift can be asked for: a model, its reference, a run of scores."""

from datetime import datetime, timedelta
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features import snapshots
from features.settings import Bands, Settings, load_settings
from serving.store import scores
from serving.store.engine import open_store
from tests.builders.drift import (
    AS_OF,
    Columns,
    chances_of,
    features_of,
    is_text,
    profile_of,
    table_of,
    world,
)
from tests.builders.runs import a_row, a_run
from tests.builders.small_catalogue import EVALUATION
from training import bundle as shipping
from training.calibration import Calibration
from training.scale import Scale


def watched(folder: Path, now: Columns, silent_days: int = 0, language: str = "en") -> Path:
    """Write the company and return its settings file.

    Its model ``v1`` is fitted on ``world(1, 1_000)``; its latest issued run is over ``now``; its
    events come every day until ``silent_days`` before ``AS_OF``.
    """
    config = folder / "kenshin.toml"
    config.write_text(
        f'[company]\nlanguage = "{language}"\n[churn]\nsource = "inactivity"\n'
        '[tables.accounts]\nfile = "accounts.parquet"\n[tables.events]\nfile = "events.parquet"\n',
        encoding="utf-8",
    )
    settings = load_settings(config)
    _write_tables(folder, AS_OF - timedelta(days=silent_days))
    _ship(settings)
    scored(settings, now, AS_OF, "v1")
    return config


def scored(settings: Settings, now: Columns, as_of: datetime, version: str) -> None:
    """Write a snapshot of ``now`` and an issued run over it."""
    table = table_of(now)
    stamps = pa.array([as_of] * table.num_rows, pa.timestamp("us"))
    table = table.add_column(1, "as_of", stamps).sort_by("account_id")
    snapshot = snapshots.Snapshot(table, features_of(world(1, 5)))
    manifest = snapshots.write(snapshot, settings)[0]
    run_id = f"run-{version}-{as_of.date()}"
    rows = [
        a_row(f"{run_id}-{account}", account, as_of, churn_probability=float(chance))
        for account, chance in zip(
            table["account_id"].to_pylist(), chances_of(table.num_rows, seed=1), strict=True
        )
    ]
    engine = open_store(settings)
    try:
        run = a_run(run_id, as_of, model_version=version, accounts=len(rows))
        scores.save_run(engine, run | {"snapshot_id": manifest.snapshot_id}, rows)
    finally:
        engine.dispose()


def _write_tables(folder: Path, until: datetime) -> None:
    """Write two accounts with an event on each of 400 days and two that left after half of them."""
    days = [until - timedelta(days=n, hours=1) for n in range(400)]
    rows = [(f"a{i}", day) for i in range(4) for day in (days if i < 2 else days[200:])]
    events = {
        "account_id": [account for account, _ in rows],
        "occurred_at": [day for _, day in rows],
        "event": ["login"] * len(rows),
    }
    accounts = {"account_id": ["a0", "a1", "a2", "a3"], "created_at": [days[-1]] * 4}
    pq.write_table(pa.table(events), folder / "events.parquet")
    pq.write_table(pa.table(accounts), folder / "accounts.parquet")


def _ship(settings: Settings) -> None:
    before = world(1, 1_000)
    features = features_of(before)
    categories = {f.name: tuple(sorted(set(before[f.name]))) for f in features if is_text(f)}
    matrix = np.random.default_rng(0).normal(size=(200, len(features)))
    rows = lgb.Dataset(matrix, (matrix[:, 0] > 1).astype(float))
    booster = lgb.train({"objective": "binary", "verbose": -1, "num_threads": 1}, rows, 5)
    parts = shipping.Parts(
        booster_text=booster.model_to_string(),
        features=features,
        categories=categories,
        calibration=Calibration(1.0, 0.0),
        scale=Scale(0.02, 0.17),
        bands=Bands(),
        reference=profile_of(before),
        evaluation=EVALUATION,
        golden_matrix=matrix,
        about={"version": "v1"},
    )
    shipping.write_bundle(parts, shipping.bundles(settings) / "v1")
    shipping.crown(settings, "v1", AS_OF)
