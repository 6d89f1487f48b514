"""``kenshin subject``: hand out, or erase, everything held of one account."""

import getpass
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from features.clock import utc_now
from features.settings import load_settings
from serving.commands.destination import require_folder

if TYPE_CHECKING:
    from serving.subjects.erasure import Erasure

Account = Annotated[str, typer.Argument(help="Id of an account.")]
Config = Annotated[Path, typer.Option(help="Settings file.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print what was done as JSON.")]


def register(app: typer.Typer) -> None:
    """Add ``subject export`` and ``subject erase`` to ``app``."""
    group = typer.Typer(
        help="One account's data: hand all of it out, or erase all of it.", no_args_is_help=True
    )
    group.command("export")(export)
    group.command("erase")(erase)
    app.add_typer(group, name="subject")


def export(
    account: Account,
    out: Annotated[Path | None, typer.Option(help="File to write; default: print.")] = None,
    sources: Annotated[
        bool, typer.Option("--sources", help="Also the account's rows in the company's tables.")
    ] = False,
    config: Config = Path("kenshin.toml"),
    as_json: AsJson = False,
) -> None:
    """Write everything held of an account as one JSON document."""
    from serving.store.engine import open_store
    from serving.subjects import held

    require_folder(out)
    settings = load_settings(config)
    now = utc_now()
    engine = open_store(settings)
    try:
        document = held.export(settings, engine, account, now, getpass.getuser())
    finally:
        engine.dispose()
    if sources:
        document["sources"] = held.source_rows(settings, account, now)
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1)
    if out is None:
        typer.echo(text)
        return
    _write_for_owner(out, text + "\n")
    counts = _counted(document)
    if as_json:
        typer.echo(json.dumps({"written": str(out), **counts}, ensure_ascii=False))
    else:
        told = ", ".join(f"{count} {name}" for name, count in counts.items())
        typer.echo(f"Written to {out}: {told}.")


def _write_for_owner(out: Path, text: str) -> None:
    """Write a file that nobody else can read at any instant; one that is there is replaced."""
    partial = out.with_name(f".{out.name}.{os.getpid()}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        opened.write(text)
    partial.replace(out)


def erase(
    account: Account,
    why: Annotated[str, typer.Option(help="Kept in the audit log: do not name the subject.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    config: Config = Path("kenshin.toml"),
    as_json: AsJson = False,
) -> None:
    """Erase an account from the store, the workspace and the registry's folder, for ever."""
    from features import erased
    from serving.store.engine import open_store
    from serving.subjects import erasure

    settings = load_settings(config)
    engine = open_store(settings)
    try:
        with erased.changing(settings):
            subject = erasure.found(settings, engine, account)
        if not yes:
            called = f" ({', '.join(sorted(subject.names))})" if subject.names else ""
            typer.confirm(f"Erase {account}{called} for ever?", abort=True, err=True)
        done = erasure.erase(settings, engine, account, why, utc_now(), getpass.getuser())
    finally:
        engine.dispose()
    if as_json:
        typer.echo(json.dumps({**vars(done), "at": done.at.isoformat()}, ensure_ascii=False))
    else:
        _say(done)
    if done.left_in:
        raise typer.Exit(1)


def _say(done: "Erasure") -> None:
    rows = ", ".join(f"{count:,} of {table}" for table, count in done.rows.items())
    typer.echo(f"Erased. Rows: {rows}; snapshots: {done.snapshots}; files: {len(done.files)}.")
    typer.echo(f"The audit log knows the account as {done.subject_hash}.")
    typer.echo(
        "It is left out of every reading from now on. The company's own tables, files written with "
        "--out, and backups are the company's to clean."
    )
    if not done.wiped:
        typer.echo(
            "Somebody is reading the store: its write-ahead log still has old bytes. Run this "
            "again when it is quiet."
        )
    for file in done.left_in:
        typer.echo(f"Still named in {file}: remove it by hand.", err=True)


def _counted(document: dict[str, Any]) -> dict[str, int]:
    """Return how many there are of what people ask for first."""
    named = ("scores", "feedback", "overrides", "snapshots", "mentions")
    return {name: len(document[name]) for name in named}
