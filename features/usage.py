"""Events summed up per account and day before they meet the cut-offs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import cache

from features.cells import Cells
from features.engines.light import dt, ibis, ops
from features.given import given
from features.recipe import Recipe
from features.windows import Expression

QUANTITY_UNIT = 1000
"""Quantities are summed as integers of a thousandth, so that sums are exact in every order."""
NAMES_A_WORD = 62
"""Names that are bits of one integer."""
MOST_NAMES = 6 * NAMES_A_WORD
"""With more names than this they are counted as rows, not as bits."""
LARGEST = 1e12
"""Quantities and durations beyond this are taken as this; sums then stay within integers."""


def in_units(number: Expression, unit: int) -> Expression:
    """Return ``number * unit`` as an integer, null where it is missing or not a number."""
    # What is usual is decided first, by comparisons that are false for what is not a number.
    unusual = ibis.cases(
        (number.isnan(), ibis.null("float64")),
        (number > LARGEST, ibis.literal(LARGEST, "float64")),
        (number < -LARGEST, ibis.literal(-LARGEST, "float64")),
    )
    kept = number.between(-LARGEST, LARGEST).ifelse(number, unusual)
    return (kept * unit).round().cast("int64")


def account_days(
    rows: ibis.Table, activity: Sequence[str] | None, named: Sequence[str]
) -> ibis.Table:
    """Return what each account did each day, split by the cut-off from which it is known.

    Parameters
    ----------
    rows : ibis.Table
        Placed events.
    activity : sequence of str or None
        Names of the events that count as use; None for all.
    named : sequence of str
        Event names that get columns of their own: ``n:<event>`` counts them, ``q:<event>`` adds
        their quantity.

    Returns
    -------
    ibis.Table
        ``account_id``, ``day``, ``known`` and integers: ``events``; ``active``, 1 in the first
        row of a day; ``squares``, what the row adds to the square of the day's events;
        ``duration_ms`` and ``quantity`` where the events have them.
    """
    sums = day_sums(rows, activity, named)
    return with_activity(rows.group_by(["account_id", "day", "known"]).aggregate(**sums))


def day_sums(
    rows: ibis.Table, activity: Sequence[str] | None, named: Sequence[str]
) -> dict[str, Expression]:
    """Return what `account_days` adds up: sums that parts of a day may be added up from."""
    usual = None if activity is None else rows.event.isin(activity)
    sums: dict[str, Expression] = {"events": rows.count(where=usual)}
    if "duration_s" in rows.columns:
        duration = in_units(rows.duration_s.cast("float64"), 1000)
        sums["duration_ms"] = duration.sum(where=usual)
    quantity = ibis.null("int64")
    if "quantity" in rows.columns:
        quantity = in_units(rows.quantity.cast("float64"), QUANTITY_UNIT)
        sums["quantity"] = quantity.sum(where=usual)
    for name in named:
        sums[f"n:{name}"] = rows.count(where=rows.event == name)
        if "quantity" in rows.columns:
            sums[f"q:{name}"] = quantity.sum(where=rows.event == name)
    return sums


def with_activity(days: ibis.Table) -> ibis.Table:
    """Add ``active`` and ``squares``, which add up to the same however late parts of a day came."""
    so_far = ibis.window(group_by=["account_id", "day"], order_by="known", preceding=(None, 0))
    days = days.mutate(total=days.events.sum().over(so_far).cast("int64"))
    before = days.total - days.events
    return days.mutate(
        active=((before == 0) & (days.events > 0)).cast("int64"),
        squares=days.total * days.total - before * before,
    ).drop("total")


def cells(days: ibis.Table, within: Cells) -> ibis.Table:
    """Return account-days merged into cells.

    ``day`` becomes the cell's first day, ``known`` the first cut-off at which the row counts; where
    there is ``active``, ``first_day`` and ``last_day`` are of active days.
    """
    measured = [n for n in days.columns if n not in ("account_id", "day", "known")]
    days = within.of(days)
    sums: dict[str, Expression] = {name: days[name].sum().cast("int64") for name in measured}
    if "active" in measured:
        active = days.active == 1
        sums["first_day"] = days.day.min(where=active)
        sums["last_day"] = days.day.max(where=active)
    return _cell_rows(days.group_by(["account_id", "cell", "first_c"]).aggregate(**sums))


def event_cells(
    rows: ibis.Table, within: Cells, activity: Sequence[str] | None, columns: Collection[str]
) -> ibis.Table:
    """Return what `cells` makes of account-days, straight from the events.

    The days of use within a cell are the ``bits`` of one integer, so that no row per day is needed;
    `with_new_days` counts them.

    Parameters
    ----------
    rows : ibis.Table
        Placed events, each with the ``word`` and ``name_bit`` of its name where names are wanted.
    columns : collection of str
        Which of the columns of `account_days` to add up, all but ``squares``; ``w0``, ``w1``, …
        for the names seen, as bits.
    """
    named = [column[2:] for column in columns if column.startswith("n:")]
    named += [column[2:] for column in columns if column.startswith("q:")]
    rows = within.of(rows)
    usual = None if activity is None else rows.event.isin(activity)
    sums = day_sums(rows, activity, sorted(set(named)))
    sums = {name: value.cast("int64") for name, value in sums.items() if name in columns}
    for column in columns:
        if is_word(column):
            sums[column] = rows.name_bit.bit_or(where=rows.word == int(column[1:]))
    sums["bits"] = rows.bit.bit_or(where=usual)
    if "first_day" in columns:
        sums["first_day"] = rows.day.min(where=usual)
    sums["last_day"] = rows.day.max(where=usual)
    return _cell_rows(rows.group_by(["account_id", "cell", "first_c"]).aggregate(**sums))


def with_new_days(cells: ibis.Table, on_time: ibis.Table) -> ibis.Table:
    """Return `event_cells` with ``active``, the days that no earlier row of the cell has.

    Only where rows of a cell became known at several cut-offs must they be held against each
    other; those cells are few.

    Parameters
    ----------
    on_time : ibis.Table
        See `Cells.on_time`.
    """
    placed = cells.select("account_id", "day", "known").join(on_time, "day")
    late = placed.filter(placed.known > placed.on_time)
    late = late.select(late_account="account_id", late_day="day").distinct()
    same = [cells.account_id == late.late_account, cells.day == late.late_day]
    at_once = cells.anti_join(late, same)
    at_once = at_once.mutate(active=ones(at_once.bits.coalesce(0)))
    split = cells.semi_join(late, same)
    earlier = ibis.window(group_by=["account_id", "day"], order_by="known", preceding=(None, 1))
    new = split.bits & ~split.bits.bit_or().over(earlier).coalesce(0)
    split = split.mutate(active=ones(new.coalesce(0)))
    return ibis.union(at_once, split.select(*at_once.columns)).drop("bits")


def _cell_rows(found: ibis.Table) -> ibis.Table:
    return found.rename(day="cell", known="first_c")


def added_up(rows: ibis.Table, keys: Sequence[str]) -> ibis.Table:
    """Return what accounts did, added up per ``keys``: sums, the days' extremes, all names."""
    sums: dict[str, Expression] = {}
    for name in rows.columns:
        column = rows[name]
        if name in ("first_day", "last_day"):
            sums[name] = column.min() if name == "first_day" else column.max()
        elif is_word(name):
            sums[name] = column.bit_or()
        elif name not in keys:
            # Forced: DuckDB's sum is of 128 bits, and slow to be added up again.
            sums[name] = ops.Cast(column.sum(), dt.int64).to_expr()
    return rows.group_by(list(keys)).aggregate(**sums)


