"""The true churn probabilities, and the best that any model could do.

The causes of an account move independently of each other and their hazards add up, so the chance
to stay is a product over causes of ``E[exp(−∫ hazard)]``. Each factor is computed exactly by a
backward recursion over the weeks of the horizon: with ``G_j(s)`` the chance that the cause does not
drive the account out from week ``j`` to the horizon's end when it is in state ``s``,

``G_j(s) = exp(−rate(s) · exposure_j) · Σ_s' P(s → s') G_{j+1}(s')``.

What is given is the latent state of the day before ``as_of``, so a change that happens at ``as_of``
is as unknown to the truth as it is to everybody; what CS will do later is averaged over.
"""

from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.simulator.block import times, words
from features.simulator.causes import CAUSES, CODES, MERGER_RATE, OTHER_RATE, Cause, transitions
from features.simulator.lives import Spells, own_probability
from features.simulator.plan import Floats, Grid, Integers
from features.simulator.population import Population

LEADING_FACTOR = 3.0
"""A cause leads where its present state alone makes the risk at least so many times as high."""

SCHEMA = pa.schema(
    {
        "account_id": pa.string(),
        "as_of": pa.timestamp("us"),
        "churn_probability": pa.float64(),
        "leading_cause": pa.string(),
    }
)


def truth_days(grid: Grid) -> Integers:
    """Return the days of the grid that truth is told for: each week's end and each month's first.

    Both kinds begin after the opening and run to the end of what is observed, which is included.
    """
    weekly = set(range(7, grid.days + 1, 7))
    first = date(1970, 1, 1) + timedelta(grid.first_day)
    monthly = {day for day in range(1, grid.days + 1) if (first + timedelta(day)).day == 1}
    return np.array(sorted(weekly | monthly), dtype=np.int64)


def truth_table(spells: Spells, population: Population, grid: Grid, horizon_days: int) -> pa.Table:
    """Return account_id, as_of, churn_probability, leading_cause: one row per live account.

    ``churn_probability`` is that of leaving in ``[as_of, as_of + horizon_days)``. ``leading_cause``
    is the cause whose present state adds most to the risk of that window, null where that state
    alone does not raise the risk to `LEADING_FACTOR` times that of the account with every cause at
    rest.
    """
    steppers = [Stepper(cause, spells, index, grid) for index, cause in enumerate(CAUSES)]
    parts = [_at(day, spells, steppers, horizon_days) for day in truth_days(grid)]
    row, day, probability, leading = (np.concatenate([p[k] for p in parts]) for k in range(4))
    order = np.lexsort((day, spells.account[row]))
    row, day = row[order], day[order]
    ids = pa.array([population.account_id[a] for a in spells.account], pa.string())
    return pa.table(
        {
            "account_id": pa.DictionaryArray.from_arrays(pa.array(row.astype(np.int32)), ids),
            "as_of": times(grid.at(day)),
            "churn_probability": pa.array(probability[order]),
            "leading_cause": words(CODES, np.maximum(leading[order], 0), leading[order] < 0),
        }
    )


class Stepper:
    """The backward recursion of one cause for all spells of a block."""

    def __init__(self, cause: Cause, spells: Spells, index: int, grid: Grid) -> None:
        self.cause = cause
        self.states = spells.states[index]
        self.rates = np.array(cause.rates)[None, :] * spells.effect[:, index : index + 1]
        self.own = own_probability(cause, spells.onset[:, index])
        self.moves = transitions(cause).T.copy()
        weekly = np.diff(spells.exposure[:, ::7], axis=1)
        self.stays = np.exp(-self.rates[None, :, :] * weekly.T[:, :, None])

    def back(self, ahead: Floats, rows: Integers) -> Floats:
        """Return the expectation over the next week's state, shape (rows, states)."""
        row, to = self.cause.own
        result: Floats = ahead @ self.moves
        result[:, row] += self.own[rows] * (ahead[:, to] - ahead[:, row])
        return result

    def staying(
        self, rows: Integers, week: int, first: Floats, last_week: int, last: Floats
    ) -> Floats:
        """Return P(not driven out) by the state in ``week``, shape (rows, states + 1).

        ``first`` and ``last`` are exposures of the rest of ``week`` and of the part of
        ``last_week`` inside the horizon. The extra column is for spells that begin after ``week``.
        """
        rates = self.rates[rows]
        ahead = np.exp(-rates * last[:, None])
        for later in range(last_week - 1, week, -1):
            ahead = self.stays[later][rows] * self.back(ahead, rows)
        begun = np.exp(-rates * first[:, None]) * self.back(ahead, rows)
        return np.concatenate([begun, ahead[:, self.cause.first : self.cause.first + 1]], axis=1)


