"""What became of each band: the answer check the other way round."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from training.answer_check.leavers import BANDS, Json, interval, share
from training.answer_check.rules import Rules
from training.answer_check.timelines import DAY, Timelines

LEAST_FOR_RELIABILITY = 100
"""With fewer rows a comparison of said and come is noise."""


@dataclass(frozen=True)
class Fate:
    """One account at the beginning of one window, and whether it left within it."""

    account_id: str
    at: int
    row: int
    left: bool


def windows(lines: Timelines, start: int, end: int, rules: Rules) -> list[int]:
    """Return the beginnings of all whole windows that end by ``end``, the latest first.

    They do not overlap, so that nobody's leaving is counted twice; a window that would run past
    ``end`` is immature and does not exist, so that nobody in it counts as having stayed.
    """
    span = rules.horizon_days * DAY
    first = max(start, int(lines.at.min())) if len(lines) else end
    begins = range(end - rules.lead_days * DAY - span, first - 1, -span)
    return list(begins)


def fates(
    lines: Timelines, gone: dict[str, list[int]], begins: list[int], rules: Rules
) -> list[Fate]:
    """Return every account with a score in force at the beginning of each window."""
    return list(_fates(lines, gone, begins, rules))


def _fates(
    lines: Timelines, gone: dict[str, list[int]], begins: list[int], rules: Rules
) -> Iterator[Fate]:
    stale, lead, span = (
        days * DAY for days in (rules.stale_days, rules.lead_days, rules.horizon_days)
    )
    for at in begins:
        for account in lines.lines:
            row = lines.in_force(account, at, stale)
            if row < 0:
                continue
            after = [left for left in gone.get(account, ()) if left >= lines.at[row]]
            if after and after[0] < at + lead:
                continue  # gone before the window began: not there to be foretold
            yield Fate(account, at, row, bool(after) and after[0] < at + lead + span)


def outcomes_table(lines: Timelines, found: list[Fate]) -> list[Json]:
    """Return for each band of how many which share left; ``said`` is the mean probability."""
    table = []
    for band in BANDS:
        inside = [fate for fate in found if lines.band[fate.row] == band]
        if inside:
            rows = np.array([fate.row for fate in inside])
            table.append({"band": band, **tally([fate.left for fate in inside], lines, rows)})
    return table


def tally(left: list[bool], lines: Timelines, rows: np.ndarray) -> Json:
    """Return how many there are, how many left, the share with its interval, and what was said."""
    said = lines.probability[rows] if len(rows) else np.array([np.nan])
    return {
        "accounts": len(left),
        "left": sum(left),
        "share": share(sum(left), len(left)),
        "interval": interval(sum(left), len(left)),
        "said": None if np.isnan(said).any() else float(said.mean()),
    }


def reliability(lines: Timelines, found: list[Fate]) -> list[Json]:
    """Return said against come in groups of equal size; empty without enough probabilities."""
    from training.metrics import reliability as grouped

    p = np.array([lines.probability[fate.row] for fate in found])
    left = np.array([fate.left for fate in found], dtype=np.float64)
    known = ~np.isnan(p)
    if known.sum() < LEAST_FOR_RELIABILITY:
        return []
    return grouped(left[known], p[known])
