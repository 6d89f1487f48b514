"""Spells: how the latent causes of each contract move, when it ends and why."""

from dataclasses import dataclass

import numpy as np

from features.simulator.causes import (
    CAUSES,
    CODES,
    MERGER,
    MERGER_RATE,
    OTHER,
    OTHER_RATE,
    Cause,
    transitions,
)
from features.simulator.exposure import exposure, renewal_days
from features.simulator.plan import Floats, Grid, Integers, States, Truths
from features.simulator.population import Population

REASONS = (*CODES, MERGER, OTHER)
RETURN_SHARE = 0.18
"""Share of leavers who come back, at the earliest after 45 days."""


@dataclass(frozen=True)
class Spells:
    """Unbroken relationships; all arrays begin with the axis (spells,).

    Attributes
    ----------
    account : ndarray of int
        Index of the account in the population.
    number : ndarray of int
        0 for the first spell of an account, 1 after its first return, …
    start, end : ndarray of int
        Day of the grid on which it begins; on which it ends, or ``grid.days`` while it runs.
    reason : ndarray of int
        Index into ``REASONS``; −1 while it runs.
    annual : ndarray of bool
    renewals : ndarray of int, shape (spells, terms)
    states : tuple of ndarray of int8, shape (spells, weeks)
        One per cause; −1 before the spell.
    exposure : ndarray of float, shape (spells, all days + 1)
        Cumulative, see :func:`features.simulator.exposure.exposure`.
    onset, effect : ndarray of float, shape (spells, causes)
    """

    account: Integers
    number: Integers
    start: Integers
    end: Integers
    reason: Integers
    annual: Truths
    renewals: Integers
    states: tuple[States, ...]
    exposure: Floats
    onset: Floats
    effect: Floats

    def __len__(self) -> int:
        """Return the number of spells."""
        return len(self.account)

    def state(self, code: str) -> States:
        """Return the states of one cause, shape (spells, weeks)."""
        return self.states[CODES.index(code)]


def live(population: Population, members: Integers, grid: Grid, rng: np.random.Generator) -> Spells:
    """Return every spell of the accounts ``members``, returns included, sorted by account."""
    generations: list[Spells] = []
    account, start = members, population.joined[members]
    while len(account):
        spells = _generation(population, account, start, len(generations), grid, rng)
        generations.append(spells)
        account, start = _returns(spells, grid, rng)
    return _together(generations)


def _generation(
    population: Population,
    account: Integers,
    start: Integers,
    number: int,
    grid: Grid,
    rng: np.random.Generator,
) -> Spells:
    """Live one spell each of ``account`` from ``start`` on."""
    annual = population.annual[account]
    renewals = renewal_days(start, annual, grid)
    clock = exposure(start, annual, renewals, grid)
    onset, effect = population.onset[account], population.effect[account]
    first_week = (start + 1) // 7
    states = tuple(
        _walk(cause, onset[:, index], first_week, grid.weeks, rng)
        for index, cause in enumerate(CAUSES)
    )
    end, reason = _leave(states, effect, clock, grid, rng)
    numbers = np.full(len(account), number, dtype=np.int64)
    return Spells(
        account, numbers, start, end, reason, annual, renewals, states, clock, onset, effect
    )


def own_probability(cause: Cause, onset: Floats) -> Floats:
    """Return each account's weekly probability of the cause's own transition."""
    return np.minimum(cause.own_rate * onset, 0.5)


def _walk(
    cause: Cause, onset: Floats, first_week: Integers, weeks: int, rng: np.random.Generator
) -> States:
    """Draw the weekly states of one cause, shape (spells, weeks); −1 before ``first_week``."""
    matrix = transitions(cause)
    own_row, own_to = cause.own
    own = own_probability(cause, onset)
    paths = np.full((len(onset), weeks), -1, dtype=np.int8)
    state = np.full(len(onset), cause.first, dtype=np.int64)
    for week in range(weeks):
        moving = first_week < week
        chances = matrix[state]
        mine = state == own_row
        chances[mine, own_row] -= own[mine]
        chances[mine, own_to] += own[mine]
        drawn = (rng.random(len(onset))[:, None] >= np.cumsum(chances, axis=1)[:, :-1]).sum(axis=1)
        state = np.where(moving, drawn, state)
        paths[:, week] = np.where(first_week <= week, state, -1)
    return paths


def hazard_parts(states: tuple[States, ...], effect: Floats) -> Floats:
    """Return the hazard of each reason per day of exposure, shape (reasons, spells, weeks)."""
    parts = np.zeros((len(REASONS), *states[0].shape))
    for index, cause in enumerate(CAUSES):
        rates = np.append(np.array(cause.rates), 0.0)
        parts[index] = rates[states[index]] * effect[:, index : index + 1]
    parts[-2], parts[-1] = MERGER_RATE, OTHER_RATE
    return parts


def _leave(
    states: tuple[States, ...],
    effect: Floats,
    clock: Floats,
    grid: Grid,
    rng: np.random.Generator,
) -> tuple[Integers, Integers]:
    """Draw the day on which each spell ends (``grid.days``: not yet) and the reason."""
    parts = hazard_parts(states, effect)
    rate = parts.sum(axis=0)
    weekly = np.diff(clock[:, : grid.days + 1 : 7], axis=1)
    risk = np.cumsum(rate * weekly, axis=1)
    patience = rng.exponential(size=len(rate))
    week = (risk < patience[:, None]).sum(axis=1)
    gone = week < grid.weeks
    row = np.arange(len(rate))
    at = np.minimum(week, grid.weeks - 1)
    before = np.where(week > 0, risk[row, np.maximum(at - 1, 0)], 0.0)
    needed = (patience - before) / np.maximum(rate[row, at], 1e-12)
    within = np.stack([clock[row, at * 7 + k + 1] - clock[row, at * 7] for k in range(7)], axis=1)
    day = at * 7 + np.minimum((within < needed[:, None]).sum(axis=1), 6)
    shares = np.cumsum(parts[:, row, at], axis=0) / np.maximum(rate[row, at], 1e-12)
    reason = np.minimum((rng.random(len(rate)) > shares).sum(axis=0), len(REASONS) - 1)
    return np.where(gone, day, grid.days), np.where(gone, reason, -1)


def _returns(spells: Spells, grid: Grid, rng: np.random.Generator) -> tuple[Integers, Integers]:
    """Draw who comes back and on which day; after a merger nobody does."""
    can = (spells.reason >= 0) & (spells.reason != REASONS.index(MERGER))
    gap = 45 + np.floor(rng.exponential(150.0, len(spells))).astype(np.int64)
    back = spells.end + gap
    chosen = can & (rng.random(len(spells)) < RETURN_SHARE) & (back < grid.days - 2)
    return spells.account[chosen], back[chosen]


def _together(generations: list[Spells]) -> Spells:
    """Join the generations, sorted by account and spell number."""
    account = np.concatenate([g.account for g in generations])
    number = np.concatenate([g.number for g in generations])
    order = np.lexsort((number, account))

    def joined(name: str) -> np.ndarray:
        return np.concatenate([getattr(g, name) for g in generations])[order]

    return Spells(
        account=account[order],
        number=number[order],
        start=joined("start"),
        end=joined("end"),
        reason=joined("reason"),
        annual=joined("annual"),
        renewals=joined("renewals"),
        states=tuple(
            np.concatenate([g.states[i] for g in generations])[order] for i in range(len(CAUSES))
        ),
        exposure=joined("exposure"),
        onset=joined("onset"),
        effect=joined("effect"),
    )