def _at(
    day: int, spells: Spells, steppers: list[Stepper], horizon_days: int
) -> tuple[Integers, Integers, Floats, Integers]:
    """Return (spell, day, probability, leading cause or −1) of those alive at ``day``."""
    rows = np.flatnonzero((spells.start < day) & (spells.end >= day))
    week, until = (day - 1) // 7, day + horizon_days
    last_week = (until - 1) // 7
    clock = spells.exposure
    first = clock[rows, min((week + 1) * 7, until)] - clock[rows, day]
    last = clock[rows, until] - clock[rows, last_week * 7]
    background = (MERGER_RATE + OTHER_RATE) * (clock[rows, until] - clock[rows, day])
    total, excess = background.copy(), np.zeros((len(rows), len(steppers)))
    for index, stepper in enumerate(steppers):
        risk = -np.log(stepper.staying(rows, week, first, last_week, last))
        here = risk[np.arange(len(rows)), stepper.states[rows, week]]
        rest = risk[:, stepper.cause.rest]
        total += here
        background += rest
        excess[:, index] = here - rest
    leads = excess.max(axis=1) >= (LEADING_FACTOR - 1.0) * background
    leading = np.where(leads, excess.argmax(axis=1), -1)
    return rows, np.full(len(rows), day), -np.expm1(-total), leading


def best_achievable(truth: pa.Table, labels: pa.Table) -> dict[str, float]:
    """Return the AUC and log loss of the truth itself, which no model can beat but by luck.

    Parameters
    ----------
    truth : Table
        As written by the simulator.
    labels : Table
        account_id, as_of, churned; rows without a known label are left out. Each is judged by the
        latest truth of its account at most a week before its ``as_of``.

    Returns
    -------
    dict
        ``auc`` (nan where only one outcome occurs), ``log_loss`` (nats) and ``rows``.
    """
    probability, churned = matched(truth, labels)
    if not len(churned):
        return {"auc": float("nan"), "log_loss": float("nan"), "rows": 0}
    p = np.clip(probability, 1e-15, 1 - 1e-15)
    loss = -np.where(churned, np.log(p), np.log1p(-p)).mean()
    return {"auc": auc(probability, churned), "log_loss": float(loss), "rows": len(churned)}


def matched(truth: pa.Table, labels: pa.Table) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Return true probability and outcome of every known label that a truth is told for."""
    known = labels.filter(labels["churned"].is_valid())
    ids = pa.chunked_array([*_text(truth), *_text(known)]).combine_chunks().dictionary_encode()
    codes = ids.indices.to_numpy().astype(np.int64)
    stamp = np.concatenate([_microseconds(truth), _microseconds(known)])
    n = truth.num_rows
    order = np.lexsort((np.arange(len(stamp)) >= n, stamp, codes))
    latest = np.where(order < n, np.arange(len(order)), -1)
    found = order[np.maximum(np.maximum.accumulate(latest), 0)]
    place = np.flatnonzero(order >= n)
    row, source = order[place], found[place]
    good = (codes[row] == codes[source]) & (source < n)
    good &= (stamp[row] - stamp[source] >= 0) & (stamp[row] - stamp[source] <= 7 * 86_400_000_000)
    probability = truth["churn_probability"].to_numpy()[source[good]]
    churned = known["churned"].to_numpy(zero_copy_only=False).astype(bool)[row[good] - n]
    return probability, churned


def _text(table: pa.Table) -> list[pa.Array]:
    return list(table["account_id"].cast(pa.string()).chunks)


def _microseconds(table: pa.Table) -> Integers:
    stamps = table["as_of"].cast(pa.timestamp("us")).cast(pa.int64())
    return np.asarray(stamps.to_numpy(), dtype=np.int64)


def auc(probability: Floats, churned: npt.NDArray[np.bool_]) -> float:
    """Return the share of (left, stayed) pairs in the right order, ties counting one half.

    >>> auc(np.array([0.1, 0.4, 0.4]), np.array([False, False, True]))
    0.75
    """
    left, stayed = int(churned.sum()), int((~churned).sum())
    if not left or not stayed:
        return float("nan")
    _, place, counts = np.unique(probability, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2.0)[place]
    return float((ranks[churned].sum() - left * (left + 1) / 2) / (left * stayed))
