"""Predictions as canonical records: the stored one where nothing differs, else a computed one."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from features.settings import Bands, Settings
from serving import records, scoring, statements
from serving.champion import Champion
from serving.lexicon import lexicon
from serving.predictions import inputs, stored
from serving.predictions.runs import KnownRuns
from serving.predictions.schemas import AskedAccount
from serving.predictions.stored import Stored
from serving.records import Cells
from serving.store.scores import blob
from training.bundle import Bundle
from training.explanation import Explanation
from training.scale import band, shown

Floats = NDArray[np.float64]
Document = dict[str, Any]
"""One prediction by the field names of `serving.predictions.schemas.Prediction`."""

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
    most : int or None
        So many drivers are named at most.
    """

    bundle: Bundle
    champion: Champion
    engine: sa.Engine
    runs: KnownRuns
    settings: Settings
    settings_version: str
    now: datetime
    most: int | None = None


def predict(asked: Sequence[AskedAccount], context: Context) -> list[Document]:
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
    known = stored.read(context.engine, context.runs, wanted)
    inputs.check_accounts(asked, known, context.engine)
    new = [one for one in asked if not _is_issued(one, known, context)]
    computed = iter(_all_computed(new, known, context) if new else ())
    return [
        _issued(one, known, context) if _is_issued(one, known, context) else next(computed)
        for one in asked
    ]


def _all_computed(asked: Sequence[AskedAccount], known: Stored, context: Context) -> list[Document]:
    bundle = context.bundle
    rows = inputs.matrix(asked, known, bundle, context.champion)
    explained = bundle.explain(rows)
    abstained = _withheld(asked, rows, known, bundle)
    chances = bundle.chances(rows, explained.probability).tolist()
    _, _, low, high = bundle.range_record(explained.probability)
    cuts = bundle.cuts(rows)
    answers = []
    for i, one in enumerate(asked):
        numbers = _NOTHING
        if not abstained[i]:
            numbers = _numbers(explained, i, bundle, cuts[i]) | {
                "churn_probability_low": scoring.known(low[i]),
                "churn_probability_high": scoring.known(high[i]),
                "horizons": scoring.within(bundle.horizon_days, chances[i]),
            }
        numbers = numbers | {"abstain_reason": abstained[i]}
        cells = Cells(rows[i], None if abstained[i] else explained.points[i])
        answers.append(_computed(one, numbers, cells, explained.baseline, known, context))
    return answers


_NOTHING: dict[str, Any] = {
    **dict.fromkeys(
        ("churn_probability", "churn_probability_low", "churn_probability_high", "health_score",
         "health_score_exact", "points", "scorecard_score", "horizons")
    ),
    "band": "no_data",
}  # fmt: skip


def _withheld(
    asked: Sequence[AskedAccount], rows: Floats, known: Stored, bundle: Bundle
) -> list[str | None]:
    """Return why no score is given; stored values are as old as the feeds of their run."""
    own = statements.withheld(bundle, rows)
    if all(one.account_id is None for one in asked):
        return own
    late = statements.withheld(bundle, rows, known.run["stale_feeds"] if known.run else None)
    return [
        of_run if one.account_id is not None else by_itself
        for one, by_itself, of_run in zip(asked, own, late, strict=True)
    ]


def _numbers(explained: Explanation, i: int, bundle: Bundle, cuts: Bands) -> dict[str, Any]:
    """Return the columns of one row that the model decides."""
    exact = float(explained.score[i])
    return {
        "churn_probability": scoring.known(explained.probability[i]),
        "scorecard_score": exact if bundle.kind == "scorecard" else None,
        "health_score": shown(exact, cuts),
        "health_score_exact": exact,
        "band": band(exact, cuts),
    }


def _is_issued(one: AskedAccount, known: Stored, context: Context) -> bool:
    """Whether the stored score answers: nothing changed, and the model in service issued it."""
    return (
        one.account_id is not None
        and one.features is None
        and known.run is not None
        and known.run["model_version"] == context.bundle.version
        and known.run["settings_version"] == context.settings_version
    )


def _issued(one: AskedAccount, known: Stored, context: Context) -> Document:
    assert one.account_id is not None
    assert known.run is not None
    row, before = known.rows[one.account_id], known.before.get(one.account_id)
    return records.document(
        row, known.run, context.bundle, context.settings, before, most=context.most
    )


def _computed(
    one: AskedAccount,
    numbers: dict[str, Any],
    cells: Cells,
    baseline: float,
    known: Stored,
    context: Context,
) -> Document:
    """Return a record that is stored nowhere, told against the issued score where there is one."""
    issued = known.rows[one.account_id] if one.account_id is not None else None
    run = _run(known, baseline, context, as_of=issued["as_of"] if issued else context.now)
    row = {
        **_UNKNOWN,
        **({name: issued[name] for name in (*_UNKNOWN, "plan")} if issued else {"plan": None}),
        **numbers,
        "account_id": one.account_id or "",
        "as_of": run["as_of"],
        "kind": "computed",
        "band_since": None,
    }
    snapshot_id = run["snapshot_id"] if one.features is None else _given(cells.values)
    row["score_id"] = statements.score_id(
        snapshot_id, run["model_version"], run["settings_version"], row["account_id"], "issued"
    )
    before = None
    if issued is not None and known.run is not None:
        before = (issued, known.run)
        row["values"], row["points"] = blob(cells.values), _blob(cells.points)
    document = records.document(
        row, run, context.bundle, context.settings, before, cells=cells, most=context.most
    )
    document["account_external_id"] = one.account_id
    document["feature_snapshot_id"] = None if one.features is not None else snapshot_id
    document["explanation_url"] = None
    return document


def _run(known: Stored, baseline: float, context: Context, as_of: datetime) -> dict[str, Any]:
    """Return what a run of one computed score would say."""
    return {
        "as_of": as_of,
        "created_at": context.now,
        "model_version": context.bundle.version,
        "settings_version": context.settings_version,
        "snapshot_id": known.run["snapshot_id"] if known.run is not None else "",
        "baseline_points": baseline,
        "feature_names": list(lexicon(context.bundle).names),
        "typical": known.run["typical"] if known.run is not None else {"": {}},
        "scorecard_version": context.bundle.scorecard_version,
        "stale_feeds": known.run["stale_feeds"] if known.run is not None else None,
    }


def _blob(points: Floats | None) -> bytes | None:
    return None if points is None else blob(points)


def _given(values: Floats) -> str:
    """Return what stands for the snapshot in the id of a score of given values."""
    return "given-" + hashlib.sha256(values.astype("<f8").tobytes()).hexdigest()[:16]
