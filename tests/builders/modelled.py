"""A small simulated company with a model in service, from tables to bundle, in a few seconds."""

import shutil
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import lightgbm as lgb
import numpy as np

from features import snapshots
from features.labels import labels
from features.settings import Settings, load_settings
from features.simulator import CompanyPlan, simulate
from features.sources import Tables, load_tables
from tests.builders.small_catalogue import EVALUATION
from training import bundle as shipping
from training.bundle import Bundle, Parts
from training.calibration import Calibration
from training.frames import frame
from training.scale import Scale

END = datetime(2026, 11, 20)
"""Exclusive end of what happened."""

LAST_FITTED = datetime(2026, 3, 1)


@dataclass(frozen=True)
class Company:
    """A workspace in which everything up to a champion has been done."""

    settings: Settings
    bundle: Bundle

    @cached_property
    def tables(self) -> Tables:
        """The company's tables, read when they are first asked for."""
        return load_tables(self.settings).tables


def company(folder: Path, accounts: int = 110, p50: float = 0.2) -> Company:
    """Put a company into ``folder`` for which a small model of its early months is in service.

    Each is simulated and fitted once in a process; what is handed out is a copy.

    ``p50`` is the probability at a score of 50: the lower, the more accounts are red.
    """
    shutil.copytree(_made(accounts, p50).name, folder, dirs_exist_ok=True)
    settings = load_settings(folder / "kenshin.toml")
    return Company(settings, shipping.champion(settings))


@cache
def _made(accounts: int, p50: float) -> "TemporaryDirectory[str]":
    kept = TemporaryDirectory(prefix="kenshin-modelled-")
    _make(Path(kept.name), accounts, p50)
    return kept


def _make(folder: Path, accounts: int, p50: float) -> None:
    plan = CompanyPlan(
        accounts=accounts, start=date(2025, 1, 1), end=END.date(), seed=11, events_scale=0.3
    )
    made = simulate(plan, folder)
    settings = load_settings(made.settings)
    tables = load_tables(settings).tables
    dates = snapshots.as_of_dates(settings, tables, LAST_FITTED)[-6:]
    snapshot = snapshots.build(tables, settings, dates)
    rows = frame(snapshot.table, snapshot.features, labels(tables, settings, dates))
    known = rows.where(np.isfinite(rows.churned))
    fixed = {"verbose": -1, "deterministic": True, "force_row_wise": True, "num_threads": 1}
    asked = {"objective": "binary", "num_leaves": 5, "learning_rate": 0.1, "min_data_in_leaf": 10}
    categories = [i for i, feature in enumerate(rows.features) if feature.kind == "category"]
    names = [feature.name for feature in rows.features]
    data = lgb.Dataset(
        known.matrix, known.churned, feature_name=names, categorical_feature=categories
    )
    booster = lgb.train(fixed | asked, data, num_boost_round=25)
    parts = Parts(
        booster_text=booster.model_to_string(),
        features=rows.features,
        categories=rows.categories,
        calibration=Calibration(slope=1.0, intercept=0.0),
        scale=Scale(p80=0.03, p50=p50),
        bands=settings.bands,
        reference={},
        evaluation=EVALUATION | {"test": EVALUATION["test"] | {"from": "2026-06-01T00:00:00"}},
        golden_matrix=rows.matrix[:200],
        about={"version": "v1", "settings_version": settings.version},
    )
    shipping.write_bundle(parts, shipping.bundles(settings) / "v1")
    shipping.crown(settings, "v1", END)
