"""``kenshin promote``: put a challenger in service, if the release gate lets it pass."""

import getpass
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from features.clock import utc_now
from features.errors import NotFoundError
from features.settings import Settings, load_settings
from serving.commands.progress import progress

if TYPE_CHECKING:
    import sqlalchemy as sa

    from serving.promotion import Installed


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(promote)


def promote(
    version: Annotated[
        str | None, typer.Argument(help="Such as v3; by default the challenger.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Against the gate; needs --why, and is kept as forced.")
    ] = False,
    why: Annotated[str, typer.Option(help="Kept in the log of promotions.")] = "",
    config: Annotated[Path, typer.Option(help="Settings file.")] = Path("kenshin.toml"),
    as_json: Annotated[bool, typer.Option("--json", help="Print the change as JSON.")] = False,
) -> None:
    """Make a version the champion: its checks are looked at again, the log keeps why."""
    from serving import promotion
    from serving.store.engine import open_store

    settings = load_settings(config)
    chosen = version or challenger(settings)
    engine = open_store(settings)
    try:
        with progress("evidence") as told:
            made = promotion.promote(
                settings, engine, chosen, utc_now(), getpass.getuser(), told, force, why
            )
        note_definition(settings, engine, why)
    finally:
        engine.dispose()
    say(made, as_json)


def note_definition(settings: Settings, engine: "sa.Engine", why: str) -> None:
    """Note what now decides the meaning of a score, where that is something else than before."""
    from serving.amendments import kept as amendments
    from training.bundle import champion

    amendments.note(engine, champion(settings), utc_now(), getpass.getuser(), why)


def challenger(settings: Settings) -> str:
    """Return the version that wants to serve, as the registry knows it.

    Raises
    ------
    NotFoundError
        Where there is none.
    """
    from training import registry

    for registered in registry.versions(settings):
        if "challenger" in registered.aliases:
            return registered.version
    raise NotFoundError(
        "a challenger", "none in the registry", "Name a version; `kenshin models` lists them."
    )


def say(made: "Installed", as_json: bool) -> None:
    """Print a change of the model in service."""
    change = made.change
    if as_json:
        typer.echo(json.dumps(document(made), ensure_ascii=False, allow_nan=False))
        return
    if made.mended is not None:
        typer.echo(f"Mended first: {made.mended.to_version} was in service without a row.")
    came = f" in place of {change.from_version}" if change.from_version else ""
    typer.echo(f"{change.to_version} is in service{came} ({change.action}).")
    if change.why:
        typer.echo(change.why)
    if not made.registered:
        typer.echo("The registry does not know that version, so its alias did not follow.")
    typer.echo("Running servers take it up within a second; `kenshin score` scores with it.")


def document(made: "Installed") -> dict[str, Any]:
    """Return a change as plain JSON values."""
    change = made.change
    return {
        "version": change.to_version,
        "from": change.from_version,
        "action": change.action,
        "at": change.at.isoformat(),
        "by": change.by,
        "why": change.why,
        "registered": made.registered,
        "mended": None if made.mended is None else made.mended.to_version,
    }
