"""A finding about a delivery, as a violation with a stable code."""

from features.checks.upstream.measuring import Measured
from features.checks.violations import Severity, Violation

TITLES = {
    "K701": "column gone",
    "K702": "column renamed",
    "K703": "column of another type",
    "K704": "values gone missing",
    "K705": "another unit",
    "K706": "frozen column",
    "K707": "no new rows",
    "K708": "another number of rows",
    "K709": "other categories",
    "K710": "times shifted",
    "K711": "dates moved",
    "K712": "more rows kept out",
    "K713": "other account ids",
    "K720": "mapping changed",
}
"""Every code of this package with its title."""

UNLIKELY = 1e-4
"""Chance below which a difference is no accident."""

MEND = "Mend the export; where the change is meant, run `kenshin check --accept`."


def finding(
    now: Measured,
    code: str,
    column: str,
    found: str,
    *,
    severity: Severity = "refused",
    rows: int = 0,
    example: str = "",
    fix: str = MEND,
) -> Violation:
    """Return a finding; of what nothing is made from it is a warning at most.

    Parameters
    ----------
    column : str
        Canonical name, or nothing where it is about the whole table.
    found : str
        What was and what is, without the table's name and the full stop.
    """
    watched = now.watched
    shown = next((c for c in watched.columns if c.canonical == column), None)
    label = column if shown is None or shown.source == column else f"{column} ({shown.source})"
    read = watched.reads(column or (watched.columns[0].canonical if watched.columns else ""))
    where = f"{watched.table}.{label}" if column else watched.table
    return Violation(
        code=code,
        title=TITLES[code],
        severity=severity if read else "warning",
        table=watched.table,
        column=label,
        rows=rows,
        example_row=None,
        example_value=example,
        sentence=f"{where} {found}" + ("" if found.endswith("?") else "."),
        fix=fix,
    )


def percent(share: float) -> str:
    """Return a share as it is written: 12.5 %, and never 100 % or 0 % where it is not."""
    text = f"{100 * share:.1f}".removesuffix(".0")
    if text == "100" and share < 1:
        return "over 99.9 %"
    return "under 0.1 %" if text == "0" and share > 0 else f"{text} %"
