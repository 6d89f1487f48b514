"""``kenshin models``: every trained version, who serves, and how good each is."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from features.catalog import Language, Words
from features.settings import Settings, load_settings

SHOWN = 10
"""Changes in the printed list."""
LONGEST = 100
"""Letters of a reason in the printed list."""
WIDTH = 300
"""Letters of a line: nothing is cut, a narrow terminal wraps."""


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(models)


_SAID = {
    "last": Words(
        "前回の学習（{day}）：{verdict}。{reason}", "Last training ({day}): {verdict}. {reason}"
    ),
    "none": Words(
        "モデルはまだありません。`kenshin train` を実行してください。",
        "No model yet. Run `kenshin train`.",
    ),
    "version": Words("版", "version"),
    "trained": Words("学習日", "trained"),
    "test": Words("検証の最終日", "test until"),
    "loss": Words("対数損失", "log loss"),
    "serves_as": Words("役割", "serves as"),
    "no_bundle": Words("この環境に配布物なし", "no bundle here"),
    "two": Words(
        "登録簿のチャンピオンは{pointed}、稼働中は{serving}です。次の変更でそろいます。",
        "The registry calls {pointed} champion, {serving} serves: the next change mends it.",
    ),
    "since": Words("いつから", "since"),
    "in_place_of": Words("前の版", "in place of"),
    "by": Words("変更した人", "by"),
    "how": Words("変更の種類", "how"),
    "why": Words("理由", "why"),
    "earlier": Words(
        "ほか{n}件の変更（--json ですべて）", "… and {n} earlier (--json has them all)"
    ),
}
_ALIASES = {
    "champion": Words("稼働中", "champion"),
    "challenger": Words("候補", "challenger"),
}
_ACTIONS = {
    "trained": Words("学習", "trained"),
    "promoted": Words("昇格", "promoted"),
    "forced": Words("検査に反して昇格", "forced"),
    "rolled back": Words("差し戻し", "rolled back"),
    "found": Words("稼働中を発見", "found"),
}
_VERDICTS = {
    "usable": Words("使える", "usable"),
    "no usable signal": Words("使える兆候なし", "no usable signal"),
    "champion kept": Words("これまでのモデルを継続", "champion kept"),
}


def models(
    config: Annotated[Path, typer.Option(help="Settings file.")] = Path("kenshin.toml"),
    lang: Annotated[Language | None, typer.Option(help="Language; default: the company's.")] = None,
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
    language = lang or settings.company.language
    if verdict is not None and verdict["reason"]:
        typer.echo(_last(verdict, language))
    if not found:
        typer.echo(_SAID["none"].of(language))
        return
    _print_versions(found, language)
    _print_changes(found, changes, language)


def _last(verdict: dict[str, Any], language: Language) -> str:
    """Return what the last training concluded; its own words where it said it in both languages."""
    reason = verdict.get("reason_ja") if language == "ja" else None
    named = _VERDICTS.get(verdict["verdict"])
    return (
        _SAID["last"]
        .of(language)
        .format(
            day=verdict["at"][:10],
            verdict=named.of(language) if named else verdict["verdict"],
            reason=reason or verdict["reason"],
        )
    )


def _print_versions(found: list[dict[str, Any]], language: Language) -> None:
    said = {key: text.of(language) for key, text in _SAID.items()}
    names = ("version", "trained", "test", "AUC", "loss", "serves_as")
    rows = []
    for model in found:
        serves = [_named(_ALIASES, alias, language) for alias in model["aliases"]]
        absent = "" if model["bundle"] else f" ({said['no_bundle']})"
        if absent and language == "ja":
            absent = f"（{said['no_bundle']}）"
        rows.append(
            [
                model["version"],
                (model["created_at"] or "–")[:10],
                model["test"] or "–",
                _number(model["auc"]),
                _number(model["log_loss"]),
                f"{', '.join(serves)}{absent}",
            ]
        )
    _table([said.get(name, name) for name in names], rows, numbers=(3, 4))


def _print_changes(
    found: list[dict[str, Any]], changes: list[dict[str, Any]], language: Language
) -> None:
    """Print who serves since when and why, and the changes before."""
    said = {key: text.of(language) for key, text in _SAID.items()}
    serving = next((model["version"] for model in found if model["serves"]), None)
    pointed = next((m["version"] for m in found if "champion" in m["aliases"]), None)
    if serving is not None and pointed not in (None, serving):
        typer.echo(said["two"].format(pointed=pointed, serving=serving))
    if not changes:
        return
    typer.echo("")
    names = ("since", "version", "in_place_of", "by", "how", "why")
    rows = [
        [
            change["at"][:16].replace("T", " "),
            change["to"],
            change["from"] or "–",
            change["by"],
            _named(_ACTIONS, change["action"], language),
            _first_line(change["why_ja"] if language == "ja" else change["why"]),
        ]
        for change in changes[:SHOWN]
    ]
    _table([said[name] for name in names], rows)
    if len(changes) > SHOWN:
        typer.echo(said["earlier"].format(n=len(changes) - SHOWN))


def _named(names: Mapping[str, Words], code: str, language: Language) -> str:
    return names[code].of(language) if code in names else code


def _first_line(why: str) -> str:
    first = why.split("\n", 1)[0]
    return first if len(first) < LONGEST else f"{first[: LONGEST - 1]}…"


def _table(
    headings: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int] = ()
) -> None:
    """Print a table; rich knows how wide a Japanese letter is."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="right" if place in numbers else "left", no_wrap=True)
    for row in rows:
        table.add_row(*map(Text, row))
    Console(width=WIDTH).print(table)


def logged(settings: Settings) -> list[dict[str, Any]]:
    """Return every change of the model in service, newest first, without its evidence.

    A company that has no store yet gets none made.
    """
    if settings.store.url is None and not (settings.workspace / "store.db").exists():
        return []
    from serving.checked import in_japanese
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
            "why_ja": in_japanese(change),
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
