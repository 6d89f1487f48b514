"""I01–I05: how often, how long, how many, how widely, and whether they come back."""

from collections.abc import Iterator

from features.catalogue.declaration import Declaration, declare, span
from features.catalogue.people import PEOPLE, users_in
from features.catalogue.rhythm import LOGINS, RHYTHM, TIME
from features.catalogue.volume import TOO_YOUNG, active_days, uses
from features.measures import Change, Measured, Names, Over
from features.settings import Settings
from features.usage import QUANTITY_UNIT


def usage(settings: Settings) -> Iterator[Declaration]:
    """Return the declarations over ``events``."""
    windows_days = settings.snapshots.windows_days
    for days in windows_days:
        yield from (_uses_in(days), _active_days_in(days), _names_in(days), users_in(days))
    yield from (*_TRENDS, *RHYTHM, *LOGINS, *TIME, *PEOPLE)
    yield from (_quantity_in(days) for days in windows_days)
    yield _QUANTITY_TREND


def _uses_in(days: int) -> Declaration:
    ja, en = span(days)
    return declare(
        f"events_{days}d",
        uses(days),
        group="usage",
        indicator="I03",
        unit="count",
        good="up",
        window_days=days,
        needs=("events",),
        label=(f"利用回数（{ja}）", f"Uses, {en}"),
        worse=("利用回数が少ない", "The product is used little"),
        better=("よく利用されている", "The product is used a lot"),
    )


def _active_days_in(days: int) -> Declaration:
    ja, en = span(days)
    return declare(
        f"active_days_{days}d",
        active_days(days),
        group="usage",
        indicator="I01",
        unit="days",
        good="up",
        window_days=days,
        needs=("events",),
        label=(f"利用した日数（{ja}）", f"Active days, {en}"),
        worse=("利用する日が少ない", "Used on few days"),
        better=("日常的に利用されている", "Used on most days"),
    )


def _names_in(days: int) -> Declaration:
    ja, en = span(days)
    return declare(
        f"distinct_events_{days}d",
        Names("days", "names", days),
        group="usage",
        indicator="I03",
        unit="count",
        good="up",
        window_days=days,
        needs=("events",),
        label=(f"使われた機能の数（{ja}）", f"Features in use, {en}"),
        worse=("使われている機能が少ない", "Only a few features are in use"),
        better=("多くの機能が使われている", "Many features are in use"),
    )


def _trend(days: int, ja: str, en: str) -> Declaration:
    return declare(
        f"events_{days}d_vs_prev_{days}d",
        Change(uses(days), uses(days, days), tenure_days=2 * days),
        group="usage",
        indicator="I03",
        unit="change",
        good="up",
        window_days=2 * days,
        needs=("events",),
        label=(f"利用量の{ja}変化", f"Usage change over {en}"),
        worse=(f"利用量がこの{ja}で急に減った", f"Usage has fallen sharply in {en}"),
        better=(f"利用量がこの{ja}で増えた", f"Usage has grown in {en}"),
        missing=("利用量の比較ができない", "No earlier usage to compare with"),
        missing_means=TOO_YOUNG,
    )


_TRENDS = (
    _trend(28, "4週", "4 weeks"),
    _trend(90, "90日", "90 days"),
    declare(
        "active_days_28d_vs_prev_28d",
        Change(active_days(28), active_days(28, 28), tenure_days=56),
        group="usage",
        indicator="I01",
        unit="change",
        good="up",
        window_days=56,
        needs=("events",),
        label=("利用日数の4週変化", "Change in active days over 4 weeks"),
        worse=("利用する日がこの4週で減った", "Used on fewer days than 4 weeks ago"),
        better=("利用する日がこの4週で増えた", "Used on more days than 4 weeks ago"),
        missing=("利用日数の比較ができない", "No earlier active days to compare with"),
        missing_means=TOO_YOUNG,
    ),
)

_QUANTITY_NEEDS = ("events", "events.quantity")


def _quantity(days: int, skip: int = 0) -> Over:
    return Over(Measured("days", "quantity", days, skip), QUANTITY_UNIT)


def _quantity_in(days: int) -> Declaration:
    ja, en = span(days)
    return declare(
        f"quantity_{days}d",
        _quantity(days),
        group="usage",
        indicator="I03",
        unit="count",
        good="up",
        window_days=days,
        needs=_QUANTITY_NEEDS,
        label=(f"数量（{ja}）", f"Quantity, {en}"),
        worse=("数量が少ない", "The quantity is small"),
        better=("数量が多い", "The quantity is large"),
    )


_QUANTITY_TREND = declare(
    "quantity_28d_vs_prev_28d",
    Change(_quantity(28), _quantity(28, 28), 56),
    group="usage",
    indicator="I03",
    unit="change",
    good="up",
    window_days=56,
    needs=_QUANTITY_NEEDS,
    label=("数量の4週変化", "Change in quantity over 4 weeks"),
    worse=("数量がこの4週で急に減った", "Quantity has fallen sharply in 4 weeks"),
    better=("数量がこの4週で増えた", "Quantity has grown in 4 weeks"),
    missing=("数量の比較ができない", "No earlier quantity to compare with"),
    missing_means=TOO_YOUNG,
)
