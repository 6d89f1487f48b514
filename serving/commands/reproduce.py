"""``kenshin reproduce``: the same number and reasons again, from snapshot and bundle."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from features.settings import load_settings


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(reproduce)


def reproduce(
    score_id: Annotated[str, typer.Argument(help="Id of a stored score.")],
    config: Annotated[Path, typer.Option(help="Settings file.")] = Path("kenshin.toml"),
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Compute a stored score again and compare it to the last digit."""
    from serving.reproduction import TOLERANCE
    from serving.reproduction import reproduce as compute_again
    from serving.store.engine import open_store

    settings = load_settings(config)
    engine = open_store(settings)
    try:
        again = compute_again(settings, engine, score_id)
    finally:
        engine.dispose()
    if as_json:
        typer.echo(json.dumps(asdict(again) | {"equal": True, "tolerance": TOLERANCE}))
        return
    typer.echo(
        f"Equal: score {score_id} of account {again.account_id}, as of {again.as_of}, comes out "
        f"again from snapshot {again.snapshot_id} and model {again.model_version}."
    )
    if again.health_score is None:
        typer.echo("  withheld then, withheld now")
        return
    typer.echo(f"  health score        {again.health_score}")
    typer.echo(f"  churn probability   {again.churn_probability!r}")
    typer.echo(f"  reasons             {again.reasons}")
    typer.echo(f"  largest difference  {again.largest_difference:.1e} (allowed {TOLERANCE:.0e})")
