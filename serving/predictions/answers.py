"""Predictions as canonical records: the stored one where nothing differs, else a computed one."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from features.settings import Settings
from serving import records, scoring, statements
from serving.champion import Champion
from serving.predictions import inputs, stored
from serving.predictions.schemas import AskedAccount, Prediction
from serving.predictions.stored import Stored
from serving.records import Record
from serving.store.scores import blob
from training.bundle import Bundle
from training.explanation import Explanation
from training.scale import band, shown

Floats = NDArray[np.float64]

_UNKNOWN = dict.fromkeys(
    ("name", "name_en", "industry", "size", "region", "owner", "arr", "currency", "renewal_date",
     "customer_since", "band_since")
)  # fmt: skip


@dataclass(frozen=True)
class Context:
    """What all accounts of one request share.

    Attributes
    ----------
    bundle : Bundle
        The model in service, taken once.
    now : datetime
        Naive UTC; the ``as_of`` of given features.
    """

    bundle: Bundle
    champion: Champion
    engine: sa.Engine
    settings: Settings
    now: datetime


def predict(asked: Sequence[AskedAccount], context: Context) -> list[Prediction]:
    """Return one prediction per account, in the order of ``asked``.

    Raises
    ------
    RequestFault
        For unknown features and values of the wrong kind.
    UnknownAccountError
        For an account that the latest run does not know.
    """
    inputs.check_features(asked, context.bundle)
    wanted = [one.account_id for one in asked if one.account_id is not None]
    known = stored.read(context.engine, wanted)
    inputs.check_accounts(asked, known, context.engine)
    rows = inputs.matrix(asked, known, context.bundle, context.champion)
    explained = context.bundle.explain(rows)
    abstained = _withheld(asked, rows, known, context)
    chances = context.bundle.chances(rows, explained.probability).tolist()
    _, _, low, high = context.bundle.range_record(explained.probability)
    answers = []
    for i, one in enumerate(asked):
        if _is_issued(one, known, context):
            answers.append(_issued(one, known, context))
            continue
        computed = _numbers(explained, i, context.bundle) if not abstained[i] else _NOTHING
        if not abstained[i]:
            computed = computed | {
                "churn_probability_low": scoring.known(low[i]),
                "churn_probability_high": scoring.known(high[i]),
                "horizons": scoring.within(context.bundle.horizon_days, chances[i]),
            }
        row = {"abstain_reason": abstained[i], "values": blob(rows[i]), **computed}
        answers.append(_computed(one, row, explained.baseline, known, context))
    return answers


_NOTHING: dict[str, Any] = {
    **dict.fromkeys(
        ("churn_probability", "churn_probability_low", "churn_probability_high", "health_score",
         "health_score_exact", "points", "scorecard_score", "horizons")
    ),
    "band": "no_data",
}  # fmt: skip


def _withheld(
    asked: Sequence[AskedAccount], rows: Floats, known: Stored, context: Context
) -> list[str | None]:
    """Return why no score is given; stored values are as old as the feeds of their run."""
    run = known.run
    by_itself = statements.withheld(context.bundle, rows)
    stored_ = statements.withheld(context.bundle, rows, run["stale_feeds"] if run else None)
    return [
        late if one.account_id is not None else own
        for one, own, late in zip(asked, by_itself, stored_, strict=True)
    ]


def _numbers(explained: Explanation, i: int, bundle: Bundle) -> dict[str, Any]:
    """Return the columns of one row that the model decides."""
    exact = float(explained.score[i])
    return {
        "churn_probability": scoring.known(explained.probability[i]),
        "scorecard_score": exact if bundle.kind == "scorecard" else None,
        "health_score": shown(exact, bundle.bands),
        "health_score_exact": exact,
        "band": band(exact, bundle.bands),
        "points": blob(explained.points[i]),
    }


def _is_issued(one: AskedAccount, known: Stored, context: Context) -> bool:
    """Whether the stored score answers: nothing changed, and the model in service issued it."""
    return (
        one.account_id is not None
        and one.features is None
        and known.run is not None
        and known.run["model_version"] == context.bundle.version
        and known.run["settings_version"] == context.settings.version
    )


def _issued(one: AskedAccount, known: Stored, context: Context) -> Prediction:
    assert one.account_id is not None
    assert known.run is not None
    row, before = known.rows[one.account_id], known.before.get(one.account_id)
    return _prediction(records.record(row, known.run, context.bundle, context.settings, before))


def _computed(
    one: AskedAccount, numbers: dict[str, Any], baseline: float, known: Stored, context: Context
) -> Prediction:
    """Return a record that is stored nowhere, told against the issued score where there is one."""
    issued = known.rows[one.account_id] if one.account_id is not None else None
    run = _run(known, baseline, context, as_of=issued["as_of"] if issued else context.now)
    row = {
        **_UNKNOWN,
        **({name: issued[name] for name in (*_UNKNOWN, "plan")} if issued else {"plan": None}),
        **numbers,
        "account_id": one.account_id or "",
        "as_of": run["as_of"],
        "kind": "issued",
        "band_since": None,
    }
    snapshot_id = run["snapshot_id"] if one.features is None else _given(numbers["values"])
    row["score_id"] = statements.score_id(
        snapshot_id, run["model_version"], run["settings_version"], row["account_id"], "issued"
    )
    before = (issued, known.run) if issued is not None and known.run is not None else None
    record = records.record(row, run, context.bundle, context.settings, before)
    return _prediction(
        record,
        kind="computed",
        account_external_id=one.account_id,
        feature_snapshot_id=None if one.features is not None else snapshot_id,
        explanation_url=None,
    )


def _run(known: Stored, baseline: float, context: Context, as_of: datetime) -> dict[str, Any]:
    """Return what a run of one computed score would say."""
    return {
        "as_of": as_of,
        "created_at": context.now,
        "model_version": context.bundle.version,
        "settings_version": context.settings.version,
        "snapshot_id": known.run["snapshot_id"] if known.run is not None else "",
        "baseline_points": baseline,
        "feature_names": [feature.name for feature in context.bundle.features],
        "typical": known.run["typical"] if known.run is not None else {"": {}},
        "scorecard_version": context.bundle.scorecard_version,
        "stale_feeds": known.run["stale_feeds"] if known.run is not None else None,
    }


def _given(values: bytes) -> str:
    """Return what stands for the snapshot in the id of a score of given values."""
    return "given-" + hashlib.sha256(values).hexdigest()[:16]


def _prediction(record: Record, **other: str | None) -> Prediction:
    """Return ``record`` as a prediction; it was validated when it was made."""
    return Prediction.model_construct(**{**dict(record), **other})
