"""The form of a declaration: a feature, how it is measured, and what has to exist for it."""

from dataclasses import dataclass
from typing import Literal

from features.catalog import Feature, Good, Group, Unit, Words
from features.measures import Measure


@dataclass(frozen=True)
class Declaration:
    """One feature and how it is measured.

    Attributes
    ----------
    measure : Measure
        Its value per live account and cut-off.
    needs : tuple of str
        What the input must have: ``tickets``, ``tickets.csat``, or a value of an event-like
        table's kind, ``events.event=login``. Without one of them the feature does not exist.
    """

    feature: Feature
    measure: Measure
    needs: tuple[str, ...]


def declare(
    name: str,
    measure: Measure,
    *,
    group: Group,
    indicator: str,
    unit: Unit,
    good: Good,
    label: tuple[str, str],
    worse: tuple[str, str],
    better: tuple[str, str],
    needs: tuple[str, ...],
    missing: tuple[str, str] | None = None,
    missing_means: str = "Never missing: without rows it is 0.",
    actionable: bool = True,
    kind: Literal["number", "category"] = "number",
    window_days: int | None = None,
    calendar: bool = False,
) -> Declaration:
    """Return a declaration; words are pairs (Japanese, English)."""
    feature = Feature(
        name=name,
        group=group,
        indicator=indicator,
        kind=kind,
        source=needs[0].partition(".")[0],
        window_days=window_days,
        unit=unit,
        good=good,
        actionable=actionable,
        label=Words(*label),
        worse=Words(*worse),
        better=Words(*better),
        missing=Words(*(missing or (f"{label[0]}のデータなし", f"No data: {label[1].lower()}"))),
        missing_means=missing_means,
        calendar=calendar,
    )
    return Declaration(feature, measure, needs)


def span(days: int) -> tuple[str, str]:
    """Return how a window of ``days`` is called in Japanese and in English.

    Examples
    --------
    >>> span(28)
    ('直近4週', 'last 4 weeks')
    >>> span(90)
    ('直近90日', 'last 90 days')
    """
    if days == 365:
        return ("直近1年", "last year")
    if days == 7:
        return ("直近1週", "last week")
    if days % 7 == 0 and days <= 84:
        return (f"直近{days // 7}週", f"last {days // 7} weeks")
    return (f"直近{days}日", f"last {days} days")
