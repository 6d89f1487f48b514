"""Each account's scores in time, and the one that was in force at an instant."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Texts = npt.NDArray[Any]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

DAY = 86_400_000_000
"""Microseconds."""
ISSUED, OUT_OF_TIME, REPLAYED = "issued", "out-of-time", "replayed"
COUNTED = (ISSUED, OUT_OF_TIME)
"""Kinds of score that cannot have known the answers; a mere replay may have."""
TENURES = ((90, "under 3 months"), (365, "3–12 months"), (730, "1–2 years"))
"""Upper ends in days, exclusive, of the ranges of ``tenure``; beyond them "over 2 years"."""
_SCORED = ("account_id", "as_of", "health_score", "band", "churn_probability")
_FIXED = (*_SCORED, "model_version", "kind")


@dataclass(frozen=True)
class Timelines:
    """All scores that count, sorted by account and instant, one for each account and instant.

    Attributes
    ----------
    account, band, kind, version : ndarray of shape (n,) of str
    at : ndarray of shape (n,)
        Microseconds since 1970, UTC.
    score, probability : ndarray of shape (n,)
        NaN where withheld or not given.
    segments : dict of str to ndarray of shape (n,)
        What an account was like at the time of each score.
    lines : dict of str to (int, int)
        Account → its rows, end exclusive.
    left_out : int
        Rows of other kinds, which do not count.
    """

    account: Texts
    at: Ints
    band: Texts
    score: Floats
    probability: Floats
    kind: Texts
    version: Texts
    segments: dict[str, Texts]
    lines: dict[str, tuple[int, int]]
    left_out: int = 0

    def __len__(self) -> int:
        """Return the number of scores that count."""
        return len(self.at)

    def in_force(self, account: str, instant: int, stale: float, since: int | None = None) -> int:
        """Return the row of the latest score at or before ``instant``, or −1.

        A score that is ``stale`` microseconds old by then, or older than ``since`` (the account's
        departure before), does not answer.
        """
        start, end = self.lines.get(account, (0, 0))
        place = start + int(np.searchsorted(self.at[start:end], instant, side="right")) - 1
        if place < start or instant - self.at[place] >= stale:
            return -1
        return -1 if since is not None and self.at[place] < since else place


def timelines(
    scores: pa.Table, red_at: float | None = None, green_at: float | None = None
) -> Timelines:
    """Return the scores that count.

    Parameters
    ----------
    scores : pa.Table
        ``account_id``, ``as_of`` and ``band`` or ``health_score`` (100 is good); optional
        ``churn_probability``, ``model_version``, ``kind`` ("issued", "out-of-time" or "replayed";
        absent: "out-of-time"). All other columns are segments; of ``customer_since`` the segment
        ``tenure`` is made.
    red_at, green_at : float, optional
        Cut-offs of ``health_score`` where there is no ``band``: red at or below, green at or
        above.

    Notes
    -----
    Of several scores of one account and instant an issued one counts before one out of time, then
    the lowest version and score: never the order of the rows.
    """
    table = _with_all(scores, red_at, green_at)
    counts = pc.is_in(table["kind"], value_set=pa.array(COUNTED))
    left_out = int(pc.sum(pc.invert(counts)).as_py() or 0)
    table = table.filter(counts)
    keys = ("account_id", "as_of", "kind", "model_version", "health_score", "band")
    table = table.sort_by([(key, "ascending") for key in keys])  # "issued" comes first
    account = _texts(table["account_id"])
    at = np.asarray(table["as_of"].cast(pa.timestamp("us")).cast(pa.int64()), dtype=np.int64)
    first = np.ones(len(at), dtype=bool)
    first[1:] = (account[1:] != account[:-1]) | (at[1:] != at[:-1])
    table, account, at = table.filter(pa.array(first)), account[first], at[first]
    return Timelines(
        account=account,
        at=at,
        band=_texts(table["band"]),
        score=_numbers(table["health_score"]),
        probability=_numbers(table["churn_probability"]),
        kind=_texts(table["kind"]),
        version=_texts(table["model_version"]),
        segments=_segments(table, at),
        lines=_lines(account),
        left_out=left_out,
    )


def micros(instant: datetime) -> int:
    """Return a naive UTC instant as microseconds since 1970."""
    return (instant - datetime(1970, 1, 1)) // timedelta(microseconds=1)


def instant(at: int) -> datetime:
    """Return the naive UTC instant of microseconds since 1970."""
    return datetime(1970, 1, 1) + timedelta(microseconds=int(at))


def usual_gap_days(lines: Timelines) -> float:
    """Return how far apart an account's scores usually lie: nine in ten gaps are no longer."""
    gaps = np.diff(lines.at)[lines.account[1:] == lines.account[:-1]]
    return float(np.quantile(gaps, 0.9)) / DAY if len(gaps) else 0.0


def _with_all(scores: pa.Table, red_at: float | None, green_at: float | None) -> pa.Table:
    """Return the table with all fixed columns, the band from the score where it is not given."""
    rows = scores.num_rows
    missing: dict[str, pa.Array] = {
        "health_score": pa.nulls(rows, pa.float64()),
        "churn_probability": pa.nulls(rows, pa.float64()),
        "model_version": pa.array([""] * rows, pa.string()),
        "kind": pa.array([OUT_OF_TIME] * rows, pa.string()),
    }
    for name, column in missing.items():
        if name not in scores.column_names:
            scores = scores.append_column(name, column)
    if "band" in scores.column_names:
        return scores
    if red_at is None or green_at is None:
        raise ValueError("scores without bands need red_at and green_at")
    score = _numbers(scores["health_score"])
    named = np.where(score >= green_at, "green", np.where(score <= red_at, "red", "yellow"))
    named = np.where(np.isnan(score), "no_data", named)
    return scores.append_column("band", pa.array(named.tolist(), pa.string()))


def _segments(table: pa.Table, at: Ints) -> dict[str, Texts]:
    segments = {
        name: _texts(table[name])
        for name in table.column_names
        if name not in (*_FIXED, "customer_since")
    }
    if "customer_since" in table.column_names:
        since = table["customer_since"].cast(pa.timestamp("us")).cast(pa.int64())
        days = (at - _numbers(since)) / DAY
        named = np.full(len(at), "over 2 years", dtype=object)
        for end, name in reversed(TENURES):
            named[days < end] = name
        named[np.isnan(days)] = ""
        segments["tenure"] = named
    return segments


def _lines(account: Texts) -> dict[str, tuple[int, int]]:
    if not len(account):
        return {}
    starts = np.flatnonzero(np.append(True, account[1:] != account[:-1])).tolist()
    ends = [*starts[1:], len(account)]
    return {account[start]: (start, end) for start, end in zip(starts, ends, strict=True)}


def _texts(column: pa.ChunkedArray) -> Texts:
    found = pc.fill_null(column.cast(pa.string()), "").combine_chunks()
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=object)


def _numbers(column: pa.ChunkedArray) -> Floats:
    return np.asarray(column.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)
