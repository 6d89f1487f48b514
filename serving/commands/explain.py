"""``kenshin explain``: one account's number, its reasons in words, and what to do."""

import shutil
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from features.catalog import Language, Words
from features.settings import load_settings

if TYPE_CHECKING:
    from serving.explanation import Explanation
    from serving.records import Record


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(explain)


def explain(
    account: Annotated[str, typer.Argument(help="Id of an account.")],
    config: Annotated[Path, typer.Option(help="Settings file.")] = Path("kenshin.toml"),
    lang: Annotated[Language | None, typer.Option(help="Language; default: the company's.")] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Day of the score; default: the latest."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the canonical record as JSON.")
    ] = False,
) -> None:
    """Explain an account's score: points that add up, sentences, the next step."""
    from serving.explanation import explain as explain_account
    from serving.store.engine import open_store

    settings = load_settings(config)
    engine = open_store(settings)
    try:
        found = explain_account(settings, engine, account, as_of)
    finally:
        engine.dispose()
    if as_json:
        typer.echo(found.record.model_dump_json())
    else:
        _say(found, lang or settings.company.language)


_SAID = {
    "as_of": Words("基準日", "As of"),
    "model": Words("モデル", "model"),
    "replay": Words("再計算（発行時のスコアではない）", "replayed, not as issued then"),
    "gone": Words(
        "最新の採点には含まれていません。最後のスコアです。",
        "Not in the latest run any more; this is its last score.",
    ),
    "points": Words("点", "Points"),
    "reason": Words("理由", "Reason"),
    "value": Words("値", "Value"),
    "same": Words("同じプラン", "Same plan"),
    "all": Words("全社", "All companies"),
    "since": Words("前回", "Last time"),
    "play": Words("おすすめの打ち手", "Recommended"),
    "because": Words("選んだ理由", "because of"),
    "rules": Words(
        "スコアカードの規則による点数であり、原因の証明ではありません。",
        "These are the rules of the scorecard. They are not proof of cause.",
    ),
    "caution": Words(
        "モデルが重く見た項目であり、原因の証明ではありません。",
        "These are the signals the model weighed. They are not proof of cause.",
    ),
}


def _say(found: "Explanation", language: Language) -> None:
    from serving import words

    record, row = found.record, found.row
    said = {key: text.of(language) for key, text in _SAID.items()}
    name = (row["name_en"] if language == "en" else None) or row["name"] or row["account_id"]
    facts = [row["account_id"] if name != row["account_id"] else None, row["plan"], row["owner"]]
    said_of = " · ".join(fact for fact in facts if fact)
    typer.echo(f"{name}  ({said_of})" if said_of else name)
    made_by = f"{said['model']} {record.model_version}"
    replayed = f" · {said['replay']}" if record.kind == "replay" else ""
    typer.echo(f"{said['as_of']} {record.as_of:%Y-%m-%d} · {made_by}{replayed}")
    if found.no_longer_live:
        typer.echo(said["gone"])
    typer.echo("")
    band = words.band_word(record.band, language)
    if record.abstain_reason is not None:
        stop = "。" if language == "ja" else ". "
        typer.echo(f"{band}{stop}{_withheld(record, language)}")
    else:
        typer.echo(f"{record.health_score}/100  {band}")
        _say_probability(found, language)
        _table(found, said, language)
        by_card = found.bundle.kind == "scorecard"
        typer.echo(said["rules"] if by_card else said["caution"])
    _say_change(found, said, language)
    _say_play(found, said, language)


def _withheld(record: "Record", language: Language) -> str:
    said = record.abstain_sentence_ja if language == "ja" else record.abstain_sentence_en
    return said or ""


def _say_probability(found: "Explanation", language: Language) -> None:
    from serving import words

    record = found.record
    if record.churn_probability is None:
        typer.echo(words.NOT_LEARNED.of(language))
        typer.echo("")
        return
    typer.echo(words.probability_sentence(record.churn_probability, record.horizon_days, language))
    low, high = record.churn_probability_low, record.churn_probability_high
    if low is not None and high is not None and high - low < 1:  # 0 to 1: no such past account
        typer.echo(words.range_sentence(low, high, language))
    if record.horizons:
        typer.echo(_over_time(record, language))
    typer.echo("")


def _over_time(record: "Record", language: Language) -> str:
    """Return the curve in one line: 4% by 30 days, 31% by 90 days (renewal on day 84), …."""
    from serving.words import probability_text

    ja, said = language == "ja", []
    renewal, before = record.renewal, 0
    for one in record.horizons:
        chance = probability_text(one.churn_probability, language)
        text = f"{one.days}日以内 {chance}" if ja else f"{chance} by {one.days} days"
        if renewal is not None and before < renewal.days <= one.days:
            day = renewal.days
            text += f"（契約更新は{day}日後）" if ja else f" (renewal on day {day})"
        said.append(text)
        before = one.days
    return ("解約確率: " if ja else "Chance of leaving: ") + ("、" if ja else ", ").join(said)


def _table(found: "Explanation", said: dict[str, str], language: Language) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from serving.explanation import plan_has_own_typical
    from serving.words import points_text

    compared = said["same"] if plan_has_own_typical(found.run, found.row["plan"]) else said["all"]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(said["points"], justify="right", no_wrap=True)
    for heading in (said["reason"], said["value"], compared):
        table.add_column(heading)
    lines = found.lines(language)
    for place, line in enumerate(lines):
        whole = place in (0, len(lines) - 1)
        points = str(line.points) if whole else points_text(line.points)
        value = f"{line.label}  {line.value}" if line.label else ""
        table.add_row(points, *(Text(text) for text in (line.text, value, line.typical)))
    width = max(shutil.get_terminal_size((120, 24)).columns, 100)
    Console(width=width).print(table)
    typer.echo("")


def _say_change(found: "Explanation", said: dict[str, str], language: Language) -> None:
    from serving.words import points_text

    change, shown = found.record.change, found.record.health_score
    if change is None or shown is None:
        return
    parts = {
        Words("会社", "the customer"): change.by_customer,
        Words("データの有無", "data that came or went"): change.by_data,
        Words("モデル", "the model"): change.by_model,
        Words("設定", "the settings"): change.by_settings,
    }
    moved = [f"{who.of(language)} {points_text(by)}" for who, by in parts.items() if by]
    typer.echo(
        f"{said['since']} {change.since:%Y-%m-%d}: {shown - change.delta} → {shown} "
        f"({points_text(change.delta)}{': ' if moved else ''}{', '.join(moved)})"
    )


def _say_play(found: "Explanation", said: dict[str, str], language: Language) -> None:
    play, code = found.play, found.record.reason_code
    labels = {feature.name: feature.label.of(language) for feature in found.bundle.features}
    because = f" ({said['because']}: {labels[code]})" if code else ""
    if code and language == "ja":
        because = f"（{said['because']}：{labels[code]}）"
    typer.echo(f"{said['play']}: {play.title[language]}{because}")
    for number, step in enumerate(play.steps[language], start=1):
        typer.echo(f"  {number}. {step}")
