"""A block of accounts under way: its spells and what all traces are drawn from."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from features.simulator.causes import CAUSES
from features.simulator.lives import Spells
from features.simulator.plan import Floats, Grid, Integers, Truths
from features.simulator.population import Population
from features.simulator.seasons import seconds_of_day, work_by_day

MINUTE_US = 60_000_000
HOUR_US = 60 * MINUTE_US
_STEPS = 1024


@dataclass(frozen=True)
class Block:
    """Some accounts, their spells and the weeks they live through.

    Attributes
    ----------
    population : Population
        All accounts of the company.
    spells : Spells
    grid : Grid
    users : ndarray of int, shape (spells,)
        People who use the product while nothing is wrong.
    rng : Generator
    """

    population: Population
    spells: Spells
    grid: Grid
    users: Integers
    rng: np.random.Generator

    @cached_property
    def members(self) -> Integers:
        """The accounts of the block, each once, in order."""
        return np.unique(self.spells.account)

    @cached_property
    def member(self) -> Integers:
        """Place of each spell's account in ``members``, shape (spells,)."""
        return np.searchsorted(self.members, self.spells.account)

    def of(self, attribute: str) -> np.ndarray:
        """Return an attribute of each spell's account, shape (spells, …)."""
        values: np.ndarray = getattr(self.population, attribute)[self.spells.account]
        return values

    def lived(self) -> Truths:
        """Return which weeks each spell touches, shape (spells, weeks)."""
        week = np.arange(self.grid.weeks)[None, :] * 7
        return (week + 6 > self.spells.start[:, None]) & (week <= self.spells.end[:, None])

    def left_of(self, what: str) -> Floats:
        """Return what the causes leave of ``usage`` or ``users``, shape (spells, weeks)."""
        left = np.ones((len(self.spells), self.grid.weeks))
        for cause, states in zip(CAUSES, self.spells.states, strict=True):
            left *= np.append(np.array(getattr(cause, what)), 1.0)[states]
        return left

    def within(self, spell: Integers, when: Integers) -> Truths:
        """Return which instants lie inside their spell and inside what is observed."""
        begins = self.grid.contract_time(self.spells.start[spell])
        ends = np.minimum(self.grid.contract_time(self.spells.end[spell]), self.grid.end_us)
        return np.asarray((when > begins) & (when < ends))

    def account_ids(self, spell: Integers) -> pa.DictionaryArray:
        """Return the account of each row as text."""
        ids = pa.array([self.population.account_id[a] for a in self.members], pa.string())
        return pa.DictionaryArray.from_arrays(pa.array(self.member[spell].astype(np.int32)), ids)

    def moment(self, day: Integers) -> Integers:
        """Return a working instant on each of those days of the grid."""
        drawn = self.rng.random(len(day))
        return self.grid.at(day) + (seconds_of_day(drawn) * 1e6).astype(np.int64)

    def working_day(self, week: Integers) -> Integers:
        """Draw a day of the grid within each of those weeks, more often where more is worked."""
        work = work_by_day(self.grid)[: self.grid.days].reshape(-1, 7)
        shares = np.cumsum(work / work.sum(axis=1, keepdims=True), axis=1)
        steps = (np.arange(_STEPS) + 0.5) / _STEPS
        lookup = np.stack([np.searchsorted(s, steps) for s in shares]).astype(np.int8)
        return week * 7 + lookup[week, self.rng.integers(0, _STEPS, len(week))]

    def some_time(self, week: Integers) -> Integers:
        """Draw a working instant within each of those weeks."""
        return self.moment(self.working_day(week))

    def weekday(self, week: Integers, weekday: int) -> Integers:
        """Return the day of the grid that is this weekday (0 is Monday) in each of those weeks."""
        return week * 7 + (weekday - self.grid.first_day - 3) % 7

    def chances(self, table: Mapping[str, tuple[float, ...]]) -> Floats:
        """Return the product over causes of ``table[code][state]``, shape (spells, weeks)."""
        product = np.ones((len(self.spells), self.grid.weeks))
        for code, by_state in table.items():
            product *= np.append(np.array(by_state), 1.0)[self.spells.state(code)]
        return product

    def amounts(self, table: Mapping[str, tuple[float, ...]]) -> Floats:
        """Return the sum over causes of ``table[code][state]``, shape (spells, weeks)."""
        total = np.zeros((len(self.spells), self.grid.weeks))
        for code, by_state in table.items():
            total += np.append(np.array(by_state), 0.0)[self.spells.state(code)]
        return total

    def recorded(self, when: Integers, late_share: float, late_hours: float) -> Integers:
        """Draw when rows became known: mostly within minutes, some hours to days later.

        ``late_hours`` is the longest delay; delays are spread evenly over their logarithm from two
        hours on.
        """
        delay = self.rng.integers(2 * 1_000_000, 3 * MINUTE_US, len(when))
        late = self.rng.random(len(when)) < late_share
        hours = 2.0 * (late_hours / 2.0) ** self.rng.random(int(late.sum()))
        delay[late] = (hours * HOUR_US).astype(np.int64)
        return when + delay


def cells(counts: Integers) -> tuple[Integers, Integers]:
    """Return (spell, week) of each row, so many in each cell of ``counts``, (spells, weeks)."""
    cell = np.repeat(np.arange(counts.size), counts.ravel())
    return cell // counts.shape[1], cell % counts.shape[1]


def times(values: Integers, missing: Truths | None = None) -> pa.Array:
    """Return microseconds as timestamps, null where ``missing``."""
    return pa.array(values, pa.timestamp("us"), mask=missing)


def words(choices: tuple[str, ...], index: np.ndarray, missing: Truths | None = None) -> pa.Array:
    """Return text by index into ``choices``, null where ``missing``."""
    places = pa.array(index.astype(np.int32), mask=missing)
    return pa.DictionaryArray.from_arrays(places, pa.array(choices, pa.string()))


def rows(block: Block, spell: Integers, when: Integers, columns: dict[str, pa.Array]) -> pa.Table:
    """Return the rows that are inside their spell and known, by account, then time.

    ``columns`` may hold ``recorded_at``; rows that became known after the end are left out.
    """
    kept = block.within(spell, when)
    if "recorded_at" in columns:
        recorded = columns["recorded_at"].cast(pa.int64()).to_numpy(zero_copy_only=False)
        kept &= recorded < block.grid.end_us
    places = np.flatnonzero(kept)
    order = places[np.lexsort((when[places], spell[places]))]
    table = pa.table({"account_id": block.account_ids(spell), **columns})
    return table.take(pa.array(order))
