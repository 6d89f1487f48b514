"""An answer check printed for people."""

from collections.abc import Mapping, Sequence
from typing import Any

import typer

from features.catalog import Language, Words
from serving.answer_words import (
    RESULTS,
    basis_sentence,
    column_word,
    percent,
    segment_value,
    unseen_sentence,
    verdict_sentence,
)
from serving.values import money_text, number
from serving.words import BANDS, band_word

Json = Mapping[str, Any]
MISSES = 10
UNASKED = ("region", "owner")
"""Segments that are printed only where they are asked for by name."""
LEAST = 5
"""Segments of fewer leavers and fewer alerts are not printed; they are in the CSV."""

_SAID = {
    "period": Words("期間", "Period"),
    "left": Words("解約した会社", "Accounts that left"),
    "none": Words("この期間に解約はありません。", "Nobody left in this period."),
    "weeks": Words("解約の何週前", "Weeks before"),
    "scored": Words("採点あり", "scored"),
    "red_share": Words("要対応の割合（90%区間）", "red (90% interval)"),
    "outcomes": Words("その後どうなったか", "What became of each band"),
    "band": Words("区分", "Band"),
    "accounts": Words("社数", "Accounts"),
    "gone": Words("解約", "Left"),
    "share": Words("割合", "Share"),
    "interval": Words("90%区間", "90% interval"),
    "said": Words("予測", "Said"),
    "alerts": Words("要対応になった会社のその後", "Those that turned red"),
    "all": Words("全体", "All"),
    "not_contacted": Words("対応なし", "Not contacted"),
    "contacted": Words("対応あり", "Contacted"),
    "misses": Words("見逃した会社（年間売上の大きい順）", "Missed, largest yearly revenue first"),
    "name": Words("会社", "Company"),
    "left_at": Words("解約日", "Left on"),
    "before": Words("{weeks}週前", "{weeks} weeks before"),
    "segments": Words("区分別（{weeks}週前）", "By segment ({weeks} weeks before)"),
    "versions": Words("モデルの版別（{weeks}週前）", "By model version ({weeks} weeks before)"),
    "red": Words("要対応", "red"),
    "green": Words("良好", "green"),
    "right": Words("要対応→解約", "red, then left"),
    "ours": Words("こちら", "ours"),
}


def say(checked: Json, language: Language, currency: str) -> None:
    """Print an answer check: the verdict first, then what it rests on."""
    said = {key: text.of(language) for key, text in _SAID.items()}
    _print_head(checked, said, language)
    if not checked["left"]:
        typer.echo(said["none"])
        return
    typer.echo()
    _print_weeks(checked, said, language)
    _print_reach(checked, language)
    typer.echo(lead_sentence(checked["lead_time"], language))
    _print_outcomes(checked, said, language)
    _print_alerts(checked, said, language)
    _print_misses(checked, said, language, currency)
    for part in ("segments", "versions"):
        _print_parts(part, checked, said, language)
    for other in checked.get("beside", ()):
        typer.echo("\n" + beside_sentence(other, language))


def _print_head(checked: Json, said: Mapping[str, str], language: Language) -> None:
    if "name" in checked:
        text = Words("{name}のスコアの答え合わせ", "Answer check of {name}")
        typer.echo(text.of(language).format(name=checked["name"]))
        if checked["unknown_accounts"]:
            text = Words("会社の表にないid {n}件は数えない。", "{n} unknown ids do not count.")
            typer.echo(text.of(language).format(n=f"{checked['unknown_accounts']:,}"))
    else:
        typer.echo(basis_sentence(checked, language))
    if checked["period"]:
        typer.echo(f"{said['period']}: {' – '.join(end[:10] for end in checked['period'])}")
    typer.echo(f"{said['left']}: {checked['left']:,}")
    result = RESULTS[checked["verdict"]["result"]].of(language)
    typer.secho(f"{result}: {verdict_sentence(checked['verdict'], language)}", bold=True)


