"""The cells of accounts from stored days, for the views that otherwise start from events."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from features import usage
from features.cells import Cells
from features.digests.reading import Digests
from features.engines.light import ibis
from features.windows import Expression

KEYS = ["account_id", "cell", "first_c"]


def cells(
    digests: Digests,
    within: Cells,
    reaches: Mapping[str, int | None],
    names: Collection[str],
    near: int,
) -> ibis.Table:
    """Return what `usage.event_cells` makes of the events, from the days that are stored of them.

    Parameters
    ----------
    reaches : mapping of str to int or None
        Which of the columns of `usage.account_days` to add up, ``squares`` and ``names`` included,
        and how far back each is read at least, see `windows.within`.
    names : collection of str
        The names of events, in the order of their bits, where ``reaches`` has ``names``.
    near : int
        So many days before a cut-off every day of a name is wanted, and not only the last.
    """
    far = None if within.whole else max(within.edges)
    rows = within.of(digests.days("account_days", within.cut_days, far))
    used = rows.events > 0
    sums: dict[str, Expression] = {
        name: rows[name].sum().cast("int64")
        for name in rows.columns
        if name in reaches and name not in ("first_day", "last_day")
    }
    sums["bits"] = rows.bit.bit_or(where=used)
    if "first_day" in reaches:
        sums["first_day"] = rows.day.min(where=used)
    if "last_day" in reaches:
        sums["last_day"] = rows.day.max(where=used)
    parts = [rows.group_by(KEYS).aggregate(**sums)]
    if "squares" in reaches:
        parts.append(_squares(digests, within, reaches["squares"]))
    if "names" in reaches and names:
        parts.append(_names(digests, within, reaches["names"], near, list(names)))
    return stacked(*parts).rename(day="cell", known="first_c")


def _squares(digests: Digests, within: Cells, far: int | None) -> ibis.Table:
    """Return the squares of each day's events: of a day in several files, of their sum."""
    rows = digests.days("account_days", within.cut_days, far)
    # At one cut-off all parts of a day count together, whenever each of them came.
    once = len(within.cut_days) == 1
    days = rows.group_by(["account_id", "day"] if once else ["account_id", "day", "known"])
    days = days.aggregate(
        events=rows.events.sum().cast("int64"), **({"known": rows.known.max()} if once else {})
    )
    days = days.mutate(squares=days.events * days.events) if once else usage.with_activity(days)
    days = within.of(days)
    return days.group_by(KEYS).aggregate(squares=days.squares.sum().cast("int64"))


def _names(
    digests: Digests, within: Cells, far: int | None, near: int, names: list[str]
) -> ibis.Table:
    rows = digests.newest("event", within.cut_days, far, near)
    rows = within.of(usage.with_words(rows, names))
    words = {f"w{n}": rows.name_bit.bit_or(where=rows.word == n) for n in range(usage.words(names))}
    return rows.group_by(KEYS).aggregate(**words)


def stacked(*tables: ibis.Table) -> ibis.Table:
    """Return the rows of all; a column that a table lacks is null in its rows."""
    kinds = {name: kind for table in tables for name, kind in table.schema().items()}
    every = []
    for table in tables:
        there = table.columns
        filled = {n: table[n] if n in there else ibis.null(kind) for n, kind in kinds.items()}
        every.append(table.select(**{n: value.cast(kinds[n]) for n, value in filled.items()}))
    return ibis.union(*every) if len(every) > 1 else every[0]
