"""A small company that is served: a real bundle, a filled store, an application over both."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import anyio
import httpx
import lightgbm as lgb
import numpy as np
import sqlalchemy as sa
from fastapi import FastAPI

from features.settings import Bands, Settings, Store
from serving.store import scores
from serving.store.engine import open_store
from serving.store.scores import numbers
from tests.builders.small_catalogue import CATEGORIES, EVALUATION, FEATURES, HEALTHY
from tests.builders.store import PaperBundle, populate, settings_in
from training import bundle as shipping
from training.bundle import Bundle, Parts
from training.calibration import Calibration
from training.scale import Scale

Params = dict[str, str | int | list[str]] | None

WHEN = datetime(2026, 11, 1)


@dataclass(frozen=True)
class Served:
    """A workspace with a model in service and weekly runs of scores."""

    settings: Settings
    engine: sa.Engine
    bundle: Bundle


class Client:
    """A caller inside the process: each request goes through the whole application."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app

    def request(
        self,
        method: str,
        url: str,
        *,
        params: Params = None,
        headers: dict[str, str] | None = None,
        body: bytes | None = None,
    ) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
                return await client.request(
                    method, url, params=params, headers=headers, content=body
                )

        return anyio.run(ask)

    def get(
        self, url: str, params: Params = None, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        return self.request("GET", url, params=params, headers=headers)

    def post(self, url: str, document: object) -> httpx.Response:
        return self.send(json.dumps(document).encode(), url)

    def send(self, body: bytes, url: str = "/v1/predictions") -> httpx.Response:
        headers = {"Content-Type": "application/json"}
        return self.request("POST", url, body=body, headers=headers)


def served(
    folder: Path, accounts: int = 60, weeks: int = 4, store_url: str | None = None
) -> Served:
    """Return a served company in ``folder`` with a model ``v1`` and weekly runs.

    Parameters
    ----------
    store_url : str, optional
        An empty database; default: that of the environment, else SQLite in the workspace.
    """
    settings = settings_in(folder)
    if store_url is not None:
        settings = settings.model_copy(update={"store": Store(url=store_url)})
    said = "" if store_url is None else f'[store]\nurl = "{store_url}"\n'
    (folder / "kenshin.toml").write_text(
        '[company]\nname = "Kenshin Demo"\ntimezone = "Asia/Tokyo"\ncurrency = "JPY"\n'
        f'language = "ja"\n{said}',
        encoding="utf-8",
    )
    bundle = shipped(settings, "v1")
    shipping.crown(settings, "v1", WHEN)
    engine = open_store(settings)
    populate(settings, engine, accounts=accounts, weeks=weeks, bundle=cast(Any, bundle))
    return Served(settings, engine, bundle)


def shipped(
    settings: Settings, version: str, seed: int = 1, evaluation: dict[str, Any] = EVALUATION
) -> Bundle:
    """Write a bundle of a small LightGBM model that has learnt what `PaperBundle` knows."""
    matrix = _matrix(np.random.default_rng(seed), 800)
    truth = PaperBundle().predict(matrix)
    churned = np.random.default_rng(seed + 1).random(len(truth)) < np.sqrt(truth)
    categories = [i for i, feature in enumerate(FEATURES) if feature.kind == "category"]
    rows = lgb.Dataset(
        matrix,
        churned.astype(float),
        feature_name=[feature.name for feature in FEATURES],
        categorical_feature=categories,
    )
    fixed = {"verbose": -1, "deterministic": True, "force_row_wise": True, "num_threads": 1}
    asked = {"objective": "binary", "num_leaves": 6, "learning_rate": 0.15, "seed": seed}
    booster = lgb.train(fixed | asked, rows, num_boost_round=20)
    parts = Parts(
        booster_text=booster.model_to_string(),
        features=FEATURES,
        categories=CATEGORIES,
        calibration=Calibration(slope=1.1, intercept=-0.6),
        scale=Scale(p80=0.03, p50=0.2),
        bands=Bands(),
        reference={},
        evaluation=evaluation,
        golden_matrix=matrix[:200],
        about={"version": version, "seed": seed},
    )
    folder = shipping.bundles(settings) / version
    return shipping.load_bundle(shipping.write_bundle(parts, folder))


def damage(settings: Settings, version: str) -> None:
    """Change one byte of a shipped model."""
    path = shipping.bundles(settings) / version / "booster.txt"
    path.write_bytes(path.read_bytes().replace(b"leaf_value=", b"leaf_valuf=", 1))


def verdict_without_signal(settings: Settings) -> None:
    """Leave the verdict that the data tell nothing."""
    shipping.write_verdict(settings, "no usable signal", "AUC 0.51 [0.47, 0.55]", WHEN)


def rows_of(company: Served) -> list[dict[str, Any]]:
    """Return the stored scores of the latest issued run."""
    run = scores.latest_run(company.engine, "issued")
    assert run is not None
    return [dict(row) for row in scores.rows_of(company.engine, run["run_id"])]


def stored_values(bundle: Bundle, blob: bytes) -> dict[str, float | str | None]:
    """Return a stored row as the JSON features a caller would send."""
    row = numbers(blob)
    values: dict[str, float | str | None] = {}
    for feature, number in zip(bundle.features, row.tolist(), strict=True):
        known = bundle.categories.get(feature.name)
        if np.isnan(number):
            values[feature.name] = None
        else:
            values[feature.name] = known[int(number)] if known is not None else number
    return cast(dict[str, float | str | None], json.loads(json.dumps(values)))


def _matrix(random: np.random.Generator, n: int) -> np.ndarray:
    columns = []
    for feature in FEATURES:
        if feature.name in HEALTHY:
            mean, spread, _ = HEALTHY[feature.name]
            column = mean + spread * random.normal(0, 1.6, n)
            column[random.random(n) < 0.08] = np.nan
        else:
            column = random.integers(0, len(CATEGORIES[feature.name]), n).astype(float)
        columns.append(column)
    return np.column_stack(columns)
