"""``kenshin score --out FOLDER``: a snapshot's scores as Parquet, streamed or on Spark."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from features.errors import SettingsError
from features.settings import Settings
from serving.commands.progress import progress, waiting

if TYPE_CHECKING:
    from serving.batch import Asked, Result
    from training.bundle import Bundle


@dataclass(frozen=True)
class Options:
    """What the command line says about a batch.

    Attributes
    ----------
    out : str or None
        Folder of the scores; None scores into the store.
    snapshot : str or None
        Parquet of one snapshot; None takes the workspace's.
    """

    out: str | None = None
    snapshot: str | None = None
    spark: bool = False
    reasons: str = "all"
    points: bool = False


def is_batch(options: Options, history: int) -> bool:
    """Return whether the scores go to a folder.

    Raises
    ------
    SettingsError
        Where options contradict each other.
    """
    if options.out is None:
        if options != Options():
            raise SettingsError(
                "--out with --snapshot, --spark, --reasons or --points",
                "no --out",
                "Name a new folder for the scores: --out FOLDER.",
            )
        return False
    from serving.batch import REASONS

    if history:
        raise SettingsError(
            "either --out or --history",
            "both",
            "A batch is one day; score other days with --as-of, one folder each.",
        )
    if options.reasons not in REASONS:
        raise SettingsError(
            f"one of {', '.join(REASONS)} for --reasons", options.reasons, "Mend the option."
        )
    return True


def score_batch(
    settings: Settings, options: Options, as_of: datetime | None, *, as_json: bool
) -> None:
    """Score one snapshot into a folder of Parquet and say what came of it."""
    from serving.changed_settings import changed_since
    from training.bundle import champion

    bundle = champion(settings)
    for note in changed_since(settings, bundle):
        typer.echo(f"Note: {note}", err=True)
    batch = _on_spark if options.spark else _streamed
    result = batch(settings, bundle, options, as_of)
    if as_json:
        typer.echo(json.dumps(result.run | {"folder": result.folder, "new": result.new}))
    else:
        _say(result)


def _streamed(
    settings: Settings, bundle: "Bundle", options: Options, as_of: datetime | None
) -> "Result":
    from serving.batch import find, score_streamed

    if "://" in (options.snapshot or "") or "://" in str(options.out):
        raise SettingsError(
            "paths of this machine without --spark",
            f"{options.snapshot or options.out}",
            "Add --spark, which reads and writes HDFS and object stores.",
        )
    with waiting("Reading the snapshot"):
        path = Path(options.snapshot) if options.snapshot else None
        source = find(settings, path, as_of)
    asked = _asked(settings, bundle, options, source.as_of, source.snapshot_id)
    with progress("scoring accounts", source.rows) as told:
        out = Path(str(options.out)).absolute()
        return score_streamed(
            bundle, source, asked, out, threads=settings.training.threads, progress=told
        )


def _on_spark(
    settings: Settings, bundle: "Bundle", options: Options, as_of: datetime | None
) -> "Result":
    from serving.batch import find
    from serving.batch.cluster import find_spread, score_spread, spread
    from serving.batch.session import session

    out = str(options.out)
    if "://" not in out and settings.spark.master.startswith("local"):
        out = str(Path(out).absolute())
    with waiting("Scoring on Spark"), session(settings) as spark:
        if options.snapshot and "://" in options.snapshot:
            snapshot = find_spread(spark, options.snapshot, as_of)
        else:
            path = Path(options.snapshot) if options.snapshot else None
            snapshot = spread(spark, find(settings, path, as_of))
        asked = _asked(settings, bundle, options, snapshot.as_of, snapshot.snapshot_id)
        return score_spread(spark, bundle, snapshot, asked, out)


def _asked(
    settings: Settings, bundle: "Bundle", options: Options, as_of: datetime, snapshot_id: str
) -> "Asked":
    from serving.batch import Asked

    return Asked(
        as_of=as_of,
        snapshot_id=snapshot_id,
        model_version=bundle.version,
        settings_version=settings.version,
        reasons=options.reasons,  # type: ignore[arg-type]  # `is_batch` has checked it
        every_point=options.points,
    )


def _say(result: "Result") -> None:
    run = result.run
    what = "Scored" if result.new else "Already scored, nothing changed:"
    typer.echo(
        f"{what} {run['accounts']:,} accounts as of {run['as_of'][:10]} "
        f"with model {run['model_version']} into {result.folder}"
    )
    for band in ("red", "yellow", "green", "no_data"):
        typer.echo(f"  {band:<8}{run['bands'].get(band, 0):>8,}")
