"""``kenshin changes``: every change of what health means, who made it, why, and its effect."""

import json
from pathlib import Path
from typing import Annotated

import typer

from features.catalog import Language
from features.settings import load_settings


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(changes)


def changes(
    config: Annotated[Path, typer.Option(help="Settings file.")] = Path("kenshin.toml"),
    lang: Annotated[Language | None, typer.Option(help="Language; default: the company's.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print all of it as JSON.")] = False,
) -> None:
    """List the definitions that took effect, newest first: what changed, who, why, what came of it.

    A change of bands, scale, horizon, features or scorecard takes effect with the model that brings
    it into service; `--why` of train, promote, rollback and score says why. What `kenshin replay`
    measured of it before stands beside it. Changes of the model alone are in `kenshin models`.
    """
    from serving.amendments import kept, words
    from serving.checked import amendment
    from serving.store.engine import open_store

    settings = load_settings(config)
    engine = open_store(settings)
    try:
        found = [amendment(one) for one in kept.history(engine)]
    finally:
        engine.dispose()
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, allow_nan=False))
        return
    language = lang or settings.company.language
    if not found:
        typer.echo(
            "定義の変更はまだ記録されていない。" if language == "ja" else "No definition is noted."
        )
    for one in found:
        typer.echo(f"{one['at'][:10]}  {one['model_version']}  {one['by']}")
        typer.echo(f"  {words.reason(one, language)}")
        for line in words.changed(one, language):
            typer.echo(f"  {line}")
        if effect := words.effect(one, language):
            typer.echo(f"  {effect}")
