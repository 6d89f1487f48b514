"""How much of the hidden states the records can show at all: a filter that knows the whole world.

It is told every parameter and every account's own peculiarities. Only the states are hidden from
it, and it follows them week by week, each cause by itself, from the traces that the cause leaves
in events and tickets, by the simulator's own probabilities (the forward algorithm). What it lacks
of the truth no feature and no learner can make up for, but from contracts, invoices, messages and
surveys, which it does not read.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt

from features.simulator import CompanyPlan, support, usage
from features.simulator.causes import CAUSES, MERGER_RATE, OTHER_RATE, Cause, transitions
from features.simulator.company import lives
from features.simulator.lives import Spells
from features.simulator.plan import Grid, grid_of
from features.simulator.population import Population
from features.simulator.seasons import work_by_day, work_by_week
from features.simulator.streams import STREAMS
from features.simulator.truth import Stepper
from training.frames import Frame

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Objects = npt.NDArray[np.object_]

DAILY, TICKET = "daily work", "ticket"
KINDS = (*(stream.event for stream in STREAMS), DAILY, TICKET)
LEAST_MEAN = 1e-3
"""Nothing is impossible to the filter: a trace may be noted a week late."""


def filtered(
    plan: CompanyPlan, folder: Path, rows: Frame, asked: Bools, scale: float = 1.0
) -> Floats:
    """Return the filter's probability of the rows ``asked`` (n_asked,).

    ``scale`` multiplies the events that the plan has written.
    """
    grid, found = grid_of(plan), np.full(len(rows), np.nan)
    days = rows.as_of.astype("datetime64[D]").astype(np.int64) - grid.first_day
    traces = _traces(folder, grid)
    for population, spells in lives(plan):
        watched = _Watched(population, spells, plan, traces, scale)
        for day in np.unique(days[asked]):
            here = np.flatnonzero(asked & (days == day))
            spell = watched.spells_at(rows.account_ids[here], int(day))
            found[here[spell >= 0]] = watched.probability(spell[spell >= 0], int(day))
    return found[asked]


@dataclass(frozen=True)
class _Traces:
    """How often each kind of trace was left by an account on a day of the grid, by account.

    ``account`` is its place in the population and rises; ``kind`` is a place in ``KINDS``.
    """

    account: Ints
    kind: Ints
    day: Ints
    count: Floats


def _traces(folder: Path, grid: Grid) -> _Traces:
    """Return what events and tickets hold."""
    daily = ", ".join(f"'{event}'" for event in usage.DAILY)
    day = f"datediff('day', DATE '1970-01-01', happened::DATE) - {grid.first_day}"
    account = "CAST(substr(account_id, 2) AS BIGINT) - 1"
    with duckdb.connect() as connection:
        found = connection.execute(
            f"""SELECT {account} AS account, list_position({list(KINDS)}, kind) - 1 AS kind,
                {day} AS day, count(*) AS count FROM (
                SELECT account_id, occurred_at AS happened,
                    CASE WHEN event IN ({daily}) THEN '{DAILY}' ELSE event END AS kind
                FROM read_parquet('{folder / "events.parquet"}')
                UNION ALL SELECT account_id, opened_at, '{TICKET}'
                FROM read_parquet('{folder / "tickets.parquet"}')
            ) WHERE kind IN {KINDS} GROUP BY ALL ORDER BY account"""
        ).fetchnumpy()
    whole = (np.array(found[name], dtype=np.int64) for name in ("account", "kind", "day"))
    return _Traces(*whole, np.array(found["count"], dtype=np.float64))


@dataclass(frozen=True)
class _Signal:
    """One kind of trace that a cause moves.

    Attributes
    ----------
    counts : ndarray of shape (spells, days)
    means : ndarray of shape (spells, states)
        In a whole usual week.
    rests : bool
        Whether holidays lower it.
    spread : float
        By which it strays beyond counting.
    """

    counts: Floats
    means: Floats
    rests: bool
    spread: float = 0.0

    def likelihood(self, counted: Floats, means: Floats) -> Floats:
        """Return the logarithm of the chance of ``counted`` (n,) in each state, (n, states)."""
        count, mean = counted[:, None], np.maximum(means, LEAST_MEAN)
        if not self.spread:
            return np.asarray(count * np.log(mean) - mean)
        size = 1 / self.spread**2
        return np.asarray(count * np.log(mean / (size + mean)) - size * np.log1p(mean / size))


class _Watched:
    """The spells of a block of accounts and what the filter believes of them each week."""

    def __init__(
        self,
        population: Population,
        spells: Spells,
        plan: CompanyPlan,
        traces: _Traces,
        scale: float,
    ) -> None:
        self.spells, self.grid, self.horizon_days = spells, grid_of(plan), plan.horizon_days
        grid = self.grid
        self.place = {population.account_id[a]: int(a) for a in np.unique(spells.account)}
        self.work = work_by_week(grid)
        self.worked = np.concatenate([[0.0], np.cumsum(work_by_day(grid))])
        self.first = np.maximum(spells.start[:, None] + 1, np.arange(grid.weeks)[None, :] * 7)
        self.steppers = [Stepper(cause, spells, k, grid) for k, cause in enumerate(CAUSES)]
        counts = self._counts(traces)
        pace = scale * plan.events_scale * population.intensity[spells.account]
        users = np.maximum(np.rint((population.seats * population.adoption)[spells.account]), 1.0)
        self.signals = [list(_signals(cause, pace, users, counts)) for cause in CAUSES]
        self.before = [self._followed(k) for k in range(len(CAUSES))]

    def spells_at(self, names: Objects, day: int) -> Ints:
        """Return the spell (n,) that runs on the day before ``day``; -1 for accounts elsewhere."""
        account = np.array([self.place.get(name, -1) for name in names.tolist()], dtype=np.int64)
        found = self._spell_of(account, np.full(len(account), day))
        return np.where(account >= 0, found, -1)

    def _spell_of(self, account: Ints, day: Ints) -> Ints:
        """Return the latest spell of each account that began before the day."""
        width = np.int64(1) << 20
        keys = self.spells.account * width + self.spells.start
        return np.searchsorted(keys, account * width + day, side="left") - 1

    def _counts(self, traces: _Traces) -> dict[str, Floats]:
        """Return the traces of each kind by spell and day, (spells, days)."""
        ends = (self.spells.account.min(), self.spells.account.max() + 1)
        mine = slice(*np.searchsorted(traces.account, ends).tolist())
        day, kind, count = traces.day[mine], traces.kind[mine], traces.count[mine]
        spell = self._spell_of(traces.account[mine], day + 1)
        shape, found = (len(self.spells), self.grid.days), {}
        for number, name in enumerate(KINDS):
            of_kind = (kind == number) & (spell >= 0)
            place = spell[of_kind] * self.grid.days + day[of_kind]
            counts = np.bincount(place, count[of_kind], shape[0] * shape[1])
            found[name] = counts.reshape(shape)
        return found

    def _evidence(self, cause: int, week: int, until: int, rows: Ints) -> Floats:
        """Return the log-likelihood of a week's days before ``until``, (rows, states)."""
        begins = np.minimum(self.first[rows, week], until)
        whole = self.worked[(week + 1) * 7] - self.worked[week * 7]
        share = (self.worked[until] - self.worked[begins]) / whole
        total = np.zeros((len(rows), len(CAUSES[cause].states)))
        for signal in self.signals[cause]:
            usual = share * (self.work[week] if signal.rests else 1.0)
            counted = signal.counts[rows, week * 7 : until].sum(axis=1)
            total += signal.likelihood(counted, usual[:, None] * signal.means[rows])
        return total

    def _followed(self, cause: int) -> Floats:
        """Return what is believed before each week's own traces, (weeks, spells, states)."""
        stepper, own = self.steppers[cause], CAUSES[cause].own
        moves, everybody = transitions(CAUSES[cause]), np.arange(len(self.spells))
        weekly = np.diff(self.spells.exposure[:, ::7], axis=1)
        believed = np.zeros((len(everybody), len(moves)))
        believed[:, CAUSES[cause].first] = 1.0
        found = np.zeros((self.grid.weeks, *believed.shape))
        for week in range(self.grid.weeks):
            moved = believed @ moves
            mine = stepper.own * believed[:, own[0]]
            moved[:, own[0]] -= mine
            moved[:, own[1]] += mine
            begun = (self.spells.start + 1) // 7
            believed = np.where((begun < week)[:, None], moved, believed)
            found[week] = believed
            seen = self._evidence(cause, week, (week + 1) * 7, everybody)
            seen -= stepper.rates * weekly[:, week, None]  # still here
            here = (begun <= week) & (week * 7 < self.spells.end)
            believed = np.where(here[:, None], _posterior(believed, seen), believed)
        return found

    def probability(self, rows: Ints, day: int) -> Floats:
        """Return the forecast at ``day``, of the horizon, for spells ``rows`` that run then."""
        week, until = (day - 1) // 7, day + self.horizon_days
        last_week, clock = (until - 1) // 7, self.spells.exposure
        first = clock[rows, min((week + 1) * 7, until)] - clock[rows, day]
        last = clock[rows, until] - clock[rows, last_week * 7]
        risk = (MERGER_RATE + OTHER_RATE) * (clock[rows, until] - clock[rows, day])
        for cause, stepper in enumerate(self.steppers):
            seen = self._evidence(cause, week, day, rows)
            believed = _posterior(self.before[cause][week, rows], seen)
            staying = stepper.staying(rows, week, first, last_week, last)[:, :-1]
            risk = risk - np.log((believed * staying).sum(axis=1))
        return np.asarray(-np.expm1(-risk))


def _signals(
    cause: Cause, pace: Floats, users: Floats, counts: dict[str, Floats]
) -> Iterator[_Signal]:
    """Yield the traces of a cause with their means, as the simulator draws them.

    ``pace`` and ``users`` (spells,) are each account's own.
    """
    for stream in STREAMS:
        if stream.cause == cause.code:
            yield _Signal(counts[stream.event], np.outer(pace, stream.a_week), stream.by_people)
    if cause.code == "decay":
        usual = usage.USUAL * users**usage.BY_USERS * pace
        yield _Signal(counts[DAILY], np.outer(usual, cause.usage), True, usage.STRAYS)
    if cause.code in support.PAIN:
        asked = support.ASKED_A_WEEK * users[:, None] ** support.BY_USERS
        yield _Signal(counts[TICKET], asked + np.array(support.PAIN[cause.code])[None, :], False)


def _posterior(believed: Floats, seen: Floats) -> Floats:
    """Return beliefs (n, states) after evidence, given as log-likelihoods."""
    weighed = believed * np.exp(seen - seen.max(axis=1, keepdims=True))
    return np.asarray(weighed / weighed.sum(axis=1, keepdims=True))
