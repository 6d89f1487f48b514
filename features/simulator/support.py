"""Tickets and surveys: pain is asked about and answered slowly, and it is told when asked."""

import numpy as np
import pyarrow as pa

from features.simulator.block import HOUR_US, Block, cells, rows, times, words
from features.simulator.names import INQUIRIES
from features.simulator.plan import Integers

CATEGORIES = tuple(INQUIRIES)
PRIORITIES = ("low", "normal", "high", "urgent")

_ASKED = {"onboarding": (1.0, 1.6, 1.1, 1.3), "decay": (1.0, 0.8, 0.6, 0.4, 1.0)}
ASKED_A_WEEK, BY_USERS = 0.05, 0.35
"""Ordinary tickets a week of one user, and the power of users with which they grow."""
PAIN = {"support": (0.0, 0.9, 2.2, 0.3)}
_MONEY = {"price": (0.0, 0.04, 0.10, 0.02)}
_ISLAND = {"integration": (0.0, 0.02, 0.08, 0.04)}
_SLOW = {"support": (1.0, 5.0, 9.0, 1.5)}
_UNSOLVED = {"support": (0.02, 0.15, 0.30, 0.05)}
_UNHAPPY = {"support": (0.0, 1.6, 2.3, 0.4), "price": (0.0, 0.2, 0.4, 0.1)}
_RESENTED = {
    "onboarding": (0.0, 0.2, 1.0, 0.5),
    "champion": (0.0, 0.3, 0.7, 0.2),
    "decay": (0.0, 0.3, 0.8, 1.2, 0.4),
    "support": (0.0, 1.0, 1.8, 0.4),
    "price": (0.0, 0.8, 1.5, 0.4),
    "integration": (0.0, 0.1, 0.5, 0.2),
}


def tickets_table(block: Block, first: int) -> pa.Table:
    """Return canonical ``tickets``; ids count up from ``first``."""
    means = ASKED_A_WEEK * block.users[:, None] ** BY_USERS * block.chances(_ASKED)
    kinds = (means, block.amounts(PAIN), block.amounts(_MONEY), block.amounts(_ISLAND))
    drawn = [cells(block.rng.poisson(kind * block.lived())) for kind in kinds]
    spell = np.concatenate([s for s, _ in drawn])
    week = np.concatenate([w for _, w in drawn])
    category = np.concatenate([_categories(block, k, len(s)) for k, (s, _) in enumerate(drawn)])
    opened = block.some_time(week)
    hours = np.exp(block.rng.normal(2.6, 0.9, len(spell))) * block.chances(_SLOW)[spell, week]
    resolved = opened + (hours * HOUR_US).astype(np.int64) + 60_000_000
    never = block.rng.random(len(spell)) < block.amounts(_UNSOLVED)[spell, week]
    open_still = never | (resolved >= block.grid.end_us)
    mood = 4.3 + 0.3 * block.of("cheer")[spell] - block.amounts(_UNHAPPY)[spell, week]
    csat = np.clip(np.rint(mood + block.rng.normal(0.0, 0.7, len(spell))), 1, 5)
    silent = open_still | (block.rng.random(len(spell)) < 0.45)
    table = rows(
        block,
        spell,
        opened,
        {
            "opened_at": times(opened),
            "resolved_at": times(resolved, open_still),
            "priority": words(PRIORITIES, _priorities(block, spell, week)),
            "category": words(CATEGORIES, category),
            "csat": pa.array(csat, mask=silent),
            "text": _texts(block, category),
            "recorded_at": times(block.recorded(opened, 0.02, 24.0)),
        },
    )
    ids = [f"T{first + n + 1:07d}" for n in range(table.num_rows)]
    return table.add_column(2, "ticket_id", pa.array(ids, pa.string()))


def _categories(block: Block, kind: int, count: int) -> Integers:
    """Draw categories of ordinary, painful, money and integration inquiries."""
    shares = (
        (0.46, 0.18, 0.08, 0.10, 0.18),
        (0.15, 0.65, 0.05, 0.10, 0.05),
        (0.0, 0.0, 1.0, 0.0, 0.0),
        (0.0, 0.0, 0.0, 1.0, 0.0),
    )
    return block.rng.choice(len(CATEGORIES), count, p=shares[kind])


def _priorities(block: Block, spell: Integers, week: Integers) -> Integers:
    urgent = np.append([0.0, 0.4, 1.9, 0.2], 0.0)[block.spells.state("support")[spell, week]]
    level = block.rng.normal(0.9 + urgent, 0.7)
    return np.clip(np.rint(level), 0, len(PRIORITIES) - 1).astype(np.int64)


def _texts(block: Block, category: Integers) -> pa.Array:
    texts = [text for group in INQUIRIES.values() for text in group]
    counts = np.array([len(group) for group in INQUIRIES.values()])
    starts = np.cumsum(counts) - counts
    place = starts[category] + np.floor(block.rng.random(len(category)) * counts[category])
    return words(tuple(texts), place)


def surveys_table(block: Block) -> pa.Table:
    """Return canonical ``surveys``: NPS each quarter, satisfaction twice a year, few answers."""
    spells, grid, rng = block.spells, block.grid, block.rng
    turn = spells.account % 13
    parts = []
    for every, shift, share in ((13, 0, 0.42), (26, 6, 0.38)):
        asked = (np.arange(grid.weeks)[None, :] + turn[:, None] + shift) % every == 0
        answered = asked & block.lived() & (rng.random(asked.shape) < share)
        parts.append(np.nonzero(answered))
    spell = np.concatenate([p[0] for p in parts])
    week = np.concatenate([p[1] for p in parts])
    kind = np.repeat([0, 1], [len(p[0]) for p in parts])
    mood = 8.3 + block.of("cheer")[spell] - block.amounts(_RESENTED)[spell, week]
    mood += rng.normal(0.0, 1.1, len(spell))
    rating = np.where(kind == 0, np.clip(np.rint(mood), 0, 10), np.clip(np.rint(mood / 2), 1, 5))
    when = block.some_time(week)
    columns = {
        "responded_at": times(when),
        "kind": words(("nps", "csat"), kind),
        "rating": pa.array(rating),
        "recorded_at": times(block.recorded(when, 0.10, 96.0)),
    }
    return rows(block, spell, when, columns)
