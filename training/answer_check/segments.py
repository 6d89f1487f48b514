"""The same figures for parts of the company: by plan, size, industry, tenure, model version."""

from collections.abc import Sequence

import numpy as np

from training.answer_check.alerts import Alert
from training.answer_check.leavers import Json, Leaver, counted
from training.answer_check.outcomes import tally
from training.answer_check.rules import Rules
from training.answer_check.timelines import Texts, Timelines

ORDER = ("plan", "size", "industry", "region", "tenure", "owner")
VERSION = "model_version"


def segments(lines: Timelines, left: list[Leaver], found: list[Alert], rules: Rules) -> list[Json]:
    """Return a line for each value of each segment column, the most leavers first.

    A leaver counts where it was ``weeks_before`` weeks before; an alert where it turned red.
    ``red`` and ``green`` are of the leavers ``scored``; ``alerts`` says how many of those that
    turned red left within the horizon.
    """
    known = [name for name in ORDER if name in lines.segments]
    names = [*known, *(name for name in lines.segments if name not in known)]
    return [
        line
        for name in names
        for line in _lines(name, lines.segments[name], lines, left, found, rules)
    ]


def versions(lines: Timelines, left: list[Leaver], found: list[Alert], rules: Rules) -> list[Json]:
    """Return the same by the model version that gave the score."""
    return _lines(VERSION, lines.version, lines, left, found, rules)


def _lines(
    column: str,
    values: Texts,
    lines: Timelines,
    left: list[Leaver],
    found: list[Alert],
    rules: Rules,
) -> list[Json]:
    rows = [one.rows[rules.weeks_before] for one in left if rules.weeks_before in one.rows]
    mature = [alert for alert in found if alert.outcome != "immature"]
    named = {str(values[row]) for row in rows} | {str(values[one.run.row]) for one in mature}
    table = []
    for value in named - {""}:
        inside = [one for one in mature if values[one.run.row] == value]
        counts = counted(lines, [row for row in rows if values[row] == value])
        table.append({"column": column, "value": value, **counts, "alerts": _right(inside, lines)})
    return sorted(table, key=lambda line: (-line["scored"], line["value"]))


def _right(some: Sequence[Alert], lines: Timelines) -> Json:
    rows = np.array([alert.run.row for alert in some], dtype=np.int64)
    return tally([alert.outcome == "left" for alert in some], lines, rows)
