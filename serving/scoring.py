"""From a snapshot and a bundle to one run of scores: every live account, once, vectorised."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from features.arrow import pa
from features.catalog import Feature
from features.errors import NotReadyError
from features.settings import Bands, Settings
from serving import curve
from serving.facts import described, facts
from serving.statements import WORTH_SAYING, costliest_of_each, run_id, score_id, withheld
from serving.store.scores import Kind, StoredRow, blob
from training.scale import band, shown

if TYPE_CHECKING:
    from training.bundle import Bundle
    from training.explanation import Explanation

Floats = npt.NDArray[np.float64]
Run = dict[str, Any]
Rows = list[dict[str, Any]]

SAME_PLAN_MINIMUM = 5
"""Accounts a plan needs to have typical values of its own; smaller ones use those of all."""


def score(
    settings: Settings,
    bundle: "Bundle",
    table: "pa.Table",
    snapshot_id: str,
    kind: Kind,
    now: datetime,
    earlier: Mapping[str, tuple[str, datetime]] | None = None,
    stale: Mapping[str, float] | None = None,
) -> tuple[Run, Rows]:
    """Return the run and its rows, as `serving.store.scores.save_run` takes them.

    Parameters
    ----------
    table : pa.Table
        One snapshot: one row per live account, all at one ``as_of``.
    snapshot_id : str
        Content hash of that snapshot.
    now : datetime
        When the run is made, naive UTC.
    earlier : mapping of account to (band, band_since), optional
        The bands of the run before, from which ``band_since`` goes on.
    stale : mapping of str to float, optional
        Tables whose rows stopped before ``as_of`` → days since the last.

    Raises
    ------
    NotReadyError
        Where no account is live at that ``as_of``.
    """
    if table.num_rows == 0:
        raise NotReadyError(
            "at least one live account", "none", "Choose a date at which accounts are customers."
        )
    matrix = bundle.encode(table)
    explained = bundle.explain(matrix)
    run = _run(settings, bundle, table, matrix, explained, snapshot_id, kind, now)
    run["stale_feeds"] = dict(stale or {})
    identity = (snapshot_id, bundle.version, settings.version)
    rows = _rows(
        settings, bundle, table, matrix, explained, kind, identity, earlier or {}, stale or {}
    )
    run["expected_loss"] = _expected_loss(bundle, rows, run["as_of"])
    return run, rows


def _run(
    settings: Settings,
    bundle: "Bundle",
    table: "pa.Table",
    matrix: Floats,
    explained: "Explanation",
    snapshot_id: str,
    kind: Kind,
    now: datetime,
) -> Run:
    return {
        "run_id": run_id(snapshot_id, bundle.version, settings.version, kind),
        "kind": kind,
        "as_of": _single_as_of(table),
        "model_version": bundle.version,
        "settings_version": settings.version,
        "snapshot_id": snapshot_id,
        "created_at": now,
        "accounts": table.num_rows,
        "feature_names": [feature.name for feature in bundle.features],
        "baseline_points": float(explained.baseline),
        "typical": typical(bundle, matrix, facts(table, "plan")),
        "scorecard_version": bundle.scorecard_version,
    }


def typical(
    bundle: "Bundle", matrix: Floats, plans: Sequence[str | None]
) -> dict[str, dict[str, float | str | None]]:
    """Return plan → feature → the typical value of its live accounts; plan ``""`` is all of them.

    The median of numbers, what most have of categories and of yes or no (no on a tie), None where
    none is known.
    """
    names = np.array([plan or "" for plan in plans], dtype=object)
    result = {"": _typical_of(bundle, matrix)}
    for plan in sorted(set(names) - {""}):
        same = matrix[names == plan]
        if len(same) >= SAME_PLAN_MINIMUM:
            result[plan] = _typical_of(bundle, same)
    return result


def typical_of(run: StoredRow, plan: str | None) -> dict[str, float | str | None]:
    """Return feature → typical value for accounts of ``plan``; of all where the plan is small."""
    found: dict[str, float | str | None] = run["typical"].get(plan or "", run["typical"][""])
    return found


def unusual(points: Floats, bands: npt.NDArray[np.object_]) -> npt.NDArray[np.int64]:
    """Return for each row the position of its most unusual reason within its band, or −1.

    Most unusual: worth a point on the screen, and the most spreads away from the mean points of
    the accounts in the same band. The largest reason is often that of everybody in the band.
    """
    chosen = np.full(len(points), -1, dtype=np.int64)
    for name in set(bands) - {"no_data"}:
        members = np.flatnonzero(bands == name)
        inside = points[members]
        spread = inside.std(axis=0)
        spread[spread < 1e-9] = np.inf
        distance = np.abs(inside - inside.mean(axis=0)) / spread
        distance[np.abs(inside) < WORTH_SAYING] = 0.0
        best = distance.argmax(axis=1)
        chosen[members] = np.where(distance.max(axis=1) > 0, best, -1)
    return chosen


def _rows(
    settings: Settings,
    bundle: "Bundle",
    table: "pa.Table",
    matrix: Floats,
    explained: "Explanation",
    kind: Kind,
    identity: tuple[str, str, str],
    earlier: Mapping[str, tuple[str, datetime]],
    stale: Mapping[str, float],
) -> Rows:
    names = [feature.name for feature in bundle.features]
    abstained = withheld(bundle, matrix, stale)
    chances = bundle.chances(matrix, explained.probability).tolist()
    by_card = bundle.beside(table)
    cuts = bundle.cuts(matrix)
    bands = _bands(cuts, abstained, explained.score)
    odd = unusual(explained.points, bands)
    costly, counts = costliest_of_each(explained.points)
    _, _, low, high = bundle.range_record(explained.probability)
    as_of = _single_as_of(table)
    rows = described(settings, table)
    for i, row in enumerate(rows):
        account = row["account_id"]
        row["score_id"] = score_id(*identity, account, kind)
        row["kind"], row["as_of"] = kind, as_of
        row["band"] = bands[i]
        row["band_since"] = _since(earlier.get(account), bands[i], as_of)
        row["abstain_reason"] = abstained[i]
        row["values"] = blob(matrix[i])
        row["scorecard_score"] = known(by_card[i])
        row |= _NOTHING
        if not abstained[i]:
            exact = float(explained.score[i])
            row |= {
                "churn_probability": known(explained.probability[i]),
                "churn_probability_low": known(low[i]),
                "churn_probability_high": known(high[i]),
                "horizons": within(bundle.horizon_days, chances[i]),
                "health_score": shown(exact, cuts[i]),
                "health_score_exact": exact,
                "points": blob(explained.points[i]),
                "top_reasons": [names[k] for k in costly[i][counts[i]].tolist()],
                "unusual_reason": names[odd[i]] if odd[i] >= 0 else None,
            }
    return rows


def within(days: Sequence[int], chances: Sequence[float]) -> list[list[float]] | None:
    """Return [days, chance] of each horizon, ascending; None where there is none."""
    return [list(pair) for pair in zip(days, chances, strict=True)] or None


def _expected_loss(bundle: "Bundle", rows: Rows, as_of: datetime) -> dict[str, Any] | None:
    """Return what the book is expected to lose by month; None without a curve."""
    days = bundle.horizon_days
    if not days:
        return None
    nothing = [np.nan] * len(days)
    told = [[p for _, p in row["horizons"]] if row["horizons"] else nothing for row in rows]
    return curve.expected_loss(
        days,
        np.array(told, dtype=np.float64).reshape(len(rows), len(days)),
        np.array([np.nan if row["arr"] is None else row["arr"] / 12 for row in rows]),
        [row["currency"] for row in rows],
        np.array([curve.days_to(row["renewal_date"], as_of) for row in rows]),
        bundle.renewal_share,
    )


def known(number: float) -> float | None:
    """Return a number, or None where it is NaN."""
    return None if np.isnan(number) else float(number)


def _bands(
    cuts: Sequence[Bands], abstained: Sequence[str | None], score: Floats
) -> npt.NDArray[np.object_]:
    named = [
        "no_data" if why else band(exact, own)
        for why, exact, own in zip(abstained, score.tolist(), cuts, strict=True)
    ]
    return np.array(named, dtype=object)


_NOTHING: dict[str, Any] = dict.fromkeys(
    ("churn_probability", "churn_probability_low", "churn_probability_high", "health_score",
     "health_score_exact", "points", "top_reasons", "unusual_reason", "horizons")
)  # fmt: skip


def _single_as_of(table: "pa.Table") -> datetime:
    instants = set(table.column("as_of").to_pylist())
    if len(instants) != 1:
        raise ValueError(f"a run has one as_of, this table has {len(instants)}")
    instant: datetime = instants.pop()
    return instant


def _since(earlier: tuple[str, datetime] | None, now_in: str, as_of: datetime) -> datetime:
    return earlier[1] if earlier is not None and earlier[0] == now_in else as_of


def _typical_of(bundle: "Bundle", matrix: Floats) -> dict[str, float | str | None]:
    return {
        feature.name: _typical_value(matrix[:, i], feature, bundle.categories.get(feature.name))
        for i, feature in enumerate(bundle.features)
    }


def _typical_value(
    column: Floats, feature: Feature, categories: tuple[str, ...] | None
) -> float | str | None:
    known = column[~np.isnan(column)]
    if not len(known):
        return None
    if categories is None:
        median = float(np.median(known))
        return float(median > 0.5) if feature.unit == "truth" else median
    return categories[int(np.bincount(known.astype(np.int64)).argmax())]
