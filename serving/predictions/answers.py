"""Predictions as canonical records: the stored one where nothing differs, else a computed one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from features.settings import Settings
from serving import records, scoring, statements
from serving.champion import Champion
from serving.lexicon import lexicon
from serving.predictions import inputs, stored
from serving.predictions.given import snapshot
from serving.predictions.runs import KnownRuns
from serving.predictions.schemas import AskedAccount
from serving.predictions.stored import Stored
from serving.records import Cells
from serving.store.scores import blob
from training.alone import Alone
from training.bundle import Bundle
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
    late = known.run["stale_feeds"] if known.run else None
    answers = []
    for one, row, said in zip(asked, rows, lexicon(bundle).teller.tell(rows), strict=True):
        why = _withheld(one, row, said, bundle, late)
        numbers = (_NOTHING if why else _numbers(said, bundle)) | {"abstain_reason": why}
        cells = Cells(row, None if why else said.points)
        answers.append(_computed(one, numbers, cells, said.baseline, known, context))
    return answers


_NOTHING: dict[str, Any] = {
    **dict.fromkeys(
        ("churn_probability", "churn_probability_low", "churn_probability_high", "health_score",
         "health_score_exact", "points", "scorecard_score", "horizons")
    ),
    "band": "no_data",
}  # fmt: skip


def _withheld(
    one: AskedAccount, row: Floats, said: Alone, bundle: Bundle, late: Mapping[str, float] | None
) -> str | None:
    """Return why no score is given; stored values are as old as the feeds of their run."""
    feed = statements.stopped(bundle, late) if one.account_id is not None else None
    return statements.abstention(bundle.features, row.tolist()) or feed or said.withheld


def _numbers(said: Alone, bundle: Bundle) -> dict[str, Any]:
    """Return the columns of one row that the model decides."""
    return {
        "churn_probability": scoring.known(said.probability),
        "churn_probability_low": scoring.known(said.low),
        "churn_probability_high": scoring.known(said.high),
        "horizons": scoring.within(bundle.horizon_days, said.chances),
        "scorecard_score": said.score if bundle.kind == "scorecard" else None,
        "health_score": shown(said.score, said.cuts),
        "health_score_exact": said.score,
        "band": band(said.score, said.cuts),
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
    snapshot_id = run["snapshot_id"] if one.features is None else snapshot(cells.values)
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
