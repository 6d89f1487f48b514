"""Taking a delivery that is not like those before for the new normal, by name and with a reason."""

import getpass
from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from features.settings import Settings

if TYPE_CHECKING:
    from features.checks import CheckReport


def accepted(settings: Settings, report: "CheckReport", reason: str) -> "CheckReport":
    """Accept the delivery of ``report`` and return what else was found wrong with it.

    Who, when, why and what go into ``acceptances.jsonl`` in the workspace. Rows and tables that
    break their contract are not accepted by this.
    """
    from features.checks.upstream import accept
    from features.checks.upstream.store import acceptance_file

    if report.delivery is None:
        return report
    taken = accept(report.delivery, getpass.getuser(), reason)
    what = f"{len(taken)} difference{'s' * (len(taken) != 1)}" if taken else "nothing unusual"
    typer.echo(f"Accepted {what} as the new normal: {acceptance_file(settings)}", err=True)
    rest = tuple(v for v in report.violations if v not in taken)
    return replace(report, violations=rest)
