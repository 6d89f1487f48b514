"""The rules for single rows, each declared once as data and one SQL condition.

A condition sees the row as ``t`` (canonical columns, ``t."unreadable column"``), its account as
``k`` (``account_id``, ``born``, ``listed``: the accounts table has it) and its subscription as
``b`` (``born``).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from features.tables import TABLES, Column

Action = Literal["quarantine", "blank", "keep"]

_EARLIEST, _LATEST = "TIMESTAMP '1970-01-01'", "TIMESTAMP '2200-01-01'"


@dataclass(frozen=True)
class RowRule:
    """One rule for the rows of one table.

    Attributes
    ----------
    code, title : str
    column : str
        Canonical column whose value is shown as the example.
    condition : str
        SQL, true or null; a row breaks the rule where it is true.
    action : {"quarantine", "blank", "keep"}
        What happens to the row: kept out, kept with the value as missing, or kept.
    phrase : str
        Completes "12 of 800 rows of tickets …".
    fix : str
    """

    code: str
    title: str
    column: str
    condition: str
    action: Action
    phrase: str
    fix: str


@dataclass(frozen=True)
class Surroundings:
    """What a rule needs to know beyond the row.

    Attributes
    ----------
    observed_until : datetime or None
        Exclusive end of what was observed (UTC); None while it is not known yet.
    accounts, births : bool
        Whether the clean accounts are known, and whether they have a ``created_at``.
    subscription_births : bool
        Whether rows can be held against the subscription they belong to.
    currency : str or None
        The currency all rows should be in.
    rate : str or None
        SQL for the rate at which the row's money becomes the company's; null where none is known.
    ratings : dict of str to str
        Column → SQL that is true where its value is outside the scale.
    copies : bool
        Whether ``t."copy"`` numbers the rows of one key.
    day_starts : dict of str to str
        Column → SQL for the midnight at which its day began.
    """

    observed_until: datetime | None = None
    accounts: bool = False
    births: bool = False
    subscription_births: bool = False
    currency: str | None = None
    rate: str | None = None
    ratings: dict[str, str] = field(default_factory=dict)
    copies: bool = False
    day_starts: dict[str, str] = field(default_factory=dict)


def row_rules(
    table: str, columns: Sequence[str], fallible: frozenset[str], around: Surroundings
) -> list[RowRule]:
    """Return the rules that apply to ``table`` with these ``columns``.

    Parameters
    ----------
    fallible : frozenset of str
        Columns whose source can hold something unreadable.
    """
    rules = [
        *_readable(table, columns, fallible),
        *_possible(table, columns),
        *_known(table, columns, around),
        *_ordered(table, columns, around),
        *_merged(table),
        *_amounts(table, columns, around),
        *_ratings(table, around),
    ]
    if around.copies:
        key = " and ".join(TABLES[table].key)
        rules.append(
            RowRule(
                "K104",
                "duplicate key",
                TABLES[table].key[0],
                't."copy" > 1',
                "quarantine",
                f"repeat a {key} that an earlier row has",
                "Keep one row per key, with SQL where the source has several.",
            )
        )
    return rules


def _readable(table: str, columns: Sequence[str], fallible: frozenset[str]) -> Iterator[RowRule]:
    for name in columns:
        column = _column(table, name)
        unreadable = f't."unreadable {name}"' if name in fallible else "false"
        if name in fallible:
            yield RowRule(
                "K102",
                f"not a {_WORD[column.kind]}",
                name,
                unreadable,
                _unless_needed(column),
                f"have a {name} that is not a {_WORD[column.kind]}",
                _HOW[column.kind].format(table=table, name=name),
            )
        if not column.may_be_missing:
            yield RowRule(
                "K103",
                "missing value",
                name,
                f't."{name}" IS NULL AND NOT {unreadable}',
                "quarantine",
                f"have no {name}",
                "Fill it in, or leave those rows out with SQL if they are meant to be.",
            )


def _possible(table: str, columns: Sequence[str]) -> Iterator[RowRule]:
    for name in columns:
        column = _column(table, name)
        if column.kind != "time":
            continue
        outside = f't."{name}" < {_EARLIEST} OR t."{name}" >= {_LATEST}'
        if name == "ended_at":
            outside = f't."{name}" < {_EARLIEST}'
            yield RowRule(
                "K207",
                "an end that never comes",
                name,
                f't."{name}" >= {_LATEST}',
                "blank",
                "end in 2200 or later, which is read as still running",
                "Leave the end empty for what is still running.",
            )
        yield RowRule(
            "K201",
            "impossible time",
            name,
            outside,
            _unless_needed(column),
            f"have a {name} before 1970 or after 2199",
            "Times are ISO 8601 or as `date_format` says; leave unknown ones empty.",
        )


def _known(table: str, columns: Sequence[str], around: Surroundings) -> Iterator[RowRule]:
    time = TABLES[table].time
    if time in columns and around.observed_until is not None:
        end = around.observed_until.isoformat(sep=" ")
        yield RowRule(
            "K202",
            "future row",
            str(time),
            f't."{time}" >= TIMESTAMP \'{end}\' AND t."{time}" < {_LATEST}',
            "quarantine",
            f"are from {end} or later, when the observation had ended",
            "Correct the times, or set data.observed_until if the data reach further.",
        )
    if table == "accounts" or not around.accounts:
        return
    yield RowRule(
        "K301",
        "unknown account",
        "account_id",
        't."account_id" IS NOT NULL AND k.account_id IS NULL',
        "quarantine",
        "belong to an account that the accounts table does not have",
        "Add the accounts, or check that both tables write the id the same way.",
    )
    if table in ("subscriptions", "churns"):
        yield RowRule(
            "K307",
            "account gone from the accounts table",
            "account_id",
            "NOT k.listed",
            "keep",
            "belong to an account that the accounts table does not have, or no longer has; they "
            "show that it existed, so it stays in the past, its attributes unknown",
            "Keep accounts that left or were deleted in the accounts table.",
        )
    if time in columns and around.births:
        kept = table in ("subscriptions", "churns", "identities")
        yield RowRule(
            "K205",
            "before the account existed",
            str(time),
            f't."{time}" < k.born AND t."{time}" >= {_EARLIEST}',
            "keep" if kept else "quarantine",
            "are older than their account's created_at",
            "Correct created_at, or leave it unmapped where it is not when the account began.",
        )
    if around.subscription_births:
        yield RowRule(
            "K206",
            "before its subscription",
            str(time),
            f't."{time}" < b.born AND t."{time}" >= {_EARLIEST}',
            "quarantine",
            "are older than the start of the subscription they name",
            "Correct the starts or the subscription ids.",
        )


def _merged(table: str) -> Iterator[RowRule]:
    if table == "identities":
        yield RowRule(
            "K305",
            "merged into itself",
            "merged_into",
            't."merged_into" = t."account_id"',
            "quarantine",
            "merge an account into itself",
            "account_id is the account that ceases, merged_into the one that goes on.",
        )


def _ordered(table: str, columns: Sequence[str], around: Surroundings) -> Iterator[RowRule]:
    start, end, code, title = {
        "subscriptions": ("started_at", "ended_at", "K203", "ends before it starts"),
        "tickets": ("opened_at", "resolved_at", "K204", "resolved before opened"),
        "identities": ("merged_at", "unmerged_at", "K208", "undone before it was done"),
    }.get(table, ("", "", "", ""))
    if start in columns and end in columns:
        yield RowRule(
            code,
            title,
            end,
            f't."{end}" < {around.day_starts[start]}',
            "quarantine",
            f"have {end} before {start}",
            "Correct the two times in the source.",
        )


def _amounts(table: str, columns: Sequence[str], around: Surroundings) -> Iterator[RowRule]:
    for name in ("mrr", "seats", "term_months", "quantity", "duration_s", "amount"):
        if name in columns and name in TABLES[table].columns:
            yield RowRule(
                "K302",
                "negative",
                name,
                f't."{name}" < 0',
                _unless_needed(_column(table, name)),
                f"have a negative {name}",
                "Map what is counted the other way (credit notes, returns) to events of its own.",
            )
    money = "mrr" if table == "subscriptions" else "amount"
    if around.rate is not None and money in columns:
        yield RowRule(
            "K306",
            "no rate for the currency",
            "currency",
            f'({around.rate}) IS NULL AND t."{money}" IS NOT NULL',
            "blank" if table == "subscriptions" else "quarantine",
            "are in a currency for which the settings have no rate on that day, so their "
            f"{money} cannot be added up",
            "Add it under [[company.rates]]: currency, rate, valid_from.",
        )
    elif around.currency is not None and "currency" in columns:
        yield RowRule(
            "K303",
            "mixed currencies",
            "currency",
            f'upper(t."currency") <> \'{around.currency}\' AND t."{money}" IS NOT NULL',
            "blank" if table == "subscriptions" else "quarantine",
            f"are in another currency than {around.currency}, so their {money} cannot be added up",
            f"Convert {money} with SQL and write one currency.",
        )


def _ratings(table: str, around: Surroundings) -> Iterator[RowRule]:
    for name, outside in around.ratings.items():
        yield RowRule(
            "K304",
            "outside the scale",
            name,
            outside,
            _unless_needed(_column(table, name)),
            f"have a {name} outside its scale",
            "NPS runs from 0 to 10; keep one scale per kind of survey.",
        )


def _unless_needed(column: Column) -> Action:
    return "quarantine" if column.required else "blank"


def _column(table: str, name: str) -> Column:
    return TABLES[table].columns.get(name, Column("text"))


_WORD = {
    "time": "time",
    "number": "number",
    "integer": "whole number",
    "truth": "yes or no",
    "text": "text",
}
_HOW = {
    "time": "Write ISO 8601 (2026-03-31T09:30), or set date_format under [tables.{table}], e.g. "
    '"%d/%m/%Y".',
    "number": "Write plain numbers (1234.5), without thousands separators or units.",
    "integer": "Write whole numbers.",
    "truth": "Write true/false, yes/no or 1/0, or map the words under "
    "[tables.{table}.values.{name}].",
    "text": "Write text.",
}
