"""``kenshin effect``: churn and health before and after a change of process."""

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from features.catalog import Language
from features.clock import utc_now
from features.errors import NotReadyError, SettingsError
from features.settings import load_settings


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(effect)


def effect(
    start: Annotated[
        datetime,
        typer.Option("--from", formats=["%Y-%m-%d"], help="Day (UTC) from which it was another."),
    ],
    config: Annotated[Path, typer.Option(help="Settings file.")] = Path("kenshin.toml"),
    days: Annotated[
        int, typer.Option(min=7, max=730, help="So long before and after are compared.")
    ] = 180,
    segment: Annotated[
        str | None,
        typer.Option(help="Whom it concerned, by a column of accounts: size=small."),
    ] = None,
    lang: Annotated[Language | None, typer.Option(help="Language; default: the company's.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Measure a change of process: who left, and how health moved, before and after a day.

    With --segment those whom it did not concern are the comparison group; without it there is none,
    and that is said. The page "Changes of process" shows what was measured.
    """
    from features.sources import load_tables
    from serving.effects import kept, words
    from serving.effects.company import effect as measured
    from serving.store.engine import open_store

    settings = load_settings(config)
    chosen = _segment(segment)
    if settings.flat is not None:
        raise NotReadyError(
            "tables that say when an account left", "a flat feature table",
            "A change of process needs [tables.*] with contracts or churns.",
        )  # fmt: skip
    engine = open_store(settings)
    try:
        tables = load_tables(settings, now=utc_now()).tables
        found = measured(settings, engine, tables, start, days, chosen)
    finally:
        engine.dispose()
    kept.keep(settings, found, utc_now())
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, allow_nan=False))
        return
    for line in words.lines(found, lang or settings.company.language):
        typer.echo(line)


def _segment(text: str | None) -> tuple[str, str] | None:
    """Return ``column=value`` as a pair.

    Raises
    ------
    SettingsError
        Where it is written otherwise.
    """
    if text is None:
        return None
    column, sign, value = (part.strip() for part in text.partition("="))
    if not (column and sign and value):
        raise SettingsError("--segment as COLUMN=VALUE", f"'{text}'", "Such as size=small.")
    return column, value