def _print_weeks(checked: Json, said: Mapping[str, str], language: Language) -> None:
    rows = [
        [str(week["weeks"]), *(str(week[band]) for band in BANDS), str(week["scored"]),
         f"{percent(week['red_share'])} ({_range(week['red_interval'])})"]
        for week in checked["weeks"]
        if week["scored"]
    ]  # fmt: skip
    names = [name.of(language) for name in BANDS.values()]
    _print([said["weeks"], *names, said["scored"], said["red_share"]], rows)


def _print_reach(checked: Json, language: Language) -> None:
    """Say how far back the scores of those who left reach, where that is not far enough."""
    reach = max((week["weeks"] for week in checked["weeks"] if week["scored"]), default=0)
    if "name" not in checked and reach < max(week["weeks"] for week in checked["weeks"]):
        text = Words(
            "スコアは解約の{weeks}週前までしかない。kenshin score --history 52 でそれより前も"
            "再計算できる（モデルの学習に使った日付は数えない）。",
            "Scores reach back {weeks} weeks before the end; kenshin score --history 52 replays "
            "earlier ones (dates the model was fitted on do not count).",
        )
        typer.echo(text.of(language).format(weeks=reach))


def lead_sentence(lead: Json, language: Language) -> str:
    """Return how long before leaving the alerts of those who left began."""
    if not lead["alerts"]:
        return Words(
            "解約の時点で要対応が続いていた会社はない。", "Nobody was red until leaving."
        ).of(language)
    text = Words(
        "解約した{of}社中{alerts}社は要対応のまま解約した。要対応になったのは中央値で{days}日前"
        "（半数は{low}～{high}日前）。うち{open}社は最初のスコアから要対応で、実際はもっと前。",
        "{alerts} of {of} were red until they left, by the median since {days} days before (half "
        "of them {low} to {high}); {open} were red from their first score on, so even longer.",
    )
    low, high = lead["quartiles_days"]
    return text.of(language).format(
        alerts=lead["alerts"],
        of=lead["of"],
        days=f"{lead['median_days']:.0f}",
        low=f"{low:.0f}",
        high=f"{high:.0f}",
        open=lead["at_least"],
    )


def _print_outcomes(checked: Json, said: Mapping[str, str], language: Language) -> None:
    if checked["outcomes"]:
        typer.echo(f"\n{said['outcomes']}")
        lines = [(band_word(one["band"], language), one) for one in checked["outcomes"]]
        _print_shares(said["band"], lines, said)


def _print_alerts(checked: Json, said: Mapping[str, str], language: Language) -> None:
    alerts = checked["alerts"]
    lines = [
        (said[name], alerts[name])
        for name in ("all", "not_contacted", "contacted")
        if alerts[name] and alerts[name]["accounts"]
    ]
    if not lines:
        return
    typer.echo(f"\n{said['alerts']}")
    _print_shares("", lines, said)
    typer.echo(alerts_sentence(checked, language))


def alerts_sentence(checked: Json, language: Language) -> str:
    """Return what is and is not a false alarm."""
    alerts, rules = checked["alerts"], checked["rules"]
    if alerts["saved"] is None:
        return Words(
            "対応の記録（actions）がないため、対応の有無は分けられない。",
            "There is no log of actions, so contacted accounts cannot be told apart.",
        ).of(language)
    text = Words(
        "要対応になってから{days}日以内、結果が出る前に対応のあった会社は別に数える。対応して残った"
        "{saved}社は誤報に数えない。誤報は{false}社。期間の終わっていない{open}社は数えない。",
        "Contacted: an action within {days} days of turning red and before the outcome. The "
        "{saved} contacted that stayed are no false alarms; {false} are. {open} are still open.",
    )
    return text.of(language).format(
        days=rules["contacted_within_days"],
        saved=alerts["saved"],
        false=alerts["false_alarms"],
        open=alerts["immature"],
    )


def _print_shares(first: str, lines: Sequence[tuple[str, Json]], said: Mapping[str, str]) -> None:
    rows = [
        [name, f"{one['accounts']:,}", f"{one['left']:,}", percent(one["share"], 1),
         _range(one["interval"], 1), percent(one["said"], 1)]
        for name, one in lines
    ]  # fmt: skip
    names = ("accounts", "gone", "share", "interval", "said")
    _print([first, *(said[name] for name in names)], rows)


