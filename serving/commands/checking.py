"""What ``kenshin check`` prints, in the reader's language."""

from typing import TYPE_CHECKING, Any

from features.catalog import Language, Words
from serving import finding_words

if TYPE_CHECKING:
    from rich.console import Console

    from features.checks import CheckReport, Violation

_SAID = {
    "until": Words("観測期間の終わり：{until} UTC", "Observed until {until} UTC."),
    "out": Words("除外した行とその理由：{file}", "Kept out, with the reasons: {file}"),
    "read": Words("読み込んだもの", "What was read"),
    "table": Words("表", "Table"),
    "rows": Words("読み込み", "Read"),
    "kept": Words("使用", "Kept"),
    "kept out": Words("除外", "Kept out"),
    "violations": Words("指摘", "Violations"),
    "refused": Words("使えません", "Refused"),
    "usable": Words("使えます", "Usable"),
    "nothing": Words("問題は見つかりませんでした。", "nothing was found wrong."),
    "no row": Words("除外した行はなし", "no row kept out"),
}
SEVERITIES = {
    "refused": Words("使えない", "refused"),
    "quarantined": Words("除外", "quarantined"),
    "warning": Words("注意", "warning"),
}
_STYLE = {"refused": "bold red", "quarantined": "yellow", "warning": "cyan"}


def say(report: "CheckReport", observed_until: str | None, language: Language) -> None:
    """Print every violation, what was read, and the verdict."""
    from rich.console import Console

    console = Console(highlight=False)
    for violation in report.violations:
        _say_violation(console, violation, language)
    console.print(_summary(report, language))
    if observed_until is not None:
        until = observed_until[:16].replace("T", " ")
        console.print(_said("until", language, until=until))
    for file in report.quarantine_files.values():
        console.print(_said("out", language, file=file), soft_wrap=True, markup=False)
    console.print(_verdict(report, language), soft_wrap=True)


def _said(key: str, language: Language, **values: object) -> str:
    return _SAID[key].of(language).format(**values)


def _say_violation(console: "Console", violation: "Violation", language: Language) -> None:
    from rich.padding import Padding
    from rich.text import Text

    found = finding_words.of(violation, language)
    severity = SEVERITIES[violation.severity].of(language)
    colon = "：" if language == "ja" else ": "
    head = Text(f"{violation.code} {severity}{colon}", style=_STYLE[violation.severity])
    console.print(head + Text(found.title, style="bold"))
    console.print(Padding(Text(found.sentence), (0, 0, 0, 2)))
    console.print(Padding(Text(found.fix, style="dim"), (0, 0, 1, 2)))


def _summary(report: "CheckReport", language: Language) -> Any:  # noqa: ANN401 - Rich is lazy
    from rich.table import Table

    table = Table(title=_said("read", language), title_justify="left")
    table.add_column(_said("table", language))
    for title in ("rows", "kept", "kept out", "violations"):
        table.add_column(_said(title, language), justify="right")
    refused = [v.table for v in report.refused if v.table not in report.rows_read]
    for name in dict.fromkeys([*report.rows_read, *refused]):
        found = sum(v.table == name for v in report.violations)
        counts = ["–", "–", "–"]
        if name in report.rows_read:
            read, kept = report.rows_read[name], report.rows_kept[name]
            counts = [f"{read:,}", f"{kept:,}", f"{read - kept:,}"]
        table.add_row(name, *counts, str(found))
    return table


def _verdict(report: "CheckReport", language: Language) -> str:
    if not report.usable:
        return _refusal(report, language)
    head = f"[bold green]{_said('usable', language)}[/]"
    if not report.violations:
        return f"{head}{'：' if language == 'ja' else ': '}{_said('nothing', language)}"
    out = sum(report.rows_quarantined(table) for table in report.rows_read)
    found, left_out = len(report.violations), len(report.leaking_columns)
    if language == "ja":
        rows = f"除外した行{out:,}行" if out else _said("no row", language)
        columns = f"、使わない列{left_out}列" if left_out else ""
        return f"{head}：{rows}、確かめるべき指摘{found}件{columns}。"
    kept_out = f"{out:,} row{'s' * (out != 1)} kept out" if out else _said("no row", language)
    columns = f", {left_out} column{'s' * (left_out != 1)} left out" if left_out else ""
    return f"{head}: {kept_out}, {found} violation{'s' * (found != 1)} to look at{columns}."


def _refusal(report: "CheckReport", language: Language) -> str:
    count, first = len(report.refused), report.refused[0]
    head = f"[bold red]{_said('refused', language)}[/]"
    if language == "ja":
        return (
            f"{head}：理由{count}件、最初は{first.table}の{first.code}。"
            "直すまで、スコアは出せません。"
        )
    return (
        f"{head}: {count} reason{'s' * (count > 1)}, first {first.code} in {first.table}. "
        "Nothing can be scored before that is mended."
    )
