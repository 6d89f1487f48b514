"""What an audit for leaks found, in sentences."""

from collections.abc import Iterable
from dataclasses import dataclass

from features.checks.violations import CheckReport, Violation

REFUSED = "The tables are refused, so nothing was tried on them."


@dataclass(frozen=True)
class Leak:
    """One feature or column that knows the future.

    Attributes
    ----------
    code : str
        ``K401`` to ``K409`` for columns, ``K410`` to ``K412`` for features.
    kind : {"feature", "column"}
    name : str
        The feature, or ``table.column``.
    sources : tuple of str
        The tables and columns it is made from; empty for a column.
    cells : int
        How many values differed, or how many rows show it.
    sentence, fix : str
    """

    code: str
    kind: str
    name: str
    sources: tuple[str, ...]
    cells: int
    sentence: str
    fix: str


@dataclass(frozen=True)
class LeakReport:
    """What was tried, and what it told.

    Attributes
    ----------
    leaks : tuple of Leak
        Columns first.
    features, columns : tuple of str
        Everything that was tried.
    cut_offs, accounts, cells : int
        At how many instants, on how many accounts, with how many values compared.
    untried : tuple of str
        Sentences on what the data do not let anybody try.
    """

    leaks: tuple[Leak, ...]
    features: tuple[str, ...]
    columns: tuple[str, ...]
    cut_offs: int
    accounts: int
    cells: int
    untried: tuple[str, ...]

    @property
    def leaking_features(self) -> tuple[str, ...]:
        """Names of the features that know the future."""
        return tuple(leak.name for leak in self.leaks if leak.kind == "feature")

    @property
    def verdict(self) -> str:
        """The whole in one sentence."""
        tried = (
            f"{len(self.features):,} features × {self.cut_offs:,} cut-offs and "
            f"{len(self.columns):,} columns checked, {self.cells:,} values of "
            f"{self.accounts:,} accounts compared"
        )
        if REFUSED in self.untried and not self.leaks:
            return "Whether anything knows the future is not known."
        if not self.leaks and not self.features:
            return "No column was found to know the future."
        if not self.leaks:
            return f"No leak found ({tried})."
        features = len(self.leaking_features)
        columns = len(self.leaks) - features
        found = [
            f"{n} {what}{'s' * (n > 1)}"
            for n, what in ((features, "feature"), (columns, "column"))
            if n
        ]
        verb = "knows" if features + columns == 1 else "know"
        return f"{' and '.join(found)} {verb} the future ({tried})."


def columns_only(report: CheckReport) -> LeakReport:
    """Return what the checks of the tables found, where features cannot be tried."""
    there = "Features are tried on event tables that can be used; here only columns were."
    untried = (there if report.usable else REFUSED,)
    columns = tuple(f"{table}.{column}" for table, column in sorted(report.leaking_columns))
    return LeakReport(tuple(column_leaks(report)), (), columns, 0, 0, 0, untried)


def column_leaks(report: CheckReport) -> Iterable[Leak]:
    """Yield what the checks of the tables found: columns that know the future."""
    for violation in report.violations:
        if violation.code.startswith("K40") and violation.code != "K406":
            yield of_violation(violation)


def of_violation(violation: Violation) -> Leak:
    """Return a violation as a leak."""
    name = f"{violation.table}.{violation.column}"
    return Leak(
        violation.code, "column", name, (), violation.rows, violation.sentence, violation.fix
    )