def _print_misses(
    checked: Json, said: Mapping[str, str], language: Language, currency: str
) -> None:
    if not checked["misses"]:
        return
    typer.echo(f"\n{said['misses']}")
    weeks = [checked["rules"][name] for name in ("earlier_weeks", "weeks_before")]
    rows, notes = [], []
    for miss in checked["misses"][:MISSES]:
        name = (miss["name_en"] if language == "en" else None) or miss["name"]
        shown = name or miss["account_id"]
        scores = [miss["score_earlier"], miss["score_before"]]
        arr = "–" if miss["arr"] is None else money_text(miss["arr"], currency, language)
        written = ["–" if score is None else number(score) for score in scores]
        rows.append([shown, arr, miss["left_at"][:10], *written])
        told = [unseen_sentence(one, language, currency) for one in miss["unseen"] or ()]
        if told:
            notes.append(f"  {shown}: {'; '.join(told)}")
    before = [said["before"].format(weeks=week) for week in weeks]
    _print([said["name"], "ARR", said["left_at"], *before], rows)
    if len(checked["misses"]) > MISSES:
        more = Words("ほか{n}社（--json で全社）", "{n} more (all with --json)").of(language)
        typer.echo(more.format(n=len(checked["misses"]) - MISSES))
    if notes:
        text = Words(
            "スコアのあと、解約までに分かったこと", "Known after the score, before they left"
        )
        typer.echo(text.of(language))
        typer.echo("\n".join(notes))


def _print_parts(part: str, checked: Json, said: Mapping[str, str], language: Language) -> None:
    asked = len({line["column"] for line in checked[part]}) == 1
    rows = [
        [column_word(line["column"], language),
         segment_value(line["column"], line["value"], language), str(line["scored"]),
         f"{percent(line['red_share'])} ({_range(line['red_interval'])})",
         f"{percent(line['green_share'])} ({_range(line['green_interval'])})",
         _of(line["alerts"])]
        for line in checked[part]
        if (asked or line["column"] not in UNASKED)
        and max(line["scored"], line["alerts"]["accounts"]) >= LEAST
    ]  # fmt: skip
    if rows:
        typer.echo(f"\n{said[part].format(weeks=checked['rules']['weeks_before'])}")
        headings = [said[name] for name in ("gone", "red", "green", "right")]
        _print(["", "", *headings], rows)


def _of(alerts: Json) -> str:
    if not alerts["accounts"]:
        return "–"
    share = f"{percent(alerts['share'])} ({_range(alerts['interval'])})"
    return f"{alerts['left']}/{alerts['accounts']} {share}"


_OTHERS = {"scorecard": Words("スコアカード", "the scorecard")}


def beside_sentence(other: Json, language: Language) -> str:
    """Return both scores on the same leavers, in one sentence."""
    if not other["left"]:
        return (
            Words(
                "{name}とこちらのスコアが同じ日にある解約がまだないため、比べられない。",
                "No leaver had both a score of {name} and one of ours, so they cannot be compared.",
            )
            .of(language)
            .format(name=other["name"])
        )
    name = _OTHERS[other["name"]].of(language) if other["name"] in _OTHERS else other["name"]
    text = Words(
        "{name}と同じ{left}社を同じ時点（{weeks}週前）で比べると、解約した会社のうち「良好」だったのは"
        "{name}で{theirs}、こちらで{ours}。「要対応」だったのは{name}で{theirs_red}、こちらで{ours_red}。",
        "{name}: {theirs} of leavers were green. Ours on the same dates: {ours}. Red: {theirs_red} "
        "and {ours_red} ({left} leavers with both, {weeks} weeks before).",
    )
    return text.of(language).format(
        name=name,
        left=other["left"],
        weeks=other["weeks_before"],
        theirs=percent(other["theirs"]["green_share"]),
        ours=percent(other["ours"]["green_share"]),
        theirs_red=percent(other["theirs"]["red_share"]),
        ours_red=percent(other["ours"]["red_share"]),
    )


def _range(interval: Sequence[float], digits: int = 0) -> str:
    low, high = interval
    return f"{percent(low, digits)} – {percent(high, digits)}"


def _print(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
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
