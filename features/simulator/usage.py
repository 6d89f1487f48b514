"""Usage events: what the causes do to daily work, account-week by account-week."""

import numpy as np
import pyarrow as pa

from features.simulator.block import Block, times
from features.simulator.plan import Floats, Integers
from features.simulator.seasons import work_by_day

EVENTS = (
    "login",
    "dashboard_view",
    "task_created",
    "task_completed",
    "comment",
    "project_created",
    "report_created",
    "report_shared",
    "export",
    "api_call",
    "setup_completed",
    "integration_connected",
    "user_invited",
    "plan_viewed",
    "members_managed",
)
_LOGIN, _API, _EXPORT = 0, EVENTS.index("api_call"), EVENTS.index("export")
_TIMED = np.isin(np.arange(len(EVENTS)), [0, 1, 6])
_MIX = (30, 13, 15, 14, 9, 4, 6, 4, 3, 0, 0, 0, 2, 0.3, 8)
_MIX_CONNECTED = (26, 11, 13, 12, 8, 4, 6, 4, 3, 13, 0, 0, 2, 0.3, 8)
_MIX_NOT_SET_UP = (46, 18, 10, 7, 5, 4, 3, 1.5, 1.5, 0, 0, 0, 2, 0.3, 5)
_MIX_NO_CHAMPION = (36, 14, 18, 16, 8, 2, 4, 2, 3, 8, 0, 0, 1, 0.2, 0)
_MIX_PRICED = (26, 11, 13, 12, 8, 4, 6, 4, 4, 9, 0, 0, 1, 5, 8)
_MIX_ISLAND = (26, 9, 12, 11, 7, 3, 5, 3, 22, 0, 0, 0, 1.5, 0.3, 8)
_MIX_CUT = (26, 11, 13, 12, 8, 4, 6, 4, 6, 9, 0, 0, 1, 14, 8)
_MIX_SILENT = (34, 14, 17, 15, 9, 3, 5, 3, 3, 8, 0, 0, 1.5, 0.2, 1.2)
_STEPS = 1024
_SPARE_USERS = 4
"""Identities kept for successors of a champion."""


def weekly_means(block: Block, scale: float) -> Floats:
    """Return expected events, shape (spells, weeks); 0 outside the spell."""
    season = work_by_day(block.grid)[: block.grid.days].reshape(-1, 7).sum(axis=1) / 5.0
    usual = 9.0 * block.users**0.3 * block.of("intensity")
    noise = np.exp(block.rng.normal(0.0, 0.08, (len(block.spells), block.grid.weeks)))
    level = block.left_of("usage") * noise * block.lived()
    return np.asarray(scale * usual[:, None] * season[None, :] * level)


def events_table(block: Block, scale: float) -> pa.Table:
    """Return the canonical ``events`` of one block, sorted by account and time."""
    counts = block.rng.poisson(weekly_means(block, scale))
    cell = np.repeat(np.arange(counts.size), counts.ravel())
    spell, week = cell // block.grid.weeks, cell % block.grid.weeks
    del cell
    event, when = _kinds(block, spell, week), block.some_time(week)
    ordinal = _people(block, spell, week)
    milestones = _milestones(block)
    spell = np.concatenate([spell, milestones[0]])
    when = np.concatenate([when, milestones[1]])
    event = np.concatenate([event, milestones[2]])
    ordinal = np.concatenate([ordinal, np.zeros(len(milestones[0]), np.int64)])
    recorded = block.recorded(when, late_share=0.03, late_hours=72.0)
    kept = np.flatnonzero(block.within(spell, when) & (recorded < block.grid.end_us))
    order = kept[np.lexsort((when[kept], spell[kept]))]
    return _table(block, spell[order], when[order], recorded[order], event[order], ordinal[order])


def _kinds(block: Block, spell: Integers, week: Integers) -> Integers:
    """Draw the event of each row from the mix of its account's state in that week."""
    state = block.spells.state
    variant = np.where(state("integration") == 0, 1, 0)
    variant = np.where(state("integration") == 2, 5, variant)
    variant = np.where(state("price") == 1, 4, variant)
    variant = np.where(state("price") == 2, 6, variant)
    variant = np.where(state("champion") == 2, 3, variant)
    variant = np.where(state("champion") == 1, 7, variant)
    variant = np.where(np.isin(state("onboarding"), (1, 2)), 2, variant).astype(np.int8)
    mixes = np.array(
        [
            _MIX,
            _MIX_CONNECTED,
            _MIX_NOT_SET_UP,
            _MIX_NO_CHAMPION,
            _MIX_PRICED,
            _MIX_ISLAND,
            _MIX_CUT,
            _MIX_SILENT,
        ],
        dtype=float,
    )
    steps = (np.arange(_STEPS) + 0.5) / _STEPS
    lookup = np.stack([np.searchsorted(np.cumsum(m / m.sum()), steps) for m in mixes])
    drawn = block.rng.integers(0, _STEPS, len(spell))
    return np.asarray(lookup.astype(np.int8)[variant[spell, week], drawn])


def _people(block: Block, spell: Integers, week: Integers) -> Integers:
    """Draw who did it: 0 is the first champion, successors come after the ordinary users."""
    active = np.maximum(np.rint(block.users[:, None] * block.left_of("users")), 1).astype(np.int32)
    vacant = np.isin(block.spells.state("champion"), (1, 2))
    arrivals = np.diff(vacant.astype(np.int8), axis=1, prepend=0) == -1
    changes = np.minimum(np.cumsum(arrivals, axis=1), _SPARE_USERS - 1).astype(np.int32)
    champion = np.where(changes == 0, 0, block.users[:, None] + changes).astype(np.int32)
    here = active[spell, week]
    ordinal = np.floor(here * block.rng.random(len(spell)) ** 1.5).astype(np.int64)
    deputy = np.where(here > 1, 1, block.users[spell])
    stand_in = np.where(vacant[spell, week], deputy, champion[spell, week])
    return np.where(ordinal == 0, stand_in, ordinal)


def _milestones(block: Block) -> tuple[Integers, Integers, Integers]:
    """Return (spell, instant, event) of set-ups finished and first integrations connected."""
    found = []
    for code, event in (
        ("onboarding", "setup_completed"),
        ("integration", "integration_connected"),
    ):
        states = block.spells.state(code)
        done = (states[:, 1:] == 0) & (states[:, :-1] > 0)
        spell, week = np.nonzero(done)
        # The chain moved at the end of week `week`, in which the milestone was reached.
        when = block.some_time(week)
        found.append((spell, when, np.full(len(spell), EVENTS.index(event), np.int8)))
    spells, instants, events = zip(*found, strict=True)
    return np.concatenate(spells), np.concatenate(instants), np.concatenate(events)


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
    many = (event == _API) | (event == _EXPORT)
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
