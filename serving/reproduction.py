"""Computing a stored score again from its snapshot and its bundle."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc
import sqlalchemy as sa

from features.errors import KenshinError, NotFoundError
from features.settings import Settings
from serving import statements
from serving.instant import rfc3339
from serving.store import scores
from serving.store.scores import StoredRow

if TYPE_CHECKING:
    from training.bundle import Bundle

TOLERANCE = 1e-9


class DifferentScoreError(KenshinError):
    """A stored score does not come out again from what it was made of."""

    exit_code = 1
    status = 500
    slug = "different-score"
    title = "The score does not come out again"


@dataclass(frozen=True)
class Reproduction:
    """A score that came out again.

    Attributes
    ----------
    largest_difference : float
        Over probability, score, baseline and every reason's points; at most `TOLERANCE`.
    """

    score_id: str
    account_id: str
    as_of: str
    model_version: str
    snapshot_id: str
    health_score: int | None
    churn_probability: float | None
    reasons: int
    largest_difference: float


def reproduce(settings: Settings, engine: sa.Engine, score_id: str) -> Reproduction:
    """Return the score computed again, which equals the stored one.

    Raises
    ------
    NotFoundError
        Where no such score is stored, or its snapshot or bundle is gone.
    DifferentScoreError
        Where another number, other points or other values come out.
    """
    row = scores.score_by_id(engine, score_id)
    if row is None:
        raise NotFoundError(
            "the id of a stored score",
            f"no score '{score_id}'",
            "`kenshin explain ACCOUNT --json` shows the score_id of an account.",
        )
    run = scores.run_by_id(engine, row["run_id"])
    assert run is not None, "a score's run is held by a foreign key"
    bundle = stored_bundle(settings, run["model_version"])
    values = _values(settings, bundle, run["snapshot_id"], row["account_id"])
    difference = _difference(row, run, bundle, values)
    if not difference <= TOLERANCE:
        raise DifferentScoreError(
            f"score {score_id} to come out again",
            f"a difference of {difference:.3g}",
            "Its snapshot and bundle are untouched, so this library computes otherwise: see "
            "the versions in the bundle's manifest.json.",
        )
    return Reproduction(
        score_id=score_id,
        account_id=row["account_id"],
        as_of=rfc3339(row["as_of"]),
        model_version=run["model_version"],
        snapshot_id=run["snapshot_id"],
        health_score=row["health_score"],
        churn_probability=row["churn_probability"],
        reasons=0 if row["points"] is None else len(bundle.features),
        largest_difference=difference,
    )


def stored_bundle(settings: Settings, version: str) -> "Bundle":
    """Return the bundle a stored score was made with, champion or not.

    Raises
    ------
    NotFoundError
        Where it is gone.
    """
    from training.bundle import bundles, load_bundle

    folder = bundles(settings) / version
    if not folder.exists():
        raise NotFoundError(
            f"the bundle of model {version}, which made this score",
            f"none at {folder}",
            "Copy it back there; without it the score can be read but not computed again.",
        )
    return load_bundle(folder)


def _values(settings: Settings, bundle: "Bundle", snapshot_id: str, account_id: str) -> np.ndarray:
    """Return the account's values as the model reads them, (1, f)."""
    from features import erased, snapshots

    held = erased.held_in(settings, snapshot_id)
    try:
        table = snapshots.read_by_id(settings, held).table
    except NotFoundError as error:
        raise NotFoundError(
            f"the snapshot {snapshot_id}, from which this score was made",
            error.found,
            "Copy it back there, or build it again from the same data with `kenshin snapshot`.",
        ) from None
    account = table.filter(pc.equal(table["account_id"], account_id))
    if account.num_rows != 1:
        raise NotFoundError(
            f"account '{account_id}' in snapshot {snapshot_id}",
            f"{account.num_rows} rows",
            "The snapshot is not the one this score was made from.",
        )
    return bundle.encode(account)


def _difference(row: StoredRow, run: StoredRow, bundle: "Bundle", values: np.ndarray) -> float:
    """Return the largest difference between what is stored and what comes out; inf if unlike."""
    if not np.array_equal(values[0], scores.numbers(row["values"]), equal_nan=True):
        return float("inf")
    withheld = statements.withheld(bundle, values, run["stale_feeds"])[0]
    if withheld != row["abstain_reason"]:
        return float("inf")
    if row["points"] is None:
        return 0.0
    again = bundle.explain(values)
    chance = row["churn_probability"]
    if (chance is None) != bool(np.isnan(again.probability[0])):
        return float("inf")
    stored = np.array([chance or 0.0, row["health_score_exact"], run["baseline_points"]])
    found = np.array([np.nan_to_num(again.probability[0]), again.score[0], again.baseline])
    points = np.abs(again.points[0] - scores.numbers(row["points"]))
    horizons = _horizons(row, bundle, values, again.probability)
    return float(max(np.abs(found - stored).max(), points.max(initial=0.0), horizons))


def _horizons(row: StoredRow, bundle: "Bundle", values: np.ndarray, headline: np.ndarray) -> float:
    """Return the largest difference of the other horizons, 0 where none were kept yet."""
    if row["horizons"] is None:
        return 0.0
    stored = np.array([chance for _, chance in row["horizons"]])
    again = bundle.chances(values, headline)[0]
    return float(np.abs(again - stored).max()) if len(again) == len(stored) else float("inf")
