"""A company's columns drawn from one world, as a reference and as a later snapshot."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features.catalog import Feature, Words
from serving.drift.observed import observe
from serving.drift.verdict import Verdict, verdict
from training.reference import reference

Floats = NDArray[np.float64]
Columns = dict[str, Any]
AS_OF = datetime(2026, 4, 1)
INDUSTRIES = ("bank", "retail", "steel")
PLANS = ("basic", "pro", "team")


def feature(name: str, category: bool = False) -> Feature:
    words = Words(f"{name}（日本語）", f"{name} in English")
    kind, unit = ("category", "text") if category else ("number", _unit(name))
    return Feature(
        name=name,
        group="usage",
        indicator="I01",
        kind=kind,  # type: ignore[arg-type]  # the two literals above
        source="events",
        window_days=28,
        unit=unit,  # type: ignore[arg-type]
        good="up",
        actionable=True,
        label=words,
        worse=words,
        better=words,
        missing=words,
        missing_means="nothing was seen",
    )


def _unit(name: str) -> str:
    return "money" if name.startswith("normal") else "change" if name == "change" else "count"


def world(seed: int, rows: int, normal: int = 3) -> Columns:
    """Draw one column of each kind that hurts naive drift tests, and ``normal`` plain ones."""
    rng = np.random.default_rng(seed)
    columns: Columns = {f"normal_{i}": rng.normal(50, 10, rows) for i in range(normal)}
    half_known = np.where(rng.random(rows) < 0.5, rng.integers(0, 11, rows), np.nan)
    return columns | {
        "lognormal": rng.lognormal(3, 1.5, rows),
        "pareto": rng.pareto(1.5, rows),
        "mostly_zero": rng.poisson(2, rows) * (rng.random(rows) < 0.08) * 1.0,
        "count": rng.poisson(4, rows) * 1.0,
        "change": rng.normal(0, 0.3, rows),
        "rating": half_known,
        "never": np.zeros(rows),
        "plan": rng.choice(PLANS, rows, p=[0.5, 0.3, 0.2]).tolist(),
        "industry": rng.choice(INDUSTRIES, rows).tolist(),
    }


def features_of(columns: Columns) -> tuple[Feature, ...]:
    return tuple(feature(name, isinstance(values, list)) for name, values in columns.items())


def profile_of(
    columns: Columns,
    points: Mapping[str, float] | None = None,
    probability: Floats | None = None,
    as_of: NDArray[np.datetime64] | None = None,
) -> dict[str, Any]:
    """Return the reference of ``columns``; ``points`` are absolute points, 1 where not given."""
    features = features_of(columns)
    categories = {f.name: tuple(sorted(set(columns[f.name]))) for f in features if is_text(f)}
    matrix = np.column_stack(
        [
            [categories[f.name].index(v) for v in columns[f.name]]
            if is_text(f)
            else columns[f.name]
            for f in features
        ]
    ).astype(np.float64)
    weights = np.array([(points or {}).get(f.name, 1.0) for f in features])
    chances = chances_of(len(matrix)) if probability is None else probability
    contributions = np.ones_like(matrix) * weights
    return reference(
        matrix, features, categories, chances, contributions, as_of=as_of, red_from=0.3
    )


def is_text(feature: Feature) -> bool:
    return feature.kind == "category"


def chances_of(rows: int, seed: int = 0) -> Floats:
    """Return calibrated-looking probabilities with a mean near one in ten."""
    return np.random.default_rng(seed).beta(1.2, 10, rows)


def table_of(columns: Columns, account_ids: Sequence[str] | None = None) -> pa.Table:
    rows = len(next(iter(columns.values())))
    ids = list(account_ids) if account_ids is not None else [f"a{i}" for i in range(rows)]
    given = {
        name: pa.array(values, pa.string())
        if isinstance(values, list)
        else pa.array(values, from_pandas=True)
        if isinstance(values, np.ndarray)
        else values
        for name, values in columns.items()
    }
    return pa.table({"account_id": ids, **given})


def judged(before: Columns, now: pa.Table | Columns, **options: Any) -> Verdict:  # noqa: ANN401
    """Return the verdict on ``now`` against ``before``, with scores that did not move."""
    table = now if isinstance(now, pa.Table) else table_of(now)
    given: dict[str, Any] = {
        "reference": profile_of(before),
        "probability": chances_of(table.num_rows, seed=1),
        "as_of": AS_OF,
    } | options
    features = features_of(before)
    probability, reference = given.pop("probability"), given.pop("reference")
    return verdict(observe(table, features), probability, features, reference, **given)
