"""The verdict's features as a table for a terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from features.catalog import Feature, Language
from serving.drift.findings import printable
from serving.drift.shift import FeatureShift
from serving.drift.verdict import Verdict
from serving.values import value_text

SHOWN = 5
FILE_WIDTH = 120
"""Columns where the output goes to a file or a pipe."""
HEADS: dict[Language, tuple[str, ...]] = {
    "ja": ("特徴量", "重み", "基準", "現在", "PSI", "距離", "判定"),
    "en": ("Feature", "Weight", "Reference", "Now", "PSI", "Distance", "Drifted"),
}
YES: dict[Language, str] = {"ja": "変化あり", "en": "yes"}
CALENDAR: dict[Language, str] = {"ja": "暦どおり", "en": "calendar"}
"""What stands in the last column of a feature that moves by itself."""


def feature_table(
    found: Verdict,
    features: Sequence[Feature],
    language: Language,
    currency: str = "USD",
    console: Console | None = None,
) -> None:
    """Print what drifted and the five most important features, medians or most frequent values.

    Parameters
    ----------
    console : Console, optional
        Default: standard output.
    """
    by_name = {feature.name: feature for feature in features}
    table = Table(box=None)
    for place, head in enumerate(HEADS[language]):
        table.add_column(head, justify="right" if place else "left", no_wrap=True)
    for place, shift in enumerate(found.features):
        if place < SHOWN or shift.drifted:
            cells = _cells(shift, by_name[shift.feature], language, currency)
            table.add_row(*(Text(printable(cell)) for cell in cells))
    console = console or Console()
    if not console.is_terminal:
        console.width = FILE_WIDTH
    console.print(table)


def _cells(
    shift: FeatureShift, feature: Feature, language: Language, currency: str
) -> tuple[str, ...]:
    before, now = (
        value_text(feature, value, language, currency) if shift.judged else "–"
        for value in (shift.before, shift.now)
    )
    mark = CALENDAR if shift.calendar else YES if shift.drifted else None
    return (
        feature.label.of(language),
        "<1%" if shift.importance < 0.01 else f"{shift.importance:.0%}",
        before,
        now,
        "–" if shift.stability_index is None else f"{shift.stability_index:.2f}",
        "–" if shift.wasserstein is None else f"{shift.wasserstein:.2f}",
        mark[language] if mark else "",
    )
