"""``kenshin backup`` and ``kenshin restore``: a verified copy, and back from it."""

import json
from pathlib import Path
from typing import Annotated

import typer

from features.clock import utc_now
from features.settings import load_settings
from serving.instant import rfc3339


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command()(backup)
    app.command()(restore)


def backup(
    folder: Annotated[Path, typer.Argument(help="New folder for the copy.")],
    config: Annotated[Path, typer.Option(help="Settings file.")] = Path("kenshin.toml"),
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier backup.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was copied as JSON.")] = False,
) -> None:
    """Copy store, models, snapshots, runs and settings while the server goes on; then verify.

    A store in PostgreSQL is not copied: run `pg_dump` first.
    """
    from serving.backup import back_up

    made = back_up(load_settings(config), config, folder, utc_now(), force=force)
    if as_json:
        about = {"folder": str(made.folder), "made_at": rfc3339(made.made_at)}
        figures = {"files": made.files, "bytes": made.bytes, "scores": made.scores}
        typer.echo(json.dumps({**about, **figures, "champion": made.champion}))
        return
    if made.scores is None:
        scores = "without the store, which is in PostgreSQL (pg_dump)"
    else:
        scores = f"with {made.scores:,} scores"
    model = f"model {made.champion}" if made.champion else "no model"
    typer.echo(
        f"Verified: {made.files:,} files, {made.bytes / 1e6:,.1f} MB, {scores}, {model}, "
        f"in {made.folder}."
    )


def restore(
    folder: Annotated[Path, typer.Argument(help="Folder that `kenshin backup` wrote.")],
    into: Annotated[Path, typer.Option(help="Where kenshin.toml and the rest go.")] = Path(),
    force: Annotated[
        bool, typer.Option("--force", help="Move aside what is in the way; nothing is deleted.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Verify a backup and put it in place; stop the server before."""
    from serving import restoring

    aside = restoring.restore(folder, into, utc_now(), force=force)
    if as_json:
        typer.echo(json.dumps({"into": str(into), "aside": str(aside) if aside else None}))
        return
    moved = f" What was there is in {aside}." if aside is not None else ""
    typer.echo(f"Restored into {into.resolve()}.{moved}")
