"""``kenshin status``: how a company stands, for the mail of a nightly job."""

import json
from pathlib import Path
from typing import Annotated

import typer

from features.clock import utc_now
from features.settings import load_settings


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(status)


def status(
    config: Annotated[Path, typer.Option(help="Settings file.")] = Path("kenshin.toml"),
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Say how model, scores, feeds, drift and keys stand; exit code 1 if somebody should look."""
    from serving.status import status as found_status
    from serving.store.engine import open_store

    settings = load_settings(config)
    engine = open_store(settings)
    try:
        found = found_status(settings, engine, utc_now())
    finally:
        engine.dispose()
    if as_json:
        typer.echo(json.dumps(found.document, ensure_ascii=False))
    else:
        for line in found.lines:
            typer.echo(f"{'!' if line.look else ' '} {line.name:<7} {line.said}")
    if found.look:
        raise typer.Exit(1)
