"""``kenshin audit``: what was done, by whom, and whether the log of it is whole."""

import json
from pathlib import Path
from typing import Annotated

import typer

from features.settings import load_settings

SHOWN = 50
"""Entries in the printed list."""

Config = Annotated[Path, typer.Option(help="Settings file.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print as JSON.")]


def register(app: typer.Typer) -> None:
    """Add ``audit list`` and ``audit verify`` to ``app``."""
    group = typer.Typer(
        help="The log of what was done with keys, models and subjects: list it, verify it.",
        no_args_is_help=True,
    )
    group.command("list")(listed)
    group.command("verify")(verified)
    app.add_typer(group, name="audit")


def listed(config: Config = Path("kenshin.toml"), as_json: AsJson = False) -> None:
    """List the entries of the audit log, newest first."""
    from serving import audit
    from serving.store.engine import open_store

    engine = open_store(load_settings(config))
    try:
        with engine.connect() as connection:
            found = audit.entries(connection)
    finally:
        engine.dispose()
    if as_json:
        content = [{**vars(entry), "at": entry.at.isoformat()} for entry in found]
        typer.echo(json.dumps(content, ensure_ascii=False, allow_nan=False))
        return
    if not found:
        typer.echo("The audit log is empty.")
    for entry in found[:SHOWN]:
        told = ", ".join(f"{key} {value}" for key, value in entry.details.items() if value)
        typer.echo(
            f"{entry.entry_id:>6}  {entry.at:%Y-%m-%d %H:%M:%S}  {entry.actor}  {entry.action}  "
            f"{entry.subject}{f'  ({told})' if told else ''}"
        )
    if len(found) > SHOWN:
        typer.echo(f"… and {len(found) - SHOWN} earlier (--json has them all)")


def verified(
    head: Annotated[
        str | None, typer.Option(help="Hash of a head noted elsewhere: it must be in the log.")
    ] = None,
    config: Config = Path("kenshin.toml"),
    as_json: AsJson = False,
) -> None:
    """Check the chain of the audit log; exit code 1 where it is broken."""
    from serving import audit
    from serving.store.engine import open_store

    engine = open_store(load_settings(config))
    try:
        with audit.reading(engine) as connection:
            broken = audit.verify(connection, until=head)
            end = audit.head(connection)
    finally:
        engine.dispose()
    if as_json:
        content = {
            "whole": broken is None,
            "entries": None if end is None else end.entries,
            "head": None if end is None else end.sha256,
            "broken": None if broken is None else vars(broken),
        }
        typer.echo(json.dumps(content))
    elif broken is None and end is not None:
        typer.echo(f"The audit log is whole: {end.entries} entries, head {end.sha256}.")
        typer.echo("Note the head elsewhere; later: kenshin audit verify --head HASH")
    elif broken is not None:
        raise audit.BrokenAuditError(
            "the audit log as it was written",
            f"entry {broken.entry_id}: {broken.why}",
            "Somebody changed the database by hand. Compare with a backup.",
        )
    if broken is not None:
        raise typer.Exit(1)
