"""Frames with a known truth, made by hand."""

from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa

from features.catalog import Feature, Words
from training import frames


def feature(name: str, kind: str = "number", good: str = "none") -> Feature:
    words = Words(ja=f"{name}（日本語）", en=name)
    return Feature(
        name=name,
        group="usage",
        indicator="I01",
        kind="category" if kind == "category" else "number",
        source="events",
        window_days=28,
        unit="text" if kind == "category" else "count",
        good=good,  # type: ignore[arg-type]
        actionable=True,
        label=words,
        worse=words,
        better=words,
        missing=words,
        missing_means="no events in the window",
    )


FEATURES = (
    feature("logins_28d", good="up"),
    feature("tickets_28d", good="down"),
    feature("noise_28d"),
    feature("plan_type", kind="category"),
)


def snapshot_table(
    accounts: int = 300, dates: int = 6, seed: int = 1, signal: float = 1.5
) -> tuple[pa.Table, pa.Table]:
    """Return a snapshot table and its labels: a month between dates, few logins mean leaving."""
    rng = np.random.default_rng(seed)
    n = accounts * dates
    as_of = [datetime(2025, 1, 1) + timedelta(days=30 * d) for d in range(dates)]
    number = np.tile(np.arange(accounts), dates)
    logins = rng.normal(size=n)
    plan = rng.integers(0, 3, n)
    logins[rng.random(n) < 0.1] = np.nan
    margin = -1.5 - signal * np.nan_to_num(logins) + 0.8 * signal * (plan == 2)
    churned = rng.random(n) < 1 / (1 + np.exp(-margin))
    ids = [f"A{k:04d}" for k in number]
    when = pa.array(np.repeat(np.array(as_of, dtype="datetime64[us]"), accounts))
    table = pa.table(
        {
            "account_id": ids,
            "as_of": when,
            "fact_name": [f"Company {k}" for k in number],
            "fact_plan": [("Free", "Team", "Firm")[p] for p in plan],
            "fact_mrr": rng.integers(10, 1000, n).astype(float),
            "logins_28d": pa.array(logins, mask=np.isnan(logins)),
            "tickets_28d": rng.poisson(2, n).astype(float),
            "noise_28d": rng.normal(size=n),
            "plan_type": [("free", "team", "firm")[p] for p in plan],
        }
    )
    labels = pa.table({"account_id": ids, "as_of": when, "churned": pa.array(churned)})
    return table, labels


def learnable(
    accounts: int = 300, dates: int = 6, seed: int = 1, signal: float = 1.5
) -> frames.Frame:
    table, labels = snapshot_table(accounts, dates, seed, signal)
    return frames.frame(table, FEATURES, labels)
