"""``kenshin answer-check``: whether the score was low before those who left, left."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from features.catalog import Language, Words
from features.clock import utc_now
from features.errors import NotReadyError
from features.settings import Settings, load_settings

MISSES = 10


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("answer-check")(answer_check)


def answer_check(
    config: Annotated[Path, typer.Option(help="Settings file.")] = Path("kenshin.toml"),
    lang: Annotated[Language | None, typer.Option(help="Language; default: the company's.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Check the stored scores against who really left, by the scores as they stood before."""
    settings = load_settings(config)
    checked = check_company(settings)
    if as_json:
        typer.echo(json.dumps(checked, ensure_ascii=False, allow_nan=False))
    else:
        say(checked, lang or settings.company.language, settings.company.currency)


def check_company(settings: Settings) -> dict[str, Any]:
    """Return the answer check of the company the settings name.

    Raises
    ------
    NotReadyError
        For a flat table, which does not say when an account left.
    """
    from features.sources import load_tables
    from serving.answers import check
    from serving.store.engine import open_store

    if settings.flat is not None:
        raise NotReadyError(
            "tables that say when an account left",
            "a flat feature table",
            "How well the model did on later rows is in `kenshin models`.",
        )
    engine = open_store(settings)
    try:
        return check(settings, engine, load_tables(settings, now=utc_now()).tables)
    finally:
        engine.dispose()


_SAID = {
    "issued": Words("発行時のスコアによる答え合わせ", "Answer check on the scores as issued"),
    "out of time": Words(
        "答え合わせ：発行時のスコアがまだ足りないため、モデルの学習に使っていない期間の再計算による",
        "Answer check on replayed scores of a period the model was not fitted on "
        "(too few were issued so far)",
    ),
    "left": Words("解約した会社", "Accounts that left"),
    "weeks": Words("解約の何週前", "Weeks before"),
    "scored": Words("採点あり", "scored"),
    "red_4w_share": Words("4週前に要対応だった", "Red four weeks before"),
    "green_4w_share": Words("4週前に良好だった(見逃し)", "Green four weeks before (missed)"),
    "outcomes": Words("その後どうなったか", "What became of each band"),
    "band": Words("区分", "Band"),
    "accounts": Words("社数", "Accounts"),
    "gone": Words("解約", "Left"),
    "share": Words("割合", "Share"),
    "interval": Words("90%区間", "90% interval"),
    "misses": Words("見逃した会社(年間売上の大きい順)", "Missed, largest yearly revenue first"),
    "name": Words("会社", "Company"),
    "arr": Words("ARR", "ARR"),
    "left_at": Words("解約日", "Left on"),
    "score_13w": Words("13週前", "13 weeks before"),
    "score_4w": Words("4週前", "4 weeks before"),
    "none": Words("この期間に解約はありません。", "Nobody left in this period."),
}


def say(checked: dict[str, Any], language: Language, currency: str) -> None:
    """Print an answer check for people."""
    said = {key: text.of(language) for key, text in _SAID.items()}
    period = " – ".join(str(end)[:10] for end in checked["period"])
    typer.echo(f"{said[checked['basis']]} ({period})")
    typer.echo(f"{said['left']}: {checked['left']}")
    if not checked["left"]:
        typer.echo(said["none"])
        return
    _print_weeks(checked, said, language)
    _print_reach(checked, language)
    for share in ("red_4w_share", "green_4w_share"):
        if checked[share] is not None:
            typer.echo(f"{said[share]}: {checked[share]:.0%}")
    _print_outcomes(checked, said, language)
    _print_misses(checked, said, language, currency)


def _print_weeks(checked: dict[str, Any], said: dict[str, str], language: Language) -> None:
    from serving.words import BANDS

    rows = [
        [str(week["weeks"]), *(str(week[band]) for band in BANDS), str(week["scored"])]
        for week in checked["weeks"]
        if week["scored"]
    ]
    headings = [said["weeks"], *(name.of(language) for name in BANDS.values()), said["scored"]]
    _print(headings, rows)


def _print_reach(checked: dict[str, Any], language: Language) -> None:
    """Say how far back the scores of those who left reach, where that is not far enough."""
    reach = max((week["weeks"] for week in checked["weeks"] if week["scored"]), default=0)
    if reach < max(week["weeks"] for week in checked["weeks"]):
        text = Words(
            "スコアは解約の{weeks}週前までしかない。kenshin score --history 52 でそれより前も"
            "再計算できる(モデルの学習に使った日付は数えない)。",
            "Scores reach back {weeks} weeks before the end; kenshin score --history 52 replays "
            "earlier ones (dates the model was fitted on do not count).",
        )
        typer.echo(text.of(language).format(weeks=reach))


def _print_outcomes(checked: dict[str, Any], said: dict[str, str], language: Language) -> None:
    from serving.words import band_word

    if not checked["outcomes"]:
        return
    typer.echo(said["outcomes"])
    rows = [
        [
            band_word(outcome["band"], language),
            str(outcome["accounts"]),
            str(outcome["left"]),
            f"{outcome['share']:.1%}",
            f"{outcome['interval'][0]:.1%} – {outcome['interval'][1]:.1%}",
        ]
        for outcome in checked["outcomes"]
    ]
    _print([said[key] for key in ("band", "accounts", "gone", "share", "interval")], rows)


def _print_misses(
    checked: dict[str, Any], said: dict[str, str], language: Language, currency: str
) -> None:
    from serving.values import money_text, number

    if not checked["misses"]:
        return
    typer.echo(said["misses"])
    rows = []
    for miss in checked["misses"][:MISSES]:
        name = (miss["name_en"] if language == "en" else None) or miss["name"]
        earlier = miss["score_13w"]
        rows.append(
            [
                name or miss["account_id"],
                "–" if miss["arr"] is None else money_text(miss["arr"], currency, language),
                miss["left_at"][:10],
                "–" if earlier is None else number(earlier),
                number(miss["score_4w"]),
            ]
        )
    _print([said[key] for key in ("name", "arr", "left_at", "score_13w", "score_4w")], rows)
    if len(checked["misses"]) > MISSES:
        typer.echo(f"… {len(checked['misses']) - MISSES}")


def _print(headings: list[str], rows: list[list[str]]) -> None:
    """Print a table whose first column is text and whose others are numbers."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="left" if place == 0 else "right", no_wrap=True)
    for row in rows:
        table.add_row(*map(Text, row))
    Console(width=120).print(table)
