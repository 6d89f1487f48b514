"""What was issued from snapshots, and whether a stored one can be made again from raw."""

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from features import erased
from features.errors import NotReadyError, SettingsError
from features.settings import Settings
from serving.commands.progress import progress
from serving.instant import rfc3339

if TYPE_CHECKING:
    from features.snapshots import Difference, Manifest

SHOWN = 20
"""Cells that are shown on a screen; as JSON all are."""


def issued_ids(settings: Settings) -> frozenset[str]:
    """Return the ids of the snapshots from which scores were issued; makes no store."""
    if settings.store.url is None and not _file(settings).exists():
        return frozenset()
    from serving.store.engine import open_store
    from serving.store.scores import runs

    engine = open_store(settings)
    try:
        issued = frozenset(run["snapshot_id"] for run in runs(engine, "issued"))
        return issued | {erased.held_in(settings, one) for one in issued}
    finally:
        engine.dispose()


def _file(settings: Settings) -> Path:
    return Path(settings.store_url.removeprefix("sqlite:///"))


def verified(settings: Settings, as_of: datetime | None, as_json: bool) -> None:
    """Rebuild a stored snapshot from every raw row and say whether it is the same.

    Raises
    ------
    SettingsError
        Where no day is given.
    NotReadyError
        Where that day has no snapshot.
    typer.Exit
        With code 1, where a cell differs.
    """
    from features.snapshots import build, content_id, differences, files
    from features.sources import load_tables

    if as_of is None:
        raise SettingsError("a day to verify", "none", "Give --as-of with a stored snapshot's day.")
    stored = files.current(settings, as_of)
    if stored is None:
        raise NotReadyError(
            f"a snapshot of {as_of.date()}",
            "none",
            f"Run `kenshin snapshot --as-of {as_of.date()}` first.",
        )
    with progress("reading") as tell:
        tables = load_tables(settings, digested=False).tables
        rebuilt = build(tables, settings, [as_of], progress=tell, anew=True)
    on_disk = files.as_on_disk(stored.folder)
    name = content_id(rebuilt.table)
    same = name == stored.snapshot_id == content_id(on_disk.table)
    found = [] if same else differences(on_disk, rebuilt)
    typer.echo((_document if as_json else _lines)(stored, name, same, found))
    if not same:
        raise typer.Exit(1)


def _document(stored: "Manifest", name: str, same: bool, found: "list[Difference]") -> str:
    return json.dumps(
        {
            "as_of": rfc3339(stored.as_of),
            "snapshot_id": stored.snapshot_id,
            "rebuilt_id": name,
            "same": same,
            "cells": [
                {
                    "account_id": d.account_id,
                    "column": d.column or None,
                    "stored": _value(d.stored),
                    "rebuilt": _value(d.rebuilt),
                }
                for d in found
            ],
        },
        ensure_ascii=False,
    )


def _value(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def _lines(stored: "Manifest", name: str, same: bool, found: "list[Difference]") -> str:
    if same:
        return (
            f"{stored.as_of.date()}: {stored.rows:,} accounts and {stored.columns} features are "
            f"what the raw rows give ({name})."
        )
    lines = [f"{stored.as_of.date()}: {len(found):,} cells differ from what the raw rows give."]
    for d in found[:SHOWN]:
        what = d.column or "the account itself"
        lines.append(f"  {d.account_id}  {what}: stored {d.stored}, rebuilt {d.rebuilt}")
    if len(found) > SHOWN:
        lines.append(f"  … and {len(found) - SHOWN:,} more: --json lists all.")
    return "\n".join(lines)
