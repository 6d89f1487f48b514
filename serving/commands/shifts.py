"""What changed upstream without being refused: said by every command that builds on the data."""

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from features.checks import CheckReport


def say_shifts(report: "CheckReport") -> None:
    """Print a note to stderr for each difference from the deliveries before that only warns.

    And how many erased accounts are left out although the source still holds them.
    """
    if report.left_out:
        accounts = f"{report.left_out:,} erased account{'s' if report.left_out != 1 else ''}"
        typer.echo(
            f"Note: {accounts} left out, which the source still holds: clean it there.", err=True
        )
    for violation in report.delivery.violations if report.delivery else ():
        if violation.severity == "warning":
            typer.echo(f"Note: {violation.sentence} ({violation.code}) {violation.fix}", err=True)
