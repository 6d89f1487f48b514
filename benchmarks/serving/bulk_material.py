"""Models and rows for the bulk benchmark: made from a seed, the same on every machine."""

import json
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

COLUMNS: Final = 60
CATEGORIES: Final = (40, 5)
"""The first columns are categories of so many values."""
MODELS: Final[dict[str, tuple[int, int]]] = {
    "200 trees of 31 leaves": (200, 31),
    "2,000 trees of 4 leaves": (2_000, 4),
}
"""An ordinary LightGBM model, and a bag as `training.recipe` makes of few rows."""
AT_ONCE: Final = 50_000
FIXED: Final[dict[str, Any]] = {
    "objective": "binary",
    "learning_rate": 0.05,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbose": -1,
    "seed": 1,
}


def rows(count: int, seed: int) -> Floats:
    """Return rows (count, `COLUMNS`): two categories, then numbers; a tenth of them missing."""
    random = np.random.default_rng(seed)
    matrix = random.normal(size=(count, COLUMNS))
    matrix[random.random(matrix.shape) < 0.1] = np.nan
    for column, values in enumerate(CATEGORIES):
        matrix[:, column] = random.integers(0, values, count)
    return matrix


def write_model(name: str, file: Path) -> None:
    """Fit one of `MODELS` and write its text."""
    import lightgbm as lgb

    trees, leaves = MODELS[name]
    matrix = rows(20_000, seed=1)
    known = np.nan_to_num(matrix)
    risk = known[:, 2] * known[:, 3] + 0.4 * known[:, 4:20].sum(axis=1) + (matrix[:, 0] % 3 == 0)
    left = np.random.default_rng(2).random(len(risk)) < 1 / (1 + np.exp(1.5 - risk))
    names = [f"f{i}" for i in range(COLUMNS)]
    data = lgb.Dataset(
        matrix,
        left.astype(float),
        feature_name=names,
        categorical_feature=list(range(len(CATEGORIES))),
    )
    booster = lgb.train(FIXED | {"num_leaves": leaves}, data, num_boost_round=trees)
    file.write_text(booster.model_to_string(), encoding="utf-8")


def write_bundle(model: Path, folder: Path) -> None:
    """Ship the model at ``model`` as a bundle, as `kenshin train` does."""
    from features.catalog import Feature, Words
    from features.settings import Bands
    from training.bundle import Parts
    from training.bundle import write_bundle as ship
    from training.calibration import Calibration
    from training.scale import Scale

    words = Words("項目", "feature")
    features = tuple(
        Feature(
            name=f"f{i}", group="usage", indicator="I01",
            kind="category" if i < len(CATEGORIES) else "number", source="events",
            window_days=28, unit="text" if i < len(CATEGORIES) else "count", good="none",
            actionable=True, label=words, worse=words, better=words, missing=words,
            missing_means="unknown",
        )
        for i in range(COLUMNS)
    )  # fmt: skip
    ship(
        Parts(
            booster_text=model.read_text(encoding="utf-8"),
            features=features,
            categories={
                f"f{i}": tuple(f"c{k}" for k in range(n)) for i, n in enumerate(CATEGORIES)
            },
            calibration=Calibration(slope=1.0, intercept=-1.0),
            scale=Scale(p80=0.05, p50=0.4),
            bands=Bands(),
            reference={},
            evaluation={"ranges": []},
            golden_matrix=rows(200, seed=4),
            about={"version": folder.name},
        ),
        folder,
    )


def write_snapshot(count: int, file: Path) -> None:
    """Write ``count`` accounts with `COLUMNS` features as one snapshot, a part at a time."""
    from datetime import datetime

    import pyarrow as pa
    import pyarrow.parquet as pq

    as_of = pa.scalar(datetime(2026, 11, 1), pa.timestamp("us"))
    writer: pq.ParquetWriter | None = None
    for start in range(0, count, AT_ONCE):
        matrix = rows(min(AT_ONCE, count - start), seed=1_000 + start)
        columns: dict[str, Any] = {
            "account_id": pa.array(np.arange(start, start + len(matrix)).astype(str)),
            "as_of": pa.repeat(as_of, len(matrix)),
        }
        for i in range(COLUMNS):
            values = pa.array(matrix[:, i], mask=np.isnan(matrix[:, i]))
            if i < len(CATEGORIES):
                codes = pa.array(matrix[:, i].astype(np.int32))
                values = pa.DictionaryArray.from_arrays(
                    codes, [f"c{k}" for k in range(CATEGORIES[i])]
                ).cast(pa.string())
            columns[f"f{i}"] = values
        table = pa.table(columns)
        writer = writer or pq.ParquetWriter(file, table.schema, compression="zstd")
        writer.write_table(table)
    if writer is not None:
        writer.close()


def read_json(file: Path) -> dict[str, Any]:
    """Return what a way told."""
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found
