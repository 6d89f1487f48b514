"""Which card of a scorecard is for which account: precedence, tenure, hand-over, coverage."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.arrow import pa, pc
from features.errors import SettingsError
from training.scorecard.card import Card, Scorecard, When

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]

DAYS_PER_MONTH = 30.4375
"""As in the catalogue's ``tenure_months``."""

TEXTS = ("plan", "industry", "size", "region")


@dataclass(frozen=True)
class Assigned:
    """The card of every account, and where it hands over.

    Attributes
    ----------
    own : ndarray of shape (n,), int64
        Position of the card that applies.
    other : ndarray of shape (n,), int64
        The card it shares the score with; −1 outside a hand-over.
    other_share : ndarray of shape (n,), float64
        The other card's part, in [0, 0.5].
    """

    own: Places
    other: Places
    other_share: Floats


def assign(scorecard: Scorecard, table: "pa.Table") -> Assigned:
    """Return the card of each row (n,): the first in the file whose ``when`` holds.

    Within half of ``hand_over_days`` on either side of a card's tenure limit T the score moves in
    a straight line from the card that applies just below T to the one that applies at T.
    """
    require_apart(scorecard)
    tenure = tenure_days(table)
    own = first_that_applies(scorecard, table, tenure)
    other = np.full(len(own), -1, dtype=np.int64)
    share = np.zeros(len(own))
    for limit, span in _hand_overs(scorecard):
        near = np.flatnonzero(np.abs(tenure - limit) < span / 2)
        if not len(near):
            continue
        rows, at = table.take(pa.array(near)), np.full(len(near), limit)
        before = first_that_applies(scorecard, rows, np.nextafter(at, -np.inf))
        after = first_that_applies(scorecard, rows, at)
        late = tenure[near] >= limit
        distance = np.abs(tenure[near] - limit)
        differ = before != after
        other[near] = np.where(differ, np.where(late, before, after), -1)
        share[near] = np.where(differ, 0.5 - distance / span, 0.0)
    return Assigned(own, other, share)


def first_that_applies(scorecard: Scorecard, table: "pa.Table", tenure: Floats) -> Places:
    """Return the position of the first card that fits each row (n,)."""
    result = np.full(table.num_rows, -1, dtype=np.int64)
    for place, card in enumerate(scorecard.card):
        result[(result < 0) & fits(card, table, tenure)] = place
    return result


def fits(card: Card, table: "pa.Table", tenure: Floats) -> Flags:
    """Return whether each row (n,) fulfils all that the card's ``when`` asks for.

    What is unknown of an account fulfils nothing.
    """
    met = np.ones(table.num_rows, dtype=bool)
    when = card.when
    if when is None:
        return met
    for name in TEXTS:
        wanted = getattr(when, name)
        if wanted is not None:
            met &= _is_one_of(table, name, wanted)
    met &= _between(tenure, when.tenure_at_least_days, when.tenure_below_days)
    met &= _between(_seats(table, when), when.seats_at_least, when.seats_below)
    return met


def tenure_days(table: "pa.Table") -> Floats:
    """Return days since each row's spell began (n,); NaN where that is unknown."""
    names = table.column_names
    if "tenure_months" in names:
        return _numbers(table, "tenure_months") * DAYS_PER_MONTH
    if "fact_started_at" in names and "as_of" in names:
        started, as_of = (
            pc.cast(table[name], pa.timestamp("us")).to_numpy().astype("datetime64[us]")
            for name in ("fact_started_at", "as_of")
        )
        return np.asarray((as_of - started) / np.timedelta64(1, "D"), dtype=np.float64)
    return np.full(table.num_rows, np.nan)


def coverage(scorecard: Scorecard, table: "pa.Table") -> dict[str, dict[str, int]]:
    """Return for each card how many rows it is for, and which earlier cards took how many others.

    ``accounts`` are those the card applies to; ``fits`` those its ``when`` holds for; every other
    key is an earlier card and how many of the latter it took. ``accounts`` add up to all rows: no
    account is without a card.
    """
    tenure = tenure_days(table)
    own = first_that_applies(scorecard, table, tenure)
    report = {}
    for place, card in enumerate(scorecard.card):
        fitting = fits(card, table, tenure)
        taken = np.bincount(own[fitting], minlength=len(scorecard.card))[:place]
        report[card.code] = {
            "accounts": int((own == place).sum()),
            "fits": int(fitting.sum()),
            **{scorecard.card[i].code: int(count) for i, count in enumerate(taken) if count},
        }
    return report


def require_apart(scorecard: Scorecard) -> None:
    """Refuse hand-overs that overlap: an account is in one of them at most.

    Raises
    ------
    SettingsError
        With both limits.
    """
    spans = _hand_overs(scorecard)
    for (limit, span), (later, later_span) in itertools.pairwise(spans):
        if limit + span / 2 > later - later_span / 2:
            raise SettingsError(
                "hand-overs that do not overlap",
                f"{span:g} days around {limit:g} and {later_span:g} days around {later:g}",
                "Shorten one of the hand_over_days.",
            )


def _hand_overs(scorecard: Scorecard) -> list[tuple[float, float]]:
    found = {
        (card.boundary, card.hand_over_days)
        for card in scorecard.card
        if card.boundary is not None and card.hand_over_days is not None
    }
    return sorted(found)


def _is_one_of(table: "pa.Table", name: str, wanted: Sequence[str]) -> Flags:
    column = next((c for c in (f"fact_{name}", name) if c in table.column_names), None)
    if column is None:
        return np.zeros(table.num_rows, dtype=bool)
    texts = pc.cast(table[column], pa.string())
    met = pc.is_in(texts, value_set=pa.array(wanted, pa.string()))
    return np.asarray(met.to_numpy(zero_copy_only=False), dtype=bool)


def _between(values: Floats, at_least: float | None, below: float | None) -> Flags:
    met = np.ones(len(values), dtype=bool)
    with np.errstate(invalid="ignore"):
        if at_least is not None:
            met &= values >= at_least
        if below is not None:
            met &= values < below
    return met


def _seats(table: "pa.Table", when: When) -> Floats:
    asked = when.seats_at_least is not None or when.seats_below is not None
    column = next((c for c in ("fact_seats", "seats") if c in table.column_names), None)
    if not asked or column is None:
        return np.full(table.num_rows, np.nan)
    return _numbers(table, column)


def _numbers(table: "pa.Table", name: str) -> Floats:
    column = pc.cast(table.column(name), pa.float64()).to_numpy(zero_copy_only=False)
    return np.asarray(column, dtype=np.float64)
