"""``kenshin scorecard init``: the starter card as a file, with only what exists here."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from features.errors import SettingsError
from features.settings import Settings, load_settings
from serving.commands.destination import require_folder
from serving.commands.progress import waiting

if TYPE_CHECKING:
    from features.catalog import Feature


def init(
    config: Annotated[Path, typer.Option(help="Settings file.")] = Path("kenshin.toml"),
    kind: Annotated[
        str | None,
        typer.Option(help="saas, retail or subscription; default: from the churn rule."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="File to write; default: scorecard.toml beside it.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Write a scorecard to begin with: every indicator that exists for this company's tables."""
    from training import scorecard

    settings = load_settings(config)
    chosen = kind or ("flat" if settings.flat is not None else scorecard.default_kind(settings))
    scorecard.starter_text(chosen)  # an unknown kind is refused before anything is read
    path = out or settings.root / (settings.scorecard.file or "scorecard.toml")
    if path.exists():
        raise SettingsError("a new file", f"{path} is there already", "Give --out another name.")
    require_folder(path)
    features = _features(settings)
    text = scorecard.proposal(chosen, settings, features)
    made = scorecard.parse(text, path.name)
    path.write_text(text, encoding="utf-8")
    left = len({i.feature for c in scorecard.starter(chosen).card for i in c.indicator})
    if as_json:
        document = {
            "file": str(path),
            "kind": chosen,
            "version": made.version,
            "cards": {card.code: [i.name for i in card.indicator] for card in made.card},
            "indicators_of_starter": left,
        }
        typer.echo(json.dumps(document, ensure_ascii=False))
        return
    typer.echo(f"Wrote {path}: {len(made.features)} of the {left} indicators of '{chosen}' exist.")
    for card in made.card:
        typer.echo(f"  {card.code}: {', '.join(i.name for i in card.indicator)}")
    typer.echo("Next: kenshin scorecard check")


def _features(settings: Settings) -> "tuple[Feature, ...]":
    """Return the features that exist, without building a snapshot."""
    if settings.flat is not None:
        from features.flat import load_flat

        return load_flat(settings).features
    from features.catalogue.existing import catalog
    from features.sources import load_tables

    with waiting("Reading the tables"):
        return catalog(settings, load_tables(settings).tables)
