"""``kenshin scorecard learn``: weights from who left, offered back as a diff."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from features.catalog import Language, Words
from features.errors import SettingsError
from features.settings import Settings, load_settings
from serving.commands.destination import require_folder
from serving.commands.progress import progress
from serving.commands.scorecard.company import called, card_of, file_of
from serving.commands.scorecard.printing import figures_table

if TYPE_CHECKING:
    from training.scorecard import History, Scorecard

MINUS = "\u2212"
_SAID = {
    "learned": Words(
        "学習に使ったのは{rows}行、うち解約{left}件。",
        "Learned from {rows} rows, {left} of them left.",
    ),
    "same": Words("重みは変わらない。", "The weights stay as they are."),
    "before": Words("前", "Before"),
    "after": Words("後", "After"),
    "loss": Words("対数損失", "log loss"),
    "gain": Words("差（後−前、90%区間）", "Difference (after less before, 90 % interval)"),
    "written": Words("書き込んだ", "Written to"),
    "offer": Words(
        "提案のみ。--out FILE で新しいファイルに、--write で元のファイルに書き込む。",
        "An offer only: --out FILE writes a new file, --write changes the scorecard itself.",
    ),
}


def learn(
    config: Annotated[Path, typer.Option(help="Settings file.")] = Path("kenshin.toml"),
    file: Annotated[
        Path | None, typer.Option(help="Scorecard; default: the company's, or its starter card.")
    ] = None,
    strength: Annotated[
        float | None,
        typer.Option(min=0, help="The given weights count as much as so many churned accounts."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="New file for the learned scorecard.")] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Put the learned weights into the scorecard's file.")
    ] = False,
    lang: Annotated[Language | None, typer.Option(help="Language; default: the company's.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Learn the weights from past accounts, judge them on later ones, and show what would change.

    Learned on the development period only; before and after are judged on the test period.
    """
    from training import scorecard

    settings = load_settings(config)
    path = file_of(settings, file)
    _require_target(path, out, write)
    if path is not None:
        scorecard.load(path)  # a fault in the file is told before anything is read
    with progress("Reading the past") as tell:
        past = scorecard.history(settings, tell)
    card = card_of(settings, file, tuple(past.earlier.features))
    document, learned = learned_from(settings, card, past, strength)
    document["file"], document["written"] = called(settings, file), None
    target = out or (path if write else None)
    if target is not None:
        _write(target, path, learned)
        document["written"] = str(target)
    if as_json:
        typer.echo(json.dumps(document, ensure_ascii=False, allow_nan=False))
    else:
        language = lang or settings.company.language
        _say(document | {"file": called(settings, file, language)}, language)


def learned_from(
    settings: Settings, card: "Scorecard", past: "History", strength: float | None
) -> "tuple[dict[str, Any], Scorecard]":
    """Return what learning changes and is worth, and the learned scorecard."""
    from training import scorecard

    strength = scorecard.PRIOR_STRENGTH if strength is None else strength
    earlier, later = past.earlier, past.later
    learned = scorecard.learn(card, earlier.table, earlier.features, earlier.churned, strength)
    levels = (scorecard.level(card, earlier), scorecard.level(learned, earlier))
    seed, bands = settings.training.seed, settings.bands
    before, after = (
        scorecard.judged(c, level, later, bands, seed)
        for c, level in zip((card, learned), levels, strict=True)
    )
    document = {
        "strength": strength,
        "design": asdict(past.design),
        "rows": len(earlier.churned),
        "churns": int(earlier.churned.sum()),
        "changes": [change.json() for change in scorecard.diff(card, learned)],
        "diff": [str(change) for change in scorecard.diff(card, learned)],
        "before": before,
        "after": after,
        "gain": scorecard.gain(card, learned, levels, later, seed),
    }
    return document, learned


def _require_target(path: Path | None, out: Path | None, write: bool) -> None:
    if write and out is not None:
        raise SettingsError("either --out or --write", "both", "Choose one.")
    if write and path is None:
        raise SettingsError(
            "a scorecard in a file",
            "the starter card, which is part of Kenshin",
            "Run `kenshin scorecard init` first, or give --out a new file.",
        )
    if out is not None and out.exists():
        raise SettingsError("a new file", f"{out} is there already", "Give --out another name.")
    require_folder(out)


def _write(target: Path, path: Path | None, learned: "Scorecard") -> None:
    """Write the learned weights; the comments of the file they come from stay."""
    from training import scorecard

    if path is None:
        text = scorecard.to_toml(learned)
    else:
        text = scorecard.with_weights(path.read_text(encoding="utf-8-sig"), learned)
    assert scorecard.parse(text).version == learned.version, "what is written reads back the same"
    target.write_text(text, encoding="utf-8")


def _say(document: dict[str, Any], language: Language) -> None:
    said = {key: words.of(language) for key, words in _SAID.items()}
    stop = "。" if language == "ja" else ". "
    typer.echo(f"{document['file']}{stop}{document['design'][language]}")
    learned = said["learned"].format(rows=f"{document['rows']:,}", left=f"{document['churns']:,}")
    typer.echo(learned)
    for change, line in zip(document["changes"], document["diff"], strict=True):
        typer.echo(f"  {_weighed(change) if language == 'ja' else line}")
    if not document["diff"]:
        typer.echo(f"  {said['same']}")
    for key in ("before", "after"):
        version = document[key]["version"]
        typer.echo(f"\n{said[key]}" + (f"（{version}）" if language == "ja" else f" ({version})"))
        figures_table(document[key], language)
    typer.echo(f"\n{said['gain']}")
    for key, name in (("auc", "AUC"), ("log_loss", said["loss"])):
        step = document["gain"][key]
        if step is not None:
            line = f"{step['value']:+.4f} ({step['low']:+.4f} … {step['high']:+.4f})"
            typer.echo(f"  {name}: {line.replace('-', MINUS)}")
    written = document["written"]
    typer.echo(said["offer"] if written is None else f"{said['written']} {written}")


def _weighed(change: dict[str, Any]) -> str:
    """Return a change of weight in Japanese; learning changes nothing else."""
    before, after = (float(change[key] or 0) for key in ("before", "after"))
    step = f"{after - before:+.3g}".replace("-", MINUS)
    place = " ".join(part for part in (change["card"], change["indicator"]) if part)
    return f"{place}：100点中 {before:.3g}点 → {after:.3g}点（{step}）"
