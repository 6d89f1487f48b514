"""Columns and features that know the future stop a training, each by name, until somebody says why.

The checks of the tables leave such columns out of every feature; but whoever trains should know
that they are there, since the next one may not be found. Passing one over by name under
``[gate.ignore]`` is how a person says that it was seen.
"""

from collections.abc import Iterable, Mapping

from features.checks import CheckReport
from features.checks.leaks import Leak, audit, columns_only
from features.progress import Progress
from features.settings import Settings
from features.sources import Tables
from training.gate import LeakError

CUT_OFFS = 5
"""Instants tried before a training; ``kenshin check --leaks`` tries more."""
SHOWN = 8


def require_none_in_columns(report: CheckReport, settings: Settings) -> None:
    """Stop where a flat table has columns that know the future.

    Raises
    ------
    LeakError
        With each of them and what gives it away.
    """
    _require_passed_over(columns_only(report).leaks, settings.gate.ignore)


def require_none(
    tables: Tables, report: CheckReport, settings: Settings, progress: Progress
) -> None:
    """Stop where columns, kinds of rows or features of event tables know the future.

    Features are tried on the company's own rows where these are in the embedded engine; the other
    engines compute the same declarations.

    Raises
    ------
    LeakError
        With each of them and what gives it away.
    """
    _require_passed_over(columns_only(report).leaks, settings.gate.ignore)
    if settings.data.engine != "duckdb":
        return
    progress("looking for leaks", 0, 1)
    found = audit(tables, settings, report, cut_offs=CUT_OFFS)
    progress("looking for leaks", 1, 1)
    _require_passed_over(found.leaks, settings.gate.ignore)


def _require_passed_over(leaks: Iterable[Leak], ignored: Mapping[str, str]) -> None:
    found = [leak for leak in leaks if leak.name not in ignored and leak.code not in ignored]
    if not found:
        return
    told = " ".join(f"{leak.code} {leak.sentence}" for leak in found[:SHOWN])
    more = f" ({len(found) - SHOWN} more: run `kenshin check --leaks`)"
    line = f'[gate.ignore] "{found[0].name}" = "why"'
    raise LeakError(
        "columns and features that tell only what was known at their date",
        told.rstrip(".") + (more if len(found) > SHOWN else ""),
        f"{found[0].fix} To train all the same, say why: {line}. Nothing was trained.",
    )
