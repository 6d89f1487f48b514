"""``kenshin check``: everything that is wrong with the input, by table, column and row."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from features.catalog import Language
from features.settings import Settings, load_settings
from serving import finding_words
from serving.commands import checking
from serving.commands import leaks as leaking
from serving.commands.acceptance import accepted
from serving.commands.progress import waiting
from serving.instant import rfc3339

if TYPE_CHECKING:
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
    lang: Annotated[Language | None, typer.Option(help="Language; default: the company's.")] = None,
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
        language = lang or settings.company.language
        checking.say(report, observed_until, language)
        if found:
            leaking.say(found, language)
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
                **_in_japanese(v),
            }
            for v in report.violations
        ],
    }


def _in_japanese(violation: "Violation") -> dict[str, str]:
    found = finding_words.of(violation, "ja")
    return {"title_ja": found.title, "sentence_ja": found.sentence, "fix_ja": found.fix}


def _path(report: "CheckReport", table: str) -> str | None:
    file = report.quarantine_files.get(table)
    return str(file) if file is not None else None
