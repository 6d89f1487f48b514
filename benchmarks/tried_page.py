"""What ``benchmarks.tried`` found, as a part of ``docs/simulator.md``."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

FOUND = Path(__file__).with_name("tried.json")
Json = dict[str, Any]

HEAD = """
## What the declared features bring, and other recipes

Measured by `{command}` on companies of other seeds than the one above: {accounts:,} accounts
over {years} years with {scale:g} times the usual events ({rows} rows to learn from, {churns} of
leavers). AUC behind the truth, in brackets with the same features fitted on the truth instead of
outcomes, and log loss behind; expected under the truth, without the luck of who left in the test,
and with no dates kept back. One fit each.

| features, recipe | columns | {seeds} | log loss, mean |
|---|---|{rules}---|
"""

WORDS = """
A company's pace is its own, so a count says little until something is known to compare it with,
and a tree of eight leaves cannot divide: hence counts held against the account's own past, in units
of what chance moves them by, and shares of opposite events. None of these columns has a good
direction declared. Differences between recipes that change sign from company to company are luck.
Three seeds of the folds are nearer on every company, for three times the trees, which a training
and every request would pay for: the recipe for so many rows (`training/recipe.py`) has one.
"""


def section(told: Json) -> str:
    """Return the part of ``docs/simulator.md``, in Markdown."""
    found = told["found"]
    head = HEAD.format(
        command=told["command"],
        accounts=told["accounts"],
        years=told["years"],
        scale=told["scale"],
        rows=_each(found, "rows"),
        churns=_each(found, "churns"),
        seeds=" | ".join(f"seed {one['seed']}" for one in found),
        rules="---|" * len(found),
    )
    return head + "".join(_line(line, found) for line in found[0]["lines"]) + WORDS


def _each(found: Sequence[Json], name: str) -> str:
    low, high = (pick(one[name] for one in found) for pick in (min, max))
    return f"{low:,} to {high:,}"


def _line(line: str, found: Sequence[Json]) -> str:
    here = [one["lines"][line] for one in found]
    cells = []
    for told in here:
        shown = f" ({told['shown']['auc_behind']:.4f})" if "shown" in told else ""
        cells.append(f"{told['auc_behind']:.4f}{shown}")
    loss = float(np.mean([told["log_loss_behind"] for told in here]))
    return f"| {line} | {here[0]['features']} | {' | '.join(cells)} | {loss:.4f} |\n"
