"""``kenshin check --leaks``: which features and columns know the future."""

from typing import TYPE_CHECKING, Any

from features.catalog import Language, Words
from features.settings import Settings
from serving.commands.progress import progress
from serving.finding_words import said

if TYPE_CHECKING:
    from features.checks import CheckReport
    from features.checks.leaks import LeakReport
    from features.sources import Tables


def tried(settings: Settings, report: "CheckReport", tables: "Tables | None") -> "LeakReport":
    """Return what the audit of a company's tables found; of a flat table, its columns only."""
    from features.checks.leaks import audit, columns_only

    if tables is None or not report.usable:
        return columns_only(report)
    with progress("sample", 4) as tell:
        return audit(tables, settings, report, tell)


def document(found: "LeakReport") -> dict[str, Any]:
    """Return the audit as plain JSON values."""
    leaking = {leak.name for leak in found.leaks}
    return {
        "verdict": found.verdict,
        "cut_offs": found.cut_offs,
        "accounts": found.accounts,
        "values_compared": found.cells,
        "features": {name: name in leaking for name in found.features},
        "columns": {name: name in leaking for name in found.columns},
        "leaks": [
            {
                "code": leak.code,
                "kind": leak.kind,
                "name": leak.name,
                "sources": list(leak.sources),
                "values": leak.cells,
                "sentence": leak.sentence,
                "fix": leak.fix,
            }
            for leak in found.leaks
        ],
        "not_tried": list(found.untried),
    }


_LEAK = Words("{code} 漏れ：", "{code} leak: ")


def say(found: "LeakReport", language: Language) -> None:
    """Print the audit."""
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    console = Console(highlight=False)
    for leak in found.leaks:
        head = Text(_LEAK.of(language).format(code=leak.code), style="bold red")
        console.print(head + Text(leak.name, style="bold"))
        console.print(Padding(Text(said(leak.sentence, language)), (0, 0, 0, 2)))
        console.print(Padding(Text(said(leak.fix, language), style="dim"), (0, 0, 1, 2)))
    for sentence in found.untried:
        console.print(Text(said(sentence, language), style="dim"), soft_wrap=True)
    style = "bold red" if found.leaks else "bold"
    console.print(Text(said(found.verdict, language), style=style), soft_wrap=True)