def is_word(column: str) -> bool:
    """Return whether a column holds names as bits: ``w0``, ``w1``, …."""
    return column[0] == "w" and column[1:].isdigit()


def key_cells(rows: ibis.Table, key: str, within: Cells) -> ibis.Table:
    """Return the cells in which each value of ``key`` was seen, once each.

    As `days_per`, with the cell's first day as ``day`` and a cut-off as ``known``.
    """
    rows = within.of(rows.filter(rows[key].notnull()).select("account_id", key, "day", "known"))
    found = rows.group_by(["account_id", key, "cell"]).aggregate(known=rows.first_c.min())
    return found.rename(day="cell")


def as_bits(names: Iterable[str | None]) -> tuple[str, ...]:
    """Return the names in the order of their bits; none where they are too many to be bits."""
    found = sorted(name for name in names if name is not None)
    return tuple(found) if len(found) <= MOST_NAMES else ()


def words(names: Sequence[str]) -> int:
    """Return how many integers hold a bit for each of the names."""
    return -(-len(names) // NAMES_A_WORD)


def with_words(rows: ibis.Table, names: Sequence[str]) -> ibis.Table:
    """Return events with the ``word`` of their name and its ``name_bit`` there."""
    found = given(Recipe("words", {}), **places_of(names))
    return rows.join(found, rows.event == found.spoken).drop("spoken")


def places_of(names: Sequence[str]) -> dict[str, Sequence[str] | list[int]]:
    """Return each name with its ``word`` and its ``name_bit`` there."""
    places = [divmod(place, NAMES_A_WORD) for place in range(len(names))]
    return {
        "spoken": names,
        "word": [word for word, _ in places],
        "name_bit": [1 << place for _, place in places],
    }


@cache
def _bit_count() -> Expression:
    """Return the function that counts the bits that are set: every engine has it."""

    def bit_count(number: int) -> dt.int8: ...

    return ibis.udf.scalar.builtin(bit_count)


def ones(bits: Expression) -> Expression:
    """Return how many bits of an integer are set, as an integer that adds up exactly."""
    return _bit_count()(bits).cast("int64")


def days_per(rows: ibis.Table, key: str) -> ibis.Table:
    """Return the placed days on which each value of ``key`` was seen, once each."""
    rows = rows.filter(rows[key].notnull())
    return rows.group_by(["account_id", key, "day"]).aggregate(known=rows.known.min())


def kept_users(cells: ibis.Table) -> ibis.Table:
    """Return the users of the 28 days before the last 28, with ``kept``: 1 if in those as well.

    Parameters
    ----------
    cells : ibis.Table
        The users' cells of the last 56 days, at each cut-off where they count.
    """
    cells = cells.mutate(earlier=cells.day < cells.c - 28)
    found = cells.group_by(["c", "account_id", "user_id"]).aggregate(
        day=cells.day.min(), kept=(~cells.earlier).cast("int64").max()
    )
    return found.filter(found.day < found.c - 28)
