"""``kenshin score``: every live account's record into the store."""

import getpass
import json
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from features.clock import utc_now
from features.errors import SettingsError
from features.settings import Settings, load_settings
from serving.commands.batch import Options, is_batch, score_batch
from serving.commands.progress import progress
from serving.commands.shifts import say_shifts
from serving.instant import rfc3339

if TYPE_CHECKING:
    import sqlalchemy as sa

    from serving.runs import Stored

EARLIEST_ZONE = timedelta(hours=14)
"""So long before it begins in UTC a day has begun somewhere."""


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(score)


def score(
    config: Annotated[Path, typer.Option(help="Settings file.")] = Path("kenshin.toml"),
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Day whose beginning (UTC) the scores are about."),
    ] = None,
    history: Annotated[
        int, typer.Option(min=0, max=520, help="Also replay so many weeks before it, for trends.")
    ] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the runs as JSON.")] = False,
    out: Annotated[
        str | None, typer.Option(help="Write Parquet to this new folder instead of the store.")
    ] = None,
    snapshot: Annotated[
        str | None,
        typer.Option(help="With --out: Parquet file or folder; default the workspace's snapshot."),
    ] = None,
    spark: Annotated[bool, typer.Option("--spark", help="With --out: score on Spark.")] = False,
    reasons: Annotated[
        str,
        typer.Option(help="With --out: tell reasons of all, yellow (and worse), red or none."),
    ] = "all",
    points: Annotated[
        bool, typer.Option("--points", help="With --out: keep the points of every feature.")
    ] = False,
    why: Annotated[
        str, typer.Option(help="Kept with a change of definition that takes effect now.")
    ] = "",
) -> None:
    """Score every live account and keep the scores as issued.

    With --out the scores of one snapshot go to a folder of Parquet, in memory that does not grow
    with the number of accounts, or on Spark: the same ids, probabilities, points and reasons.
    """
    settings = load_settings(config)
    options = Options(out, snapshot, spark, reasons, points)
    if is_batch(options, history):
        score_batch(settings, options, as_of, as_json=as_json)
        return
    from serving.store.engine import open_store

    engine = open_store(settings)
    try:
        stored = score_company(settings, engine, utc_now(), as_of=as_of, weeks=history, why=why)
    finally:
        engine.dispose()
    if as_json:
        typer.echo(json.dumps([_document(run) for run in stored], ensure_ascii=False))
    else:
        _say(stored)


def score_company(
    settings: Settings,
    engine: "sa.Engine",
    now: datetime,
    *,
    as_of: datetime | None = None,
    weeks: int = 0,
    why: str = "",
) -> "list[Stored]":
    """Score what the settings name, tables or a flat table, with the champion.

    Where its definition is another than the last one that was noted, it is noted with ``why``.

    Raises
    ------
    SettingsError
        For a day that has not begun anywhere: what was issued for it would stay the latest.
    """
    _require_begun(as_of, now)
    from serving import departed
    from serving.amendments import kept as amendments
    from serving.changed_settings import changed_since
    from serving.runs import score_flat, score_tables
    from training.bundle import champion

    bundle = champion(settings)
    bundle.prepare()
    amendments.note(engine, bundle, now, getpass.getuser(), why)
    for note in changed_since(settings, bundle):
        typer.echo(f"Note: {note}", err=True)
    if settings.flat is not None:
        from features.flat import load_flat

        flat = load_flat(settings)
        say_shifts(flat.report)
        return score_flat(settings, engine, bundle, flat, now, as_of, weeks)
    from features.sources import load_tables

    with progress("Reading the tables", weeks + 1) as told:
        loaded = load_tables(settings, now=now)
        say_shifts(loaded.report)
        tables = loaded.tables
        stored = score_tables(settings, engine, bundle, tables, now, as_of, weeks, told)
        departed.keep(settings, tables)
        return stored


def _require_begun(as_of: datetime | None, now: datetime) -> None:
    if as_of is not None and as_of > now + EARLIEST_ZONE:
        raise SettingsError(
            f"a day up to {now:%Y-%m-%d}",
            f"{as_of:%Y-%m-%d}",
            "Nothing is known of a day to come: give today's or an earlier one.",
        )


def _say(stored: "list[Stored]") -> None:
    issued, replays = stored[-1], stored[:-1]
    if replays:
        new = sum(run.new for run in replays)
        typer.echo(
            f"{len(replays)} replays from {replays[0].as_of:%Y-%m-%d} to "
            f"{replays[-1].as_of:%Y-%m-%d} ({new} new)"
        )
    what = "Scored" if issued.new else "Already scored, nothing changed:"
    typer.echo(
        f"{what} {issued.accounts:,} accounts as of {issued.as_of:%Y-%m-%d} "
        f"with model {issued.model_version}"
    )
    for band in ("red", "yellow", "green", "no_data"):
        typer.echo(f"  {band:<8}{issued.bands.get(band, 0):>8,}")


def _document(run: "Stored") -> dict[str, Any]:
    return asdict(run) | {"as_of": rfc3339(run.as_of)}
