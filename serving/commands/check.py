"""``kenshin check``: everything that is wrong with the input, by table, column and row."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from features.settings import Settings, load_settings
from serving.commands import leaks as leaking
from serving.commands.acceptance import accepted
from serving.commands.progress import waiting
from serving.instant import rfc3339

if TYPE_CHECKING:
    from rich.console import Console

    from features.checks import CheckReport, Violation
    from features.sources import Tables


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(check)


def check(
    config: Annotated[Path, typer.Option(help="Settings file.")] = Path("kenshin.toml"),
    accept: Annotated[
        bool,
        typer.Option("--accept", help="Take this delivery, as it is, for the new normal (K7xx)."),
    ] = False,
    reason: Annotated[str, typer.Option(help="Why it is accepted; kept in the log.")] = "",
    leaks: Annotated[
        bool,
        typer.Option("--leaks", help="Also try every feature and column: does it know the future?"),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Check the tables: name every bad row, keep it out, and say whether the rest is usable.

    Ends with exit code 0 where the input can be used and 2 where it is refused, or where a feature
    was found to know the future.
    """
    settings = load_settings(config)
    report, tables = _examined(settings)
    observed_until = rfc3339(tables.observed_until) if tables else None
    if accept:
        report = accepted(settings, report, reason)
    found = leaking.tried(settings, report, tables) if leaks else None
    if as_json:
        told = _document(report, observed_until)
        told |= {"leaks": leaking.document(found)} if found else {}
        typer.echo(json.dumps(told, ensure_ascii=False))
    else:
        _say(report, observed_until)
        if found:
            leaking.say(found)
    if not report.usable or (found and found.leaking_features):
        raise typer.Exit(2)


def _examined(settings: Settings) -> tuple["CheckReport", "Tables | None"]:
    """Return the report and, where there are tables with times, those."""
    with waiting("Reading the tables") as status:
        if settings.flat is not None:
            from features.flat import examine_flat

            return examine_flat(settings).report, None
        from features.sources import examine

        loaded = examine(settings, progress=lambda table: status.update(f"Reading {table}"))
        return loaded.report, loaded.tables


def _document(report: "CheckReport", observed_until: str | None) -> dict[str, Any]:
    return {
        "usable": report.usable,
        "observed_until": observed_until,
        "tables": {
            table: {
                "rows_read": report.rows_read[table],
                "rows_kept": report.rows_kept[table],
                "rows_quarantined": report.rows_quarantined(table),
                "quarantine_file": _path(report, table),
            }
            for table in report.rows_read
        },
        "leaking_columns": sorted(f"{t}.{column}" for t, column in report.leaking_columns),
        "violations": [
            {
                "code": v.code,
                "title": v.title,
                "severity": v.severity,
                "table": v.table,
                "column": v.column or None,
                "rows": v.rows,
                "example_row": v.example_row,
                "example_value": v.example_value or None,
                "sentence": v.sentence,
                "fix": v.fix,
            }
            for v in report.violations
        ],
    }


def _path(report: "CheckReport", table: str) -> str | None:
    file = report.quarantine_files.get(table)
    return str(file) if file is not None else None


def _say(report: "CheckReport", observed_until: str | None) -> None:
    from rich.console import Console

    console = Console(highlight=False)
    for violation in report.violations:
        _say_violation(console, violation)
    console.print(_summary(report))
    if observed_until is not None:
        console.print(f"Observed until {observed_until[:16].replace('T', ' ')} UTC.")
    for file in report.quarantine_files.values():
        console.print(f"Kept out, with the reasons: {file}", soft_wrap=True, markup=False)
    console.print(_verdict(report), soft_wrap=True)


_STYLE = {"refused": "bold red", "quarantined": "yellow", "warning": "cyan"}


def _say_violation(console: "Console", violation: "Violation") -> None:
    from rich.padding import Padding
    from rich.text import Text

    head = Text(f"{violation.code} {violation.severity}: ", style=_STYLE[violation.severity])
    console.print(head + Text(violation.title, style="bold"))
    console.print(Padding(Text(violation.sentence), (0, 0, 0, 2)))
    console.print(Padding(Text(violation.fix, style="dim"), (0, 0, 1, 2)))


def _summary(report: "CheckReport") -> Any:  # noqa: ANN401 - Rich is imported only when needed
    from rich.table import Table

    table = Table(title="What was read", title_justify="left")
    table.add_column("Table")
    for title in ("Read", "Kept", "Kept out", "Violations"):
        table.add_column(title, justify="right")
    refused = [v.table for v in report.refused if v.table not in report.rows_read]
    for name in dict.fromkeys([*report.rows_read, *refused]):
        found = sum(v.table == name for v in report.violations)
        counts = ["–", "–", "–"]
        if name in report.rows_read:
            read, kept = report.rows_read[name], report.rows_kept[name]
            counts = [f"{read:,}", f"{kept:,}", f"{read - kept:,}"]
        table.add_row(name, *counts, str(found))
    return table


def _verdict(report: "CheckReport") -> str:
    if not report.usable:
        count = len(report.refused)
        first = report.refused[0]
        return (
            f"[bold red]Refused[/]: {count} reason{'s' * (count > 1)}, "
            f"first {first.code} in {first.table}. Nothing can be scored before that is mended."
        )
    out = sum(report.rows_quarantined(table) for table in report.rows_read)
    if not report.violations:
        return "[bold green]Usable[/]: nothing was found wrong."
    kept_out = f"{out:,} row{'s' * (out != 1)} kept out, " if out else "no row kept out, "
    left_out = len(report.leaking_columns)
    columns = f", {left_out} column{'s' * (left_out != 1)} left out" if left_out else ""
    return (
        f"[bold green]Usable[/]: {kept_out}{len(report.violations)} "
        f"violation{'s' * (len(report.violations) != 1)} to look at{columns}."
    )
