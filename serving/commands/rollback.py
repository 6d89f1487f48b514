"""``kenshin rollback``: the version before is in service again."""

import getpass
from pathlib import Path
from typing import Annotated

import typer

from features.clock import utc_now
from features.settings import load_settings
from serving.commands.promote import note_definition, say


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(rollback)


def rollback(
    why: Annotated[str, typer.Option(help="Kept in the log of promotions.")] = "",
    config: Annotated[Path, typer.Option(help="Settings file.")] = Path("kenshin.toml"),
    as_json: Annotated[bool, typer.Option("--json", help="Print the change as JSON.")] = False,
) -> None:
    """Put the version before back in service, once it has answered its golden rows."""
    from serving import promotion
    from serving.store.engine import open_store

    settings = load_settings(config)
    engine = open_store(settings)
    try:
        made = promotion.rollback(settings, engine, utc_now(), getpass.getuser(), why)
        note_definition(settings, engine, why)
    finally:
        engine.dispose()
    say(made, as_json)
