"""``kenshin replay``: another definition on the same history, before anybody is shown it."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from features.catalog import Language
from features.errors import NotFoundError, NotReadyError, SettingsError
from features.settings import Settings, load_settings
from serving.commands.destination import require_folder
from serving.commands.progress import progress

if TYPE_CHECKING:
    import sqlalchemy as sa

    from serving.replays.definitions import Definition, OfBundle
    from training.bundle import Bundle

TWO_YEARS = timedelta(weeks=104)
RHYTHM = r"^(day|week|month|[1-9]\d*d)$"


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(replay)


def replay(
    config: Annotated[Path, typer.Option(help="Settings file.")] = Path("kenshin.toml"),
    scorecard: Annotated[Path | None, typer.Option(help="A scorecard to try.")] = None,
    model: Annotated[str | None, typer.Option(help="A version that was trained.")] = None,
    settings_file: Annotated[
        Path | None,
        typer.Option("--settings", help=r"Other settings: \[bands] and the anchors in \[scale]."),
    ] = None,
    first: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], help="Default: two years before --to."),
    ] = None,
    last: Annotated[
        datetime | None,
        typer.Option("--to", formats=["%Y-%m-%d"], help="Default: the last day observed."),
    ] = None,
    every: Annotated[str, typer.Option(help="day, week, month or 14d.")] = "week",
    csv: Annotated[Path | None, typer.Option(help="Write who changes band to this file.")] = None,
    lang: Annotated[Language | None, typer.Option(help="Language; default: the company's.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print all of it as JSON.")] = False,
) -> None:
    """Try a scorecard, a model or other bands on the past, beside what was issued.

    Says who changes band, which leavers are caught or lost, and how many false alarms there are
    more or fewer. What was issued stays untouched; the counts are kept, and told of the definition
    once it takes effect (`kenshin changes`). Without a definition the log itself is made
    again, each run by the version that issued it: nothing may differ.
    """
    from serving.store.engine import open_store

    given = [option for option in (scorecard, model, settings_file) if option is not None]
    _refuse_wrong(given, every, csv)
    settings = load_settings(config)
    language = lang or settings.company.language
    engine = open_store(settings)
    try:
        if not given:
            _present(settings, engine, (first, last), language, as_json)
            return
        new, serving = _definitions(settings, scorecard, model, settings_file)
        found = _replayed(settings, engine, new, serving, (first, last), every)
        _keep(engine, found, *_version(scorecard, model, settings_file))
    finally:
        engine.dispose()
    _write(found, csv, language, as_json, settings.churn.horizon_days)


def _refuse_wrong(given: list[Any], every: str, csv: Path | None) -> None:
    import re

    if len(given) > 1:
        raise SettingsError(
            "one of --scorecard, --model and --settings", f"{len(given)} of them", "Give one."
        )
    if not re.match(RHYTHM, every):
        raise SettingsError("day, week, month or 14d in --every", f"'{every}'", "Give one of them.")
    require_folder(csv)
    if csv is not None and not given:
        raise SettingsError(
            "a definition to compare with --csv", "none", "Add --scorecard, --model or --settings."
        )


def _definitions(
    settings: Settings, scorecard: Path | None, model: str | None, settings_file: Path | None
) -> "tuple[Definition, OfBundle]":
    """Return the new definition and the one that serves."""
    from serving.replays.definitions import OfBundle, OfScorecard, with_settings
    from training import scorecard as cards
    from training.bundle import champion

    serving = OfBundle(champion(settings))
    if scorecard is not None:
        card = cards.load(scorecard)
        return OfScorecard(card, f"{scorecard.name} ({card.version})", settings.bands), serving
    if model is not None:
        return OfBundle(_trained(settings, model)), serving
    assert settings_file is not None, "one of the three is given"
    other = load_settings(settings_file)
    for section in ("churn", "features"):
        if getattr(other, section) != getattr(settings, section):
            raise SettingsError(
                "other [bands] or [scale] only",
                f"another [{section}] in {settings_file.name}",
                "Train with those settings and replay the model: --model VERSION.",
            )
    return with_settings(serving.bundle, other), serving


def _version(
    scorecard: Path | None, model: str | None, settings_file: Path | None
) -> tuple[str, str]:
    """Return kind and version of the definition that was tried."""
    from training import scorecard as cards

    if scorecard is not None:
        return "scorecard", cards.load(scorecard).version
    if model is not None:
        return "model", model
    assert settings_file is not None, "one of the three is given"
    return "settings", load_settings(settings_file).version


def _keep(engine: "sa.Engine", found: dict[str, Any], kind: str, version: str) -> None:
    """Keep the counts of a replay: they stand beside the change once it takes effect."""
    import getpass

    from features.clock import utc_now
    from serving.amendments import kept as amendments
    from serving.amendments.effect import summary

    amendments.keep_effect(engine, kind, version, summary(found), utc_now(), getpass.getuser())


def _trained(settings: Settings, version: str) -> "Bundle":
    from training.bundle import bundles, load_bundle

    folder = bundles(settings) / version
    if not (folder / "manifest.json").exists():
        known = sorted(path.parent.name for path in bundles(settings).glob("*/manifest.json"))
        raise NotFoundError(
            "a version that was trained here", f"'{version}'", f"There is {', '.join(known)}."
        )
    return load_bundle(folder)


def _replayed(
    settings: Settings,
    engine: "sa.Engine",
    new: "Definition",
    serving: "OfBundle",
    period: tuple[datetime | None, datetime | None],
    every: str,
) -> dict[str, Any]:
    from features import windows
    from features.clock import utc_now
    from features.sources import load_tables
    from serving.replays.history import dates, issued_runs
    from serving.replays.replay import replay as replaying

    if settings.flat is not None:
        raise NotReadyError(
            "tables from which past dates can be computed",
            "a flat feature table",
            "Score each date's file; `kenshin models` shows how a model did on later rows.",
        )
    with progress("reading") as tell:
        tables = load_tables(settings, now=utc_now()).tables
        last = period[1] or windows.midnight(min(utc_now(), tables.observed_until))
        first = period[0] or last - TWO_YEARS
        asked = dates(list(issued_runs(engine)), first, last, every)
        return replaying(settings, engine, tables, new, serving, asked, tell)


def _write(
    found: dict[str, Any], csv: Path | None, language: Language, as_json: bool, horizon_days: int
) -> None:
    from serving.replays import words

    if csv is not None:
        csv.write_bytes(words.csv(found, language).encode())
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, allow_nan=False))
        return
    _say(words.lines(found, language, horizon_days))


def _present(
    settings: Settings,
    engine: "sa.Engine",
    period: tuple[datetime | None, datetime | None],
    language: Language,
    as_json: bool,
) -> None:
    """Make the log again and leave with code 1 where a score differs."""
    from serving.replays import words
    from serving.replays.present import present

    with progress("reading") as tell:
        found = present(settings, engine, *period, tell)
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, allow_nan=False))
    else:
        _say(words.present_lines(found, language))
    if found["different"]:
        raise typer.Exit(1)


def _say(lines: Iterator[str]) -> None:
    for line in lines:
        typer.echo(line)
