"""The rules a flat table's rows and columns are held against."""

from collections.abc import Sequence

from features.checks.rules import RowRule
from features.checks.violations import Severity, Violation
from features.flat.columns import FlatColumn
from features.settings import Flat

_TITLES = {
    "K401": "knows the future by its name",
    "K402": "filled only for leavers",
    "K403": "tied to leaving",
    "K404": "a time after its row's date",
    "K603": "empty column",
    "K604": "constant column",
    "K605": "like an id",
}
_FIXES = {
    "K603": "Fill it, or list it under flat.exclude.",
    "K604": "Nothing; list it under flat.exclude to silence this.",
    "K605": "Nothing; list it under flat.exclude to silence this.",
}


def flat_rules(flat: Flat) -> list[RowRule]:
    """Return the rules for single rows; columns as in ``typed.flat``."""
    rules = [
        RowRule(
            "K103",
            "missing value",
            "account_id",
            "t.account_id IS NULL",
            "quarantine",
            "have no account id",
            "Fill it in.",
        ),
        RowRule(
            "K104",
            "duplicate key",
            "account_id",
            't."copy" > 1',
            "quarantine",
            "repeat an account id" + (" and time" if flat.as_of else "") + " of an earlier row",
            "Keep one row per account"
            + (" and time." if flat.as_of else ", or name the time column under flat.as_of."),
        ),
        RowRule(
            "K601",
            "unknown label",
            "label",
            "t.label IS NOT NULL AND t.churned IS NULL",
            "quarantine",
            "have a label that is neither in churned_values nor in stayed_values",
            "Add the word to flat.churned_values or flat.stayed_values.",
        ),
        RowRule(
            "K602",
            "no label",
            "label",
            "t.label IS NULL",
            "keep",
            "have no label: they can be scored, but nothing is learned from them",
            "Fill it in where it is known.",
        ),
    ]
    if flat.as_of is not None:
        rules += _time_rules()
    return rules


def _time_rules() -> list[RowRule]:
    return [
        RowRule(
            "K102",
            "not a time",
            "as_of",
            't."unreadable as_of"',
            "quarantine",
            "have an as_of that is not a time",
            "Write ISO 8601 (2026-03-31T09:30).",
        ),
        RowRule(
            "K103",
            "missing value",
            "as_of",
            't.as_of IS NULL AND NOT t."unreadable as_of"',
            "quarantine",
            "have no as_of",
            "Fill it in.",
        ),
        RowRule(
            "K201",
            "impossible time",
            "as_of",
            "t.as_of < TIMESTAMP '1970-01-01' OR t.as_of >= TIMESTAMP '2200-01-01'",
            "quarantine",
            "have an as_of before 1970 or after 2199",
            "Correct the times.",
        ),
    ]


def column_violations(columns: Sequence[FlatColumn], rows: int) -> list[Violation]:
    """Return what is wrong with single columns."""
    found = []
    for column in columns:
        if column.verdict:
            found.append(
                violation(
                    column.verdict,
                    _TITLES[column.verdict],
                    f"flat.{column.source} {column.phrase}. No feature is made from it.",
                    _FIXES.get(column.verdict, "Give what was known at the time instead."),
                    column=column.source,
                    rows=rows,
                )
            )
        elif column.unread:
            found.append(
                violation(
                    "K102",
                    "not a number",
                    f"{column.unread:,} of {rows:,} rows of flat have a {column.source} that is "
                    f"not a number: '{column.example}'. There the value counts as missing.",
                    "Correct them, or list the column under flat.categories.",
                    column=column.source,
                    rows=column.unread,
                    example=column.example,
                )
            )
    return found


def table_violations(
    read: int, kept: int, left: int, stayed: int, features: int
) -> list[Violation]:
    """Return what is too little in the table as a whole."""
    if not kept:
        found = "has no rows" if not read else f"has {read:,} rows and none of them can be used"
        return [
            violation(
                "K105", "empty table", f"The flat table {found}.", "Check the file.", "refused"
            )
        ]
    if kept == 1:
        return [
            violation(
                "K501",
                "only one account",
                "The flat table has a single account, and there is nothing to compare it with.",
                "Give all accounts, those that left included.",
                "refused",
            )
        ]
    problems = []
    if not features:
        problems.append(
            violation(
                "K606",
                "no feature left",
                "No column of the flat table can be used as a feature.",
                "See the reasons given for each column.",
                "refused",
            )
        )
    return problems + _one_sided(left, stayed)


def _one_sided(left: int, stayed: int) -> list[Violation]:
    """Return what is wrong where accounts all left or all stayed."""
    if stayed and not left:
        return [
            violation(
                "K502",
                "nobody ever left",
                f"None of {stayed:,} accounts has left, so there is nothing to learn from.",
                "Give the accounts that left as well; check flat.churned_values.",
            )
        ]
    if left and not stayed:
        return [
            violation(
                "K503",
                "everybody left",
                f"All {left:,} accounts have left, so there is nothing to tell apart.",
                "Give the accounts that stayed as well; check flat.stayed_values.",
            )
        ]
    return []


def violation(
    code: str,
    title: str,
    sentence: str,
    fix: str,
    severity: Severity = "warning",
    column: str = "",
    rows: int = 0,
    example: str = "",
) -> Violation:
    """Return a violation of the flat table."""
    return Violation(
        code=code,
        title=title,
        severity=severity,
        table="flat",
        column=column,
        rows=rows,
        example_row=None,
        example_value=example,
        sentence=sentence,
        fix=fix,
    )
