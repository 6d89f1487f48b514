"""``kenshin demo``: a whole company in one command, from raw tables to a served portfolio."""

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Annotated

import typer

from features.errors import KenshinError

MARK = ".kenshin-demo"
"""Lies in a folder that this command made, before its first table; only such are ever cleared."""

HISTORY_WEEKS = 78
"""A year of history on the pages, and half a year before that for the answer check."""


class FolderError(KenshinError):
    """The demo's folder is somebody else's."""

    slug = "folder"
    title = "The folder cannot be used"


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(demo)


def demo(
    folder: Annotated[Path, typer.Argument(help="Where the company is kept.")] = Path("demo"),
    accounts: Annotated[int, typer.Option(min=600, help="Accounts that ever join.")] = 2000,
    months: Annotated[int, typer.Option(min=24, max=120, help="Months observed.")] = 48,
    seed: Annotated[int, typer.Option(help="The same seed gives the same company.")] = 20261120,
    host: Annotated[str, typer.Option(help="Loopback address to serve at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8000,
    fresh: Annotated[bool, typer.Option("--fresh", help="Build it again from nothing.")] = False,
    build_only: Annotated[
        bool, typer.Option("--build-only", help="Build, print the figures, do not serve.")
    ] = False,
) -> None:
    """Simulate a company, check its data, train, check the answers, score and serve it."""
    from features.settings import load_settings
    from serving.commands.listening import listening
    from serving.commands.serve import serve_until_stopped

    if not build_only:
        with listening(host, port):
            pass  # a taken port is said now, not after minutes of work
    config = folder / "kenshin.toml"
    if fresh or not _is_built(config):
        _build(folder, config, accounts, months, seed)
    else:
        typer.echo(f"{folder} is built already; --fresh builds it again.")
    if not build_only:
        serve_until_stopped(load_settings(config), host, port)


def _is_built(config: Path) -> bool:
    """Return whether a run was issued there, which is the last thing that building does."""
    from features.settings import load_settings

    if not config.exists():
        return False
    settings = load_settings(config)
    if not (settings.workspace / "store.db").exists():
        return False
    from serving.store.engine import open_store
    from serving.store.scores import latest_run

    engine = open_store(settings)
    try:
        return latest_run(engine, kind="issued") is not None
    finally:
        engine.dispose()


def _build(folder: Path, config: Path, accounts: int, months: int, seed: int) -> None:
    from serving.commands.answer_check import answer_check
    from serving.commands.check import check
    from serving.commands.drift import drift
    from serving.commands.score import score
    from serving.commands.simulate import simulate
    from serving.commands.train import train

    _clear(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).touch()
    started = monotonic()
    steps: list[tuple[str, Callable[[], object]]] = [
        ("A company to look at", lambda: simulate(folder, accounts, months, seed)),
        ("The data checks", lambda: check(config, lang="en")),
        ("The model beside its baselines", lambda: train(config)),
        ("The best achievable figure", lambda: _say_best(config)),
        ("Today's scores", lambda: score(config, history=HISTORY_WEEKS)),
        ("The answer check", lambda: answer_check(config, lang="en")),
        ("Drift", lambda: drift(config, lang="en")),
    ]
    for number, (title, step) in enumerate(steps, 1):
        typer.secho(f"\n{number}/{len(steps)} {title}", bold=True)
        step()
    typer.echo(f"\nBuilt in {monotonic() - started:.0f} s.")


def _clear(folder: Path) -> None:
    """Remove an earlier demo; a folder that is none is left alone.

    Raises
    ------
    FolderError
        Where ``folder`` holds anything that this command did not make.
    """
    if not folder.exists() or not any(folder.iterdir()):
        return
    if not (folder / MARK).exists():
        raise FolderError(
            "an empty folder or an earlier demo",
            f"{folder} with files that `kenshin demo` did not make",
            "Nothing was touched. Name another folder: kenshin demo FOLDER.",
        )
    shutil.rmtree(folder)


def _say_best(config: Path) -> None:
    """Print what the simulated truth itself reaches on the rows the model was judged on."""
    import pyarrow.parquet as parquet

    from features.labels import labels
    from features.settings import load_settings
    from features.simulator import best_achievable
    from features.snapshots import as_of_dates
    from features.sources import load_tables
    from training.bundle import champion

    settings = load_settings(config)
    serving = champion(settings)
    evaluation = serving.evaluation
    first, last = (datetime.fromisoformat(evaluation["test"][end]) for end in ("from", "to"))
    tables = load_tables(settings).tables
    dates = [day for day in as_of_dates(settings, tables) if first <= day <= last]
    truth = parquet.read_table(config.parent / "truth.parquet")
    best = best_achievable(truth, labels(tables, settings, dates))
    own = {name: evaluation["metrics"][name]["value"] for name in ("auc", "log_loss")}
    typer.echo(f"{'':<26}{'AUC':>9}{'log loss':>11}")
    typer.echo(f"{'the truth itself':<26}{best['auc']:>9.4f}{best['log_loss']:>11.4f}")
    auc, loss = ("–" if value is None else f"{value:.4f}" for value in own.values())
    name = "this model" if serving.kind == "model" else "the scorecard"
    typer.echo(f"{name:<26}{auc:>9}{loss:>11}")
    typer.echo(f"On {best['rows']:,.0f} rows; nothing but luck can do better than the truth.")
