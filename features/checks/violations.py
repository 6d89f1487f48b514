"""What a check found: one violation each, and the report that holds them."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from features.checks.upstream import Delivery

Severity = Literal["refused", "quarantined", "warning"]


@dataclass(frozen=True)
class Violation:
    """One rule that some rows, a column or a whole table broke.

    Attributes
    ----------
    code : str
        Stable name of the rule: ``K205``.
    title : str
        The rule in a few words.
    severity : {"refused", "quarantined", "warning"}
        ``refused``: the table or the whole input cannot be used. ``quarantined``: those rows are
        kept out and written to the quarantine file. ``warning``: the rows stay; where a single
        value could not be used it counts as missing, and the sentence says so.
    table, column : str
        Canonical table; column as canonically called, with its source name where that differs.
    rows : int
        How many rows the violation touches.
    example_row : int or None
        Where to look: the first such row, counted as a spreadsheet shows it (a CSV file's header
        is row 1), from 1 in Parquet files and databases.
    example_value : str
        The offending value of that row.
    sentence : str
        What is wrong, complete with counts and the example.
    fix : str
        What the reader can do about it.
    """

    code: str
    title: str
    severity: Severity
    table: str
    column: str
    rows: int
    example_row: int | None
    example_value: str
    sentence: str
    fix: str


@dataclass(frozen=True)
class CheckReport:
    """Everything a check found, with the account of every row.

    For each table that was read ``rows_read == rows_kept + rows_quarantined`` holds.

    Attributes
    ----------
    violations : tuple of Violation
        In the order of the tables; refusals first within a table.
    rows_read, rows_kept : dict of str to int
        By table.
    quarantine_files : dict of str to Path
        Where the refused rows of a table are.
    leaking_columns : frozenset of (table, column)
        Columns that know the future: they are left out of the tables handed on.
    delivery : Delivery or None
        The load as the next one will be held against it; None where nothing was read.
    left_out : int
        Accounts that were erased and that the source still holds.
    """

    violations: tuple[Violation, ...] = ()
    rows_read: dict[str, int] = field(default_factory=dict)
    rows_kept: dict[str, int] = field(default_factory=dict)
    quarantine_files: dict[str, Path] = field(default_factory=dict)
    leaking_columns: frozenset[tuple[str, str]] = frozenset()
    delivery: "Delivery | None" = None
    left_out: int = 0

    @property
    def refused(self) -> tuple[Violation, ...]:
        """The violations that leave the input unusable."""
        return tuple(v for v in self.violations if v.severity == "refused")

    @property
    def usable(self) -> bool:
        """Whether the input can be worked with."""
        return not self.refused

    def rows_quarantined(self, table: str) -> int:
        """Return how many rows of ``table`` were kept out."""
        return self.rows_read.get(table, 0) - self.rows_kept.get(table, 0)

    def of(self, code: str, table: str | None = None) -> tuple[Violation, ...]:
        """Return the violations with ``code``, of ``table`` where one is named."""
        return tuple(
            v for v in self.violations if v.code == code and (table is None or v.table == table)
        )
