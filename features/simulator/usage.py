"""Usage events: daily work, which fades with the habit, and beside it each cause's own streams."""

import numpy as np
import pyarrow as pa

from features.simulator.block import Block, cells, times
from features.simulator.plan import Floats, Integers
from features.simulator.seasons import work_by_week
from features.simulator.streams import STREAMS, stream_cells

DAILY = (
    "login",
    "dashboard_view",
    "task_created",
    "task_completed",
    "comment",
    "project_created",
    "report_created",
    "report_shared",
    "user_invited",
)
_MILESTONES = {"onboarding": "setup_completed", "integration": "integration_connected"}
EVENTS = (*DAILY, *_MILESTONES.values(), *(stream.event for stream in STREAMS))
_MANY = np.isin(EVENTS, ("api_call", "export"))
_TIMED = np.isin(EVENTS, ("login", "dashboard_view", "report_created"))
_MIX = (30, 13, 15, 14, 9, 4, 6, 4, 2)
_MIX_NOT_SET_UP = (46, 18, 10, 7, 5, 4, 3, 1.5, 2)
_MIX_NO_CHAMPION = (36, 14, 18, 16, 8, 2, 4, 2, 1)
_BY_CHAMPION = np.isin(EVENTS, [s.event for s in STREAMS if s.by_champion])
_STEPS = 1024
USUAL, BY_USERS = 9.0, 0.3
"""Daily work a week of one user, and the power of users with which it grows."""
STRAYS = 0.08
"""Standard deviation of the logarithm by which a week's daily work strays from its mean."""
_SPARE_USERS = 4
"""Identities kept for successors of a champion."""


def weekly_means(block: Block, scale: float) -> Floats:
    """Return expected events, shape (spells, weeks); 0 outside the spell."""
    usual = USUAL * block.users**BY_USERS * block.of("intensity")
    noise = np.exp(block.rng.normal(0.0, STRAYS, (len(block.spells), block.grid.weeks)))
    level = block.left_of("usage") * noise * block.lived()
    return np.asarray(scale * usual[:, None] * work_by_week(block.grid)[None, :] * level)


def events_table(block: Block, scale: float) -> pa.Table:
    """Return the canonical ``events`` of one block, sorted by account and time."""
    spell, week, event = _happened(block, scale)
    when, ordinal = block.some_time(week), _people(block, spell, week, event)
    recorded = block.recorded(when, late_share=0.03, late_hours=72.0)
    kept = np.flatnonzero(block.within(spell, when) & (recorded < block.grid.end_us))
    order = kept[np.lexsort((when[kept], spell[kept]))]
    return _table(block, spell[order], when[order], recorded[order], event[order], ordinal[order])


def _happened(block: Block, scale: float) -> tuple[Integers, Integers, Integers]:
    """Draw (spell, week, event) of daily work, of every stream and of the milestones."""
    spell, week = cells(block.rng.poisson(weekly_means(block, scale)))
    parts = [(spell, week, _kinds(block, spell, week))]
    for stream in STREAMS:
        spell, week = stream_cells(block, stream, scale)
        parts.append((spell, week, _all_are(stream.event, spell)))
    spells, weeks, events = zip(*parts, *_milestones(block), strict=True)
    return np.concatenate(spells), np.concatenate(weeks), np.concatenate(events)


def _kinds(block: Block, spell: Integers, week: Integers) -> Integers:
    """Draw the event of each row from the mix of its account's state in that week."""
    state = block.spells.state
    variant = np.where(state("champion") == 2, 2, 0)
    variant = np.where(np.isin(state("onboarding"), (1, 2)), 1, variant).astype(np.int8)
    mixes = np.array([_MIX, _MIX_NOT_SET_UP, _MIX_NO_CHAMPION], dtype=float)
    steps = (np.arange(_STEPS) + 0.5) / _STEPS
    lookup = np.stack([np.searchsorted(np.cumsum(m / m.sum()), steps) for m in mixes])
    drawn = block.rng.integers(0, _STEPS, len(spell))
    return np.asarray(lookup.astype(np.int8)[variant[spell, week], drawn])


def _people(block: Block, spell: Integers, week: Integers, event: Integers) -> Integers:
    """Draw who did it: 0 is the first champion, successors come after the ordinary users."""
    active = np.maximum(np.rint(block.users[:, None] * block.left_of("users")), 1).astype(np.int32)
    vacant = np.isin(block.spells.state("champion"), (1, 2))
    arrivals = np.diff(vacant.astype(np.int8), axis=1, prepend=0) == -1
    changes = np.minimum(np.cumsum(arrivals, axis=1), _SPARE_USERS - 1).astype(np.int32)
    champion = np.where(changes == 0, 0, block.users[:, None] + changes).astype(np.int32)
    here = active[spell, week]
    ordinal = np.floor(here * block.rng.random(len(spell)) ** 1.5).astype(np.int64)
    deputy = np.where(here > 1, 1, block.users[spell])
    ordinal[_BY_CHAMPION[event]] = 0
    stand_in = np.where(vacant[spell, week], deputy, champion[spell, week])
    return np.where(ordinal == 0, stand_in, ordinal)


def _milestones(block: Block) -> list[tuple[Integers, Integers, Integers]]:
    """Return (spell, week, event) of set-ups finished and first integrations connected."""
    found = []
    for code, event in _MILESTONES.items():
        states = block.spells.state(code)
        # The chain moved at the end of `week`, in which the milestone was reached.
        spell, week = np.nonzero((states[:, 1:] == 0) & (states[:, :-1] > 0))
        found.append((spell, week, _all_are(event, spell)))
    return found


def _all_are(event: str, spell: Integers) -> Integers:
    return np.full(len(spell), EVENTS.index(event), np.int8)


def _table(
    block: Block,
    spell: Integers,
    when: Integers,
    recorded: Integers,
    event: Integers,
    ordinal: Integers,
) -> pa.Table:
    """Put the columns together."""
    timed = _TIMED[event]
    duration = np.zeros(len(event))
    duration[timed] = np.rint(np.exp(block.rng.normal(6.1, 0.9, int(timed.sum()))))
    quantity = np.ones(len(event))
    many = _MANY[event]
    quantity[many] = np.ceil(np.exp(block.rng.normal(2.5, 1.0, int(many.sum()))))
    return pa.table(
        {
            "account_id": block.account_ids(spell),
            "occurred_at": times(when),
            "event": pa.DictionaryArray.from_arrays(
                pa.array(event.astype(np.int8)), pa.array(EVENTS, pa.string())
            ),
            "user_id": _user_ids(block, spell, ordinal),
            "quantity": pa.array(quantity),
            "duration_s": pa.array(duration, mask=~timed),
            "recorded_at": times(recorded),
        }
    )


def _user_ids(block: Block, spell: Integers, ordinal: Integers) -> pa.DictionaryArray:
    """Return user ids as text; the same person keeps an id through all spells of the account."""
    users = np.zeros(len(block.members), np.int64)
    users[block.member] = block.users + _SPARE_USERS
    starts = np.concatenate([[0], np.cumsum(users)])
    labels = [
        f"{block.population.account_id[account]}-{number + 1:03d}"
        for account, count in zip(block.members, users, strict=True)
        for number in range(count)
    ]
    places = (starts[block.member[spell]] + ordinal).astype(np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(places), pa.array(labels, pa.string()))
