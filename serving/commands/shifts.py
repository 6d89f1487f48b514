"""What changed upstream without being refused: said by every command that builds on the data."""

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from features.checks import CheckReport


def say_shifts(report: "CheckReport") -> None:
    """Print a note to stderr for each difference from the deliveries before that only warns."""
    for violation in report.delivery.violations if report.delivery else ():
        if violation.severity == "warning":
            typer.echo(f"Note: {violation.sentence} ({violation.code}) {violation.fix}", err=True)
