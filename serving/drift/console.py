"""The verdict's features as a table for a terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from features.catalog import Feature, Language
from serving.drift.findings import printable
from serving.drift.shift import FeatureShift
from serving.drift.verdict import Verdict

SHOWN = 10
FILE_WIDTH = 120
"""Columns where the output goes to a file or a pipe."""
HEADS: dict[Language, tuple[str, ...]] = {
    "ja": ("特徴量", "重み", "基準", "現在", "PSI", "距離", "変化"),
    "en": ("Feature", "Weight", "Reference", "Now", "PSI", "Distance", "Drifted"),
}
YES: dict[Language, str] = {"ja": "あり", "en": "yes"}


def feature_table(
    found: Verdict, features: Sequence[Feature], language: Language, console: Console | None = None
) -> None:
    """Print what drifted and the ten most important features, medians or most frequent values.

    Parameters
    ----------
    console : Console, optional
        Default: standard output.
    """
    labels = {feature.name: feature.label.of(language) for feature in features}
    table = Table(box=None)
    for place, head in enumerate(HEADS[language]):
        table.add_column(head, justify="right" if place else "left", no_wrap=True)
    for place, shift in enumerate(found.features):
        if place < SHOWN or shift.drifted:
            cells = _cells(shift, labels[shift.feature], language)
            table.add_row(*(Text(printable(cell)) for cell in cells))
    console = console or Console()
    if not console.is_terminal:
        console.width = FILE_WIDTH
    console.print(table)


def _cells(shift: FeatureShift, label: str, language: Language) -> tuple[str, ...]:
    return (
        label,
        f"{shift.importance:.0%}",
        shift.before or "–",
        shift.now or "–",
        "–" if shift.stability_index is None else f"{shift.stability_index:.2f}",
        "–" if shift.wasserstein is None else f"{shift.wasserstein:.2f}",
        YES[language] if shift.drifted else "",
    )
