"""Contracts: terms that renew, seats and plans that change without a gap, invoices."""

import numpy as np
import pyarrow as pa

from features.simulator.block import Block, rows, times, words
from features.simulator.exposure import add_months
from features.simulator.plan import DAY_US, Floats, Integers
from features.simulator.population import PLANS, SEAT_PRICE

_CHANGE_DAY = 2
"""Seats change on this day of a week, so that they never change before the cause for it."""
_GROW = 0.010
_SHRINK = {"decay": (0.0, 0.005, 0.02, 0.04, 0.0), "price": (0.0, 0.015, 0.07, 0.0)}
_AT_ONCE = 0.6
"""Chance that seats are cut in the very week in which the budget is cut."""
_UNDECIDED = {"price": (1.0, 0.6, 0.45, 0.9)}
_LATE_DAYS = {"price": (0.0, 25.0, 60.0, 5.0)}
_UNPAID = {"price": (0.0, 0.15, 0.60, 0.0)}


def seats_by_week(block: Block) -> Integers:
    """Return seats under contract, shape (spells, weeks), each from that week's change day on."""
    shape = (len(block.spells), block.grid.weeks)
    drawn, step = block.rng.random(shape), block.rng.random(shape)
    shrink = block.amounts(_SHRINK)
    cut = block.spells.state("price") == 2
    shrink[:, 1:][cut[:, 1:] & ~cut[:, :-1]] += _AT_ONCE
    grow = _GROW * (block.left_of("usage") > 0.8)
    change = np.where(drawn < shrink, -0.12 - 0.33 * step, 0.0)
    change = np.where(drawn > 1.0 - grow, 0.05 + 0.30 * step, change)
    running = np.arange(shape[1])[None, :] * 7 > block.spells.start[:, None]
    path = np.clip(np.cumsum(change * running, axis=1), -1.6, 1.3)
    seats = np.rint(block.of("seats")[:, None] * np.exp(path))
    return np.asarray(np.maximum(seats, 1), dtype=np.int64)


def seats_on(seats: Integers, spell: Integers, day: Integers) -> Integers:
    """Return the seats that a contract row beginning on ``day`` holds."""
    return seats[spell, np.maximum((day - _CHANGE_DAY) // 7, 0)]


def plan_of(block: Block, seats: Integers, spell: Integers) -> Integers:
    """Return the plan for so many seats: the first one, one up or one down from it."""
    first, usual = block.of("plan")[spell], block.of("seats")[spell]
    moved = first + (seats > 1.5 * usual) - (seats < 0.65 * usual)
    return np.asarray(np.clip(moved, 0, len(PLANS) - 1))


def mrr_of(block: Block, seats: Integers, spell: Integers) -> Floats:
    """Return monthly revenue in JPY, in hundreds."""
    plan, first = plan_of(block, seats, spell), block.of("plan")[spell]
    price = block.of("price")[spell] * np.array(SEAT_PRICE)[plan] / np.array(SEAT_PRICE)[first]
    return np.asarray(np.maximum(np.rint(price * seats / 100.0) * 100.0, 1000.0))


def subscriptions_table(block: Block, seats: Integers) -> pa.Table:
    """Return canonical ``subscriptions``: one row per term, and one more per change within it."""
    spells, grid = block.spells, block.grid
    spell, day = _row_days(block, seats)
    held = seats_on(seats, spell, day)
    plan = plan_of(block, held, spell)
    last = np.append(spell[1:] != spell[:-1], True)
    until = np.where(last, spells.end[spell], np.append(day[1:], 0))
    terms = (spells.renewals[spell] <= day[:, None]).sum(axis=1)
    renews = spells.renewals[spell, np.minimum(terms, spells.renewals.shape[1] - 1)]
    decided = block.chances(_UNDECIDED)[spell, np.minimum(day // 7, grid.weeks - 1)] * 0.93
    begins = grid.contract_time(day)
    return pa.table(
        {
            "account_id": block.account_ids(spell),
            "started_at": times(begins),
            "ended_at": times(grid.contract_time(until), until >= grid.days),
            "plan": words(PLANS, plan),
            "seats": pa.array(held),
            "mrr": pa.array(mrr_of(block, held, spell)),
            "currency": words(("JPY",), np.zeros(len(spell))),
            "renews_at": times(grid.contract_time(renews)),
            "term_months": pa.array(np.where(spells.annual[spell], 12, 1)),
            "auto_renew": pa.array(block.rng.random(len(spell)) < decided),
            "recorded_at": times(begins),
        }
    )


def _row_days(block: Block, seats: Integers) -> tuple[Integers, Integers]:
    """Return (spell, day) of every contract row, in order."""
    spells, grid = block.spells, block.grid
    begins = np.zeros((len(spells), grid.days), dtype=bool)
    row, week = np.nonzero(np.diff(seats, axis=1, prepend=seats[:, :1]))
    begins[row, week * 7 + _CHANGE_DAY] = True
    row, term = np.nonzero(spells.renewals < grid.days)
    begins[row, spells.renewals[row, term]] = True
    day = np.arange(grid.days)[None, :]
    begins &= (day > spells.start[:, None]) & (day < spells.end[:, None])
    begins[np.arange(len(spells)), spells.start] = True
    found, at = np.nonzero(begins)
    return found, at


def invoices_table(block: Block, seats: Integers) -> pa.Table:
    """Return canonical ``invoices``: one each month, due in 30 days; price pain pays late."""
    spells, grid, rng = block.spells, block.grid, block.rng
    months = grid.days // 28 + 1
    issued_on = np.stack(
        [add_months(spells.start + 1, np.full(len(spells), k), grid) for k in range(months)], axis=1
    )
    spell, month = np.nonzero(issued_on < np.minimum(spells.end, grid.days)[:, None])
    day = issued_on[spell, month]
    week = np.minimum((day + 25) // 7, grid.weeks - 1)
    slack = block.of("cheer")[spell] * -1.5
    late = block.amounts(_LATE_DAYS)[spell, week] * rng.exponential(1.0, len(spell))
    usual = np.clip(rng.normal(-7.0 + slack, 4.0), -27.0, 5.0)
    due = grid.at(day + 30)
    paid = block.moment(day) + np.rint(30.0 + usual + late).astype(np.int64) * DAY_US
    unpaid = rng.random(len(spell)) < block.amounts(_UNPAID)[spell, week]
    issued = grid.at(day) + 3_600_000_000
    columns = {
        "issued_at": times(issued),
        "amount": pa.array(mrr_of(block, seats_on(seats, spell, day), spell)),
        "due_at": times(due),
        "paid_at": times(paid, unpaid | (paid >= grid.end_us)),
        "currency": words(("JPY",), np.zeros(len(spell))),
        "recorded_at": times(issued),
    }
    return rows(block, spell, issued, columns)
