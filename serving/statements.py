"""What a score says, free of any store: its ids, whether it may be given, which reasons weigh.

Workers of a batch import this module, so it stays light: numpy and nothing of a database.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from features.catalog import Feature
from training.remembered import Remembered

if TYPE_CHECKING:
    from serving.store.scores import Kind
    from training.bundle import Bundle

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

WORTH_SAYING = 0.5
"""Points from which a reason is named: half a point is the least that shows as an integer."""


def run_id(snapshot_id: str, model_version: str, settings_version: str, kind: "Kind") -> str:
    """Return the id of a run: the same inputs give the same id, 32 hexadecimal digits."""
    return _hash(kind, snapshot_id, model_version, settings_version)


def score_id(
    snapshot_id: str, model_version: str, settings_version: str, account_id: str, kind: "Kind"
) -> str:
    """Return the id of a score: the same inputs give the same id, 32 hexadecimal digits.

    A replay of the same inputs is another statement than the score that was issued, and has an id
    of its own.
    """
    parts = (snapshot_id, model_version, settings_version, account_id)
    return _hash(*parts) if kind == "issued" else _hash(kind, *parts)


STALE = "stale_"
"""How the code of a score withheld for a feed that stopped begins; the table's name follows."""


def withheld(
    bundle: "Bundle", matrix: Floats, stale: Mapping[str, float] | None = None
) -> list[str | None]:
    """Return for each row why no score is given, or None: for want of data, or by ``bundle``.

    Parameters
    ----------
    stale : mapping of str to float, optional
        Tables whose rows stopped → days since the last. Where the score rests on one, silence of
        the table would pass for silence of the customer: nobody gets a score.
    """
    own, feed = bundle.withheld(matrix), stopped(bundle, stale)
    return [
        why or feed or said
        for why, said in zip(abstentions(bundle.features, matrix), own, strict=True)
    ]


def stopped(bundle: "Bundle", stale: Mapping[str, float] | None) -> str | None:
    """Return why nobody gets a score for want of a table that ``bundle`` rests on, or None."""
    found = sorted(stale.keys() & bundle.sources) if stale else []
    return f"{STALE}{found[0]}" if found else None


def days_behind(reason: str, run: Mapping[Any, Any], bundle: "Bundle") -> int | None:
    """Return the number of days in the sentence of an abstention; None where there is none."""
    if reason.startswith(STALE):
        days = (run.get("stale_feeds") or {}).get(reason.removeprefix(STALE))
        return None if days is None else int(days)
    return bundle.youngest_days if reason == "too_young" else None


def abstentions(features: Sequence[Feature], matrix: Floats) -> list[str | None]:
    """Return for each row why no score is given, or None.

    An account that uses nothing is scored: its counts are zero. One about which nothing is known
    is not: every usage feature is missing, or everything is.
    """
    missing = np.isnan(matrix)
    usage = _usage.of(features)
    nothing: Bools = np.all(missing, axis=1)
    unused: Bools = np.all(missing.take(usage, axis=1), axis=1) & (len(usage) > 0)
    return [
        "no_data_at_all" if none_at_all else "no_data_for_usage" if none_of_usage else None
        for none_at_all, none_of_usage in zip(nothing.tolist(), unused.tolist(), strict=True)
    ]


def abstention(features: Sequence[Feature], cells: Sequence[float]) -> str | None:
    """Return what `abstentions` does of one row (f,): nearly always after a look at one cell."""
    for place in _usage.of(features):
        if cells[place] == cells[place]:
            return None
    if all(cell != cell for cell in cells):
        return "no_data_at_all"
    return "no_data_for_usage" if len(_usage.of(features)) else None


_usage = Remembered(
    lambda features: np.array(
        [i for i, feature in enumerate(features) if feature.group == "usage"], dtype=np.int64
    )
)


def costliest(points: Floats) -> list[int]:
    """Return the positions of up to three features that cost most points, the costliest first."""
    order = np.argsort(points, kind="stable")[:3]
    return [int(i) for i in order if points[i] <= -WORTH_SAYING]


def costliest_of_each(points: Floats) -> tuple[Ints, Bools]:
    """Return what `costliest` says of every row (n, f): positions (n, k), and which of them count.

    ``k`` is three, or the number of features where that is smaller.
    """
    left, rows = np.where(np.isnan(points), np.inf, points), np.arange(len(points))
    most = min(3, points.shape[1])
    chosen = np.zeros((len(points), most), dtype=np.int64)
    for place in range(most):
        chosen[:, place] = left.argmin(axis=1)
        left[rows, chosen[:, place]] = np.inf
    return chosen, np.take_along_axis(points, chosen, axis=1) <= -WORTH_SAYING


def _hash(*parts: str) -> str:
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:32]
