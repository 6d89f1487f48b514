"""Leavers as the company notes them: late at times, and not always for the true reason."""

import numpy as np
import pyarrow as pa

from features.simulator.block import Block, times, words
from features.simulator.causes import MERGER, OTHER
from features.simulator.lives import REASONS


def churns_table(block: Block) -> pa.Table:
    """Return canonical ``churns``, one row per ended spell that is known by the end.

    In one of eight the reason was not asked, in one of twelve it was noted as ``other``.
    """
    spells, grid, rng = block.spells, block.grid, block.rng
    spell = np.flatnonzero(spells.reason >= 0)
    when = grid.contract_time(spells.end[spell])
    reason = spells.reason[spell]
    noted = np.where(rng.random(len(spell)) < 1 / 12, REASONS.index(OTHER), reason)
    recorded = block.recorded(when, 0.25, 120.0)
    table = pa.table(
        {
            "account_id": block.account_ids(spell),
            "churned_at": times(when),
            "reason": words(REASONS, noted, rng.random(len(spell)) < 1 / 8),
            "voluntary": pa.array(reason != REASONS.index(MERGER)),
            "recorded_at": times(recorded),
        }
    )
    return table.filter(pa.array(recorded < grid.end_us))
