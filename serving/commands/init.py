"""``kenshin init``: a proposed settings file from the files there are."""

import json
from pathlib import Path
from typing import Annotated

import typer

from features.errors import SettingsError


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(init)


def init(
    folder: Annotated[Path, typer.Argument(help="Folder with CSV or Parquet files.")],
    config: Annotated[Path, typer.Option(help="Settings file to write; never overwritten.")] = Path(
        "kenshin.toml"
    ),
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what was guessed as JSON.")
    ] = False,
) -> None:
    """Look at the files in FOLDER and propose a settings file that maps them."""
    from features.mapping import proposal

    if config.exists():
        raise SettingsError(
            "no settings file yet",
            f"{config}, which is never overwritten",
            "Move it away, or name another with --config.",
        )
    proposed = proposal(folder, config.resolve().parent)
    try:
        with config.open("x", encoding="utf-8") as file:
            file.write(proposed.text)
    except OSError as error:
        raise SettingsError(
            "a place to write the settings to", f"{config}: {error.strerror}", "Check --config."
        ) from None
    if as_json:
        document = {
            "config": str(config),
            "guessed": list(proposed.guessed),
            "unknown": list(proposed.unknown),
        }
        typer.echo(json.dumps(document, ensure_ascii=False))
        return
    typer.echo(f"Wrote {config}.")
    for title, sentences in (("Guessed", proposed.guessed), ("Left open", proposed.unknown)):
        if sentences:
            typer.echo(f"\n{title}:")
            for sentence in sentences:
                typer.echo(f"  {sentence}")
    typer.echo(f"\nNext: read {config}, then run `kenshin check --config {config}`.")
