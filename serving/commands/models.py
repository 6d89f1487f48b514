"""``kenshin models``: every trained version, who serves, and how good each is."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from features.settings import Settings, load_settings

SHOWN = 10
"""Changes in the printed list."""


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(models)


def models(
    config: Annotated[Path, typer.Option(help="Settings file.")] = Path("kenshin.toml"),
    as_json: Annotated[bool, typer.Option("--json", help="Print the list as JSON.")] = False,
) -> None:
    """List the trained versions, newest first, with their aliases and figures."""
    from training.bundle import read_verdict

    settings = load_settings(config)
    found = listed(settings)
    verdict = read_verdict(settings)
    changes = logged(settings)
    if as_json:
        content = {"models": found, "last_training": verdict, "promotions": changes}
        typer.echo(json.dumps(content, ensure_ascii=False, allow_nan=False))
        return
    if verdict is not None and verdict["reason"]:
        typer.echo(
            f"Last training ({verdict['at'][:10]}): {verdict['verdict']}. {verdict['reason']}"
        )
    if not found:
        typer.echo("No model yet. Run `kenshin train`.")
        return
    typer.echo(f"{'version':<9}{'trained':<12}{'test':<12}{'AUC':>8}{'log loss':>10}  serves as")
    for model in found:
        typer.echo(
            f"{model['version']:<9}{(model['created_at'] or '–')[:10]:<12}"
            f"{model['test'] or '–':<12}{_number(model['auc']):>8}{_number(model['log_loss']):>10}"
            f"  {', '.join(model['aliases'])}{'' if model['bundle'] else ' (no bundle here)'}"
        )
    for line in _served(found, changes):
        typer.echo(line)


def _served(found: list[dict[str, Any]], changes: list[dict[str, Any]]) -> Iterator[str]:
    """Yield who serves since when and why, and the changes before."""
    serving = next((model["version"] for model in found if model["serves"]), None)
    pointed = next((m["version"] for m in found if "champion" in m["aliases"]), None)
    if serving is not None and pointed not in (None, serving):
        yield f"The registry calls {pointed} champion, {serving} serves: the next change mends it."
    if not changes:
        return
    yield ""
    yield f"{'since':<18}{'version':<9}{'in place of':<13}{'by':<12}{'how':<13}why"
    for change in changes[:SHOWN]:
        why = change["why"].split("\n", 1)[0]
        yield (
            f"{change['at'][:16].replace('T', ' '):<18}{change['to']:<9}{change['from'] or '–':<13}"
            f"{change['by']:<12}{change['action']:<13}{why if len(why) < 100 else why[:99] + '…'}"
        )
    if len(changes) > SHOWN:
        yield f"… and {len(changes) - SHOWN} earlier (--json has them all)"


def logged(settings: Settings) -> list[dict[str, Any]]:
    """Return every change of the model in service, newest first, without its evidence.

    A company that has no store yet gets none made.
    """
    if settings.store.url is None and not (settings.workspace / "store.db").exists():
        return []
    from serving.store.engine import open_store
    from serving.store.promotions import history

    engine = open_store(settings)
    try:
        changes = history(engine)
    finally:
        engine.dispose()
    return [
        {
            "at": change.at.isoformat(),
            "by": change.by,
            "action": change.action,
            "from": change.from_version,
            "to": change.to_version,
            "why": change.why,
        }
        for change in changes
    ]


def listed(settings: Settings) -> list[dict[str, Any]]:
    """Return every registered version, newest first, with what its bundle's evaluation says."""
    from training import bundle, contest, registry

    serving = contest.in_service(settings)
    rows = []
    for registered in registry.versions(settings):
        folder = bundle.bundles(settings) / registered.version
        manifest, evaluation = _read(folder / "manifest.json"), _read(folder / "evaluation.json")
        metrics = evaluation.get("metrics", {})
        rows.append(
            {
                "version": registered.version,
                "aliases": list(registered.aliases),
                "serves": registered.version == serving,
                "run_id": registered.run_id,
                "created_at": manifest.get("created_at"),
                "test": evaluation.get("test", {}).get("to"),
                "auc": metrics.get("auc", {}).get("value"),
                "log_loss": metrics.get("log_loss", {}).get("value"),
                "bundle": str(folder) if manifest else None,
            }
        )
    return rows


def _read(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"
