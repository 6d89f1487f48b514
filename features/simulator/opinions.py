"""What customer success thinks of its accounts: seen with their own eyes, and often wrongly."""

import numpy as np
import pyarrow as pa

from features.simulator.block import Block, rows, times, words
from features.simulator.causes import CAUSES
from features.simulator.names import OWNERS

OPINIONS = ("green", "yellow", "red")
WEEKLY = 0.08
"""How often somebody writes down what they think: about every three months."""
_SEES, _CALLS_IT_RED = 0.45, 0.6
_YELLOW_FOR_NOTHING, _RED_FOR_NOTHING = 0.08, 0.015


def opinions_table(block: Block) -> pa.Table:
    """Return canonical ``opinions``.

    Whoever looks notices each cause at work with a chance below one half, and sometimes sees
    trouble where there is none; nobody's opinion moves anything in the simulated world.
    """
    lived, drawn = block.lived(), block.rng.random
    troubles = np.zeros(lived.shape, dtype=np.int64)
    for index, cause in enumerate(CAUSES):
        states = block.spells.states[index]
        at_work = np.append(np.array(cause.rates) > 0.001, False)[states]
        troubles += at_work & (drawn(lived.shape) < _SEES)
    red = (troubles > 0) & (drawn(lived.shape) < _CALLS_IT_RED)
    red |= drawn(lived.shape) < _RED_FOR_NOTHING
    yellow = (troubles > 0) | (drawn(lived.shape) < _YELLOW_FOR_NOTHING)
    opinion = np.where(red, 2, np.where(yellow, 1, 0))
    spell, week = np.nonzero(lived & (drawn(lived.shape) < WEEKLY))
    when = block.some_time(week)
    columns = {
        "stated_at": times(when),
        "opinion": words(OPINIONS, opinion[spell, week]),
        "by": words(OWNERS, block.of("owner")[spell]),
        "recorded_at": times(block.recorded(when, 0.05, 48.0)),
    }
    return rows(block, spell, when, columns)
