"""Tables of the scorecard commands on a screen."""

from collections.abc import Collection
from typing import Any

from features.catalog import Language, Words

_FIGURES = {
    "card": Words("カード", "Card"),
    "rows": Words("行", "Rows"),
    "accounts": Words("社数", "Accounts"),
    "churns": Words("解約", "Left"),
    "withheld": Words("点なし", "No score"),
    "auc": Words("AUC（90%区間）", "AUC (90 % interval)"),
    "log_loss": Words("対数損失", "Log loss"),
    "recall_red": Words("解約のうち要対応だった", "Leavers in red"),
    "precision_red": Words("要対応のうち解約", "Reds that left"),
    "whole": Words("全体", "All"),
}


def figures_table(judged: dict[str, Any], language: Language) -> None:
    """Print what `training.scorecard.judged` returned, a row a card."""
    said = {key: words.of(language) for key, words in _FIGURES.items()}
    rows = [
        _figures(name, figures)
        for name, figures in ((said["whole"], judged["whole"]), *judged["cards"].items())
    ]
    keys = ("card", "rows", "accounts", "churns", "withheld", "auc", "log_loss", "recall_red")
    lines_table([said[key] for key in (*keys, "precision_red")], rows, range(1, 9))


def _figures(name: str, found: dict[str, Any]) -> list[str]:
    counts = [f"{found[key]:,}" for key in ("rows", "accounts", "churns", "withheld")]
    auc, loss = found["auc"], found["log_loss"]
    return [
        name,
        *counts,
        "–" if auc is None else f"{auc['value']:.3f} ({auc['low']:.3f}–{auc['high']:.3f})",
        "–" if loss is None else f"{loss['value']:.4f}",
        _share(found["recall_red"], found["red_churns"], found["churns"]),
        _share(found["precision_red"], found["red_churns"], found["red"]),
    ]


def _share(share: dict[str, float] | None, part: int, whole: int) -> str:
    return "–" if share is None else f"{share['value']:.0%} ({part}/{whole})"


def lines_table(headings: list[str], rows: list[list[str]], numbers: Collection[int]) -> None:
    """Print a table; the columns at the positions ``numbers`` are aligned at the right."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for place, heading in enumerate(headings):
        table.add_column(
            heading, justify="right" if place in numbers else "left", no_wrap=place == 0
        )
    for row in rows:
        table.add_row(*map(Text, row))
    Console(width=140).print(table)
