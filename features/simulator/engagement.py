"""Messages, courses and what customer success did: the relationship as it can be seen."""

import numpy as np
import pyarrow as pa

from features.simulator.block import HOUR_US, Block, rows, times, words
from features.simulator.causes import CAUSES
from features.simulator.names import OWNERS
from features.simulator.plan import Integers, Truths

KINDS = (
    "email_sent",
    "email_open",
    "email_click",
    "event_invited",
    "event_attended",
    "community_post",
    "meeting",
)
DIRECTIONS = ("outbound", "inbound")
COURSES = ("first_steps", "projects", "reports", "integrations", "administration", "hands_on")
PLAYS = (*(cause.play for cause in CAUSES), "quarterly_review")
OUTCOMES = ("reached", "no_answer")

_INTEREST = {
    "onboarding": (1.0, 1.1, 0.85, 1.0),
    "champion": (1.0, 0.35, 0.05, 0.7),
    "decay": (1.0, 0.95, 0.90, 0.85, 1.0),
}
"""Letters, events and the community are for the person who wanted the product."""
_MET = {
    "onboarding": (1.0, 2.0, 0.8, 2.5),
    "champion": (1.0, 0.3, 0.03, 1.8),
    "decay": (1.0, 0.95, 0.85, 0.75, 1.8),
    "support": (1.0, 1.1, 1.2, 2.0),
}
_LEARNT = {"onboarding": (0.025, 0.45, 0.01, 0.30)}


def messages_table(block: Block) -> pa.Table:
    """Return canonical ``messages``."""
    interest = np.minimum(block.chances(_INTEREST) * np.exp(0.2 * block.of("cheer"))[:, None], 1.8)
    parts = [*_mailings(block, interest), *_events(block, interest)]
    lived, drawn = block.lived(), block.rng.random
    posts = lived & (drawn(lived.shape) < 0.07 * interest)
    size = 0.5 + 0.5 * block.of("plan")
    meetings = lived & (drawn(lived.shape) < 0.12 * size[:, None] * block.chances(_MET))
    parts += [_at_any_time(block, posts, 5), _at_any_time(block, meetings, 6)]
    spell, when, kind = (np.concatenate([part[k] for part in parts]) for k in range(3))
    columns = {
        "occurred_at": times(when),
        "kind": words(KINDS, kind),
        "direction": words(DIRECTIONS, np.isin(kind, (1, 2, 4, 5)).astype(np.int64)),
        "recorded_at": times(block.recorded(when, 0.02, 36.0)),
    }
    return rows(block, spell, when, columns)


Part = tuple[Integers, Integers, Integers]


def _mailings(block: Block, interest: np.ndarray) -> list[Part]:
    """Return a letter every second week, its openings and clicks."""
    spell, week = np.nonzero(block.lived() & (np.arange(block.grid.weeks) % 2 == 0)[None, :])
    sent = block.grid.at(block.weekday(week, 1)) + HOUR_US
    opened = block.rng.random(len(spell)) < 0.45 * interest[spell, week]
    clicked = opened & (block.rng.random(len(spell)) < 0.32)
    delay = (block.rng.exponential(7.0, len(spell)) * HOUR_US).astype(np.int64) + 30_000_000
    return [
        (spell, sent, np.zeros(len(spell), np.int64)),
        (spell[opened], (sent + delay)[opened], np.full(opened.sum(), 1)),
        (spell[clicked], (sent + delay)[clicked] + 40_000_000, np.full(clicked.sum(), 2)),
    ]


def _events(block: Block, interest: np.ndarray) -> list[Part]:
    """Return an invitation every fourth week and who came, nine days later."""
    spell, week = np.nonzero(block.lived() & (np.arange(block.grid.weeks) % 4 == 1)[None, :])
    invited = block.grid.at(block.weekday(week, 0)) + 2 * HOUR_US
    came = block.rng.random(len(spell)) < 0.24 * interest[spell, week]
    day = block.weekday(week[came], 2) + 7
    return [
        (spell, invited, np.full(len(spell), 3)),
        (spell[came], block.grid.at(day) + 6 * HOUR_US, np.full(came.sum(), 4)),
    ]


def _at_any_time(block: Block, happened: Truths, kind: int) -> Part:
    spell, week = np.nonzero(happened)
    when = block.some_time(week)
    return spell, when, np.full(len(spell), kind)


def learning_table(block: Block) -> pa.Table:
    """Return canonical ``learning``: courses in order, hardly any once the set-up stalls."""
    taken = block.lived() & (
        block.rng.random((len(block.spells), block.grid.weeks)) < block.amounts(_LEARNT)
    )
    number = np.cumsum(taken, axis=1) - 1
    taken &= number < len(COURSES)
    spell, week = np.nonzero(taken)
    when = block.some_time(week)
    stalled = block.spells.state("onboarding")[spell, week] == 2
    finished = block.rng.random(len(spell)) < np.where(stalled, 0.25, 0.9)
    columns = {
        "occurred_at": times(when),
        "course": words(COURSES, number[spell, week]),
        "completed": pa.array(finished),
        "recorded_at": times(block.recorded(when, 0.02, 24.0)),
    }
    return rows(block, spell, when, columns)


def actions_table(block: Block) -> pa.Table:
    """Return canonical ``actions``: those that changed something, those in vain, and routine."""
    found: list[tuple[Integers, Integers, int, int]] = []
    for index, cause in enumerate(CAUSES):
        states = block.spells.states[index]
        helped = (states[:, 1:] == cause.cared_for) & (states[:, :-1] != cause.cared_for)
        helped &= states[:, :-1] >= 0
        active = np.append(np.array(cause.rates) > 0.001, False)[states]
        in_vain = active & (block.rng.random(states.shape) < 0.015) & block.lived()
        found += [_done(helped, index, 0), _done(in_vain, index, 1)]
    routine = block.lived() & (block.rng.random(block.lived().shape) < 0.012)
    found.append(_done(routine, len(CAUSES), 0))
    spell = np.concatenate([f[0] for f in found])
    week = np.concatenate([f[1] for f in found])
    play = np.repeat([f[2] for f in found], [len(f[0]) for f in found])
    outcome = np.repeat([f[3] for f in found], [len(f[0]) for f in found])
    when = block.some_time(week)
    columns = {
        "performed_at": times(when),
        "play": words(PLAYS, play),
        "by": words(OWNERS, block.of("owner")[spell]),
        "outcome": words(OUTCOMES, outcome),
        "recorded_at": times(block.recorded(when, 0.10, 72.0)),
    }
    return rows(block, spell, when, columns)


def _done(where: Truths, play: int, outcome: int) -> tuple[Integers, Integers, int, int]:
    """Return (spell, week, play, outcome) of the actions performed ``where``."""
    spell, week = np.nonzero(where)
    return spell, week, play, outcome
