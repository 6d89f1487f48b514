"""Single runs and rows by hand, for tests of the store itself."""

from datetime import datetime, timedelta
from typing import Any

import numpy as np

from serving.store.scores import blob

AS_OF = datetime(2026, 11, 1)


def a_run(
    run_id: str, as_of: datetime = AS_OF, kind: str = "issued", **more: object
) -> dict[str, Any]:
    """Return one row of ``runs``."""
    return {
        "run_id": run_id,
        "kind": kind,
        "as_of": as_of,
        "model_version": "v1",
        "settings_version": "0123456789ab",
        "snapshot_id": "abc",
        "created_at": as_of + timedelta(hours=1),
        "accounts": 1,
        "feature_names": ["logins", "plan"],
        "baseline_points": 72.5,
        "typical": {"": {"logins": 3.0, "plan": None}},
        **more,
    }


def a_row(
    score_id: str, account_id: str = "a", as_of: datetime = AS_OF, **more: object
) -> dict[str, Any]:
    """Return one row of ``scores`` without ``run_id`` and ``kind``, which `save_run` adds."""
    return {
        "score_id": score_id,
        "account_id": account_id,
        "as_of": as_of,
        "churn_probability": 0.1 + 0.2,
        "churn_probability_low": 0.1,
        "churn_probability_high": 0.5,
        "health_score": 49,
        "health_score_exact": 48.9,
        "band": "red",
        "points": blob(np.array([-23.6, 0.1])),
        "values": blob(np.array([1.0, np.nan])),
        "top_reasons": ["logins"],
        "name": "株式会社暁",
        **more,
    }
