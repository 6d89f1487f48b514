"""``kenshin scorecard check``: is it sound, whom does it cover, and how well did it do."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from features.catalog import Language, Words
from features.errors import KenshinError
from features.settings import Settings, load_settings
from serving.commands.progress import progress
from serving.commands.scorecard.company import Standing, called, card_of, standing
from serving.commands.scorecard.printing import figures_table, lines_table
from serving.instant import rfc3339

if TYPE_CHECKING:
    from training.scorecard import Card, Indicator, Scorecard
    from training.scorecard.rules import Words as Written

_SAID = {
    "of_100": Words("点", "of 100"),
    "indicator": Words("指標", "Indicator"),
    "label": Words("名称", "Name"),
    "rule": Words("ルール", "Rule"),
    "missing": Words("欠測", "Missing"),
    "coverage": Words("どの会社にどのカードか", "Which accounts are on which card"),
    "card": Words("カード", "Card"),
    "accounts": Words("社数", "Accounts"),
    "fits": Words("条件に合う", "Fit"),
    "taken": Words("先のカードへ", "Taken by an earlier card"),
    "everyone": Words("全社がカードを1枚ずつ持つ。", "Every account has exactly one card."),
    "warning": Words("注意", "Warning"),
    "success": Words("成功の定義", "Success"),
    "when": Words("対象", "For"),
    "everybody": Words("ほかのすべての会社", "every other account"),
    "hand_over": Words("引き継ぎ", "Hands over"),
    "later": Words("その後どうだったか", "How well it told leavers from stayers"),
    "none": Words("履歴による検証なし", "Not judged by history"),
}


def check(
    config: Annotated[Path, typer.Option(help="Settings file.")] = Path("kenshin.toml"),
    file: Annotated[
        Path | None, typer.Option(help="Scorecard; default: the company's, or its starter card.")
    ] = None,
    history: Annotated[
        bool, typer.Option("--history/--no-history", help="Judge it by past accounts.")
    ] = True,
    lang: Annotated[Language | None, typer.Option(help="Language; default: the company's.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Check a scorecard: its rules, whom it covers, warnings, and its accuracy with its n."""
    settings = load_settings(config)
    if file is not None:
        from training.scorecard import load

        load(file)  # a fault in the file is told before anything is read
    now = standing(settings)
    card = card_of(settings, file, now.features)
    document = checked(settings, card, now, history)
    document["file"] = called(settings, file)
    if as_json:
        typer.echo(json.dumps(document, ensure_ascii=False, allow_nan=False))
    else:
        language = lang or settings.company.language
        document["file"] = called(settings, file, language)
        _say(document, card, now, language)


def checked(settings: Settings, card: "Scorecard", now: Standing, history: bool) -> dict[str, Any]:
    """Return all that is said of a scorecard."""
    from training import scorecard

    found = scorecard.remarks(card, now.features, settings.churn)
    return {
        "version": card.version,
        "as_of": None if now.as_of is None else rfc3339(now.as_of),
        "weights": {c.code: c.shares_of_100 for c in card.card},
        "coverage": scorecard.coverage(card, now.table),
        "warnings": [
            {"code": r.code, "card": r.card, "indicator": r.indicator}
            | {"ja": r.sentence.ja, "en": r.sentence.en}
            for r in found
        ],
        "accuracy": _accuracy(settings, card) if history else None,
    }


def _accuracy(settings: Settings, card: "Scorecard") -> dict[str, Any]:
    """Return how well it did on later rows, or why that cannot be said."""
    from training import scorecard

    try:
        with progress("Reading the past") as tell:
            past = scorecard.history(settings, tell)
    except KenshinError as error:
        return {"reason": str(error)}
    level = scorecard.level(card, past.earlier)
    seed = settings.training.seed
    return {
        "design": asdict(past.design),
        **scorecard.judged(card, level, past.later, settings.bands, seed),
    }


def _say(document: dict[str, Any], card: "Scorecard", now: Standing, language: Language) -> None:
    said = {key: words.of(language) for key, words in _SAID.items()}
    typer.echo(f"{document['file']} ({card.version}): {_of(card.title, language)}")
    for one in card.card:
        _say_card(one, now, said, language)
    typer.echo(
        f"\n{said['coverage']}" + (f"（{now.day}）" if language == "ja" else f" ({now.day})")
    )
    rows = [
        [code, str(found["accounts"]), str(found["fits"]), _taken(found)]
        for code, found in document["coverage"].items()
    ]
    lines_table([said[key] for key in ("card", "accounts", "fits", "taken")], rows, (1, 2))
    typer.echo(said["everyone"])
    for warning in document["warnings"]:
        place = " ".join(part for part in (warning["card"], warning["indicator"]) if part)
        typer.echo(f"{said['warning']}: {place}: {warning[language]}")
    accuracy = document["accuracy"]
    if accuracy is None:
        return
    if "reason" in accuracy:
        typer.echo(f"{said['none']}: {accuracy['reason']}")
        return
    stop = "。" if language == "ja" else ". "
    typer.echo(f"\n{said['later']}{stop}{accuracy['design'][language]}")
    figures_table(accuracy, language)


def _say_card(one: "Card", now: Standing, said: dict[str, str], language: Language) -> None:
    """Print one card: for whom it is, what success is, and its indicators."""
    features = {feature.name: feature for feature in now.features}
    typer.echo(f"\n[{one.code}] {_of(one.title, language)}")
    typer.echo(f"  {said['success']}: {_of(one.success, language)}")
    when = said["everybody"] if one.when is None else _when(one.when.model_dump(exclude_none=True))
    typer.echo(f"  {said['when']}: {when}")
    if one.hand_over_days is not None:
        assert one.boundary is not None, "a card hands over around a tenure"
        low, high = (one.boundary + sign * one.hand_over_days / 2 for sign in (-1, 1))
        days = "日目" if language == "ja" else " days"
        typer.echo(f"  {said['hand_over']}: {low:g} – {high:g}{days}")
    rows = []
    for i in one.indicator:
        weight = f"{one.shares_of_100[i.name]:.4g}" if i.is_weighted else "–"
        label = features[i.feature].label.of(language)
        rows.append([i.name, label, weight, rule_text(i), i.missing])
    headings = [said[key] for key in ("indicator", "label", "of_100", "rule", "missing")]
    lines_table(headings, rows, (2,))


def rule_text(indicator: "Indicator") -> str:
    """Return a rule as it is written in the file."""
    from training.scorecard.writing import inline

    if indicator.steps is not None:
        said = [step.model_dump(exclude_none=True) for step in indicator.steps]
        return f"steps {', '.join(_step(step) for step in said)}"
    rule = indicator.model_dump(exclude_none=True)[indicator.kind]
    return f"{indicator.kind} {inline({k: v for k, v in rule.items() if k != 'reason'})}"


def _step(step: dict[str, float]) -> str:
    end = next((f"{key} {step[key]:g}: " for key in ("below", "up_to") if key in step), "else: ")
    return f"{end}{step['share']:g}"


def _when(said: dict[str, Any]) -> str:
    return ", ".join(
        f"{key} = {' | '.join(value) if isinstance(value, tuple) else f'{value:g}'}"
        for key, value in said.items()
    )


def _taken(found: dict[str, int]) -> str:
    taken = [f"{code} {n}" for code, n in found.items() if code not in ("accounts", "fits")]
    return ", ".join(taken) or "–"


def _of(words: "Written", language: Language) -> str:
    return words.ja if language == "ja" else words.en
