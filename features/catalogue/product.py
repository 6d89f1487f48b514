"""A company's own features, from named events in ``kenshin.toml``, without code."""

from collections.abc import Iterator

from features.catalog import Unit
from features.catalogue.declaration import Declaration, declare
from features.catalogue.product_words import label, missing, missing_means, worse_and_better
from features.comparisons import AgainstPeers, ByChance, Mean
from features.measures import (
    Change,
    DaysSince,
    Held,
    Known,
    Measure,
    Measured,
    Minus,
    Over,
    Share,
)
from features.named import Named, PerKey
from features.product_feature import ANY, ProductFeature
from features.settings import Settings
from features.usage import QUANTITY_UNIT

UNITS: dict[str, Unit] = {
    "never": "truth",
    "first_use_days": "days",
    "days_since": "days",
    "active_days": "days",
    "ratio": "share",
    "share_of_seats": "share",
    "top_user_share": "share",
}
"""How a value is written; what is not here is a count."""


def product(settings: Settings) -> Iterator[Declaration]:
    """Return the declarations of ``[features]``, in the file's order."""
    for key, wanted in settings.features.items():
        yield _declaration(key, wanted)


def _declaration(key: str, wanted: ProductFeature) -> Declaration:
    worse, better = worse_and_better(wanted)
    return declare(
        _name(key, wanted),
        _measure(wanted),
        group="onboarding" if wanted.measure == "first_use_days" else "usage",
        indicator="product",
        unit=_unit(wanted),
        good=wanted.good,
        window_days=_window_days(wanted),
        needs=_needs(wanted),
        actionable=wanted.actionable,
        label=label(wanted),
        worse=worse,
        better=better,
        missing=missing(wanted),
        missing_means=missing_means(wanted),
    )


def _name(key: str, wanted: ProductFeature) -> str:
    name = f"{key}_{wanted.window_days}d" if wanted.window_days else key
    if wanted.against == "own_past":
        return f"{name}_vs_prev_{(wanted.window_days or 0) * wanted.periods}d"
    return f"{name}_vs_peers" if wanted.against == "peers" else name


def _unit(wanted: ProductFeature) -> Unit:
    if wanted.against is not None:
        relative = wanted.against == "own_past" and wanted.difference == "relative"
        return "change" if relative else "times"
    return wanted.unit or UNITS.get(wanted.measure, "count")


def _window_days(wanted: ProductFeature) -> int | None:
    if wanted.window_days is None or wanted.against != "own_past":
        return wanted.window_days
    return wanted.window_days * (wanted.periods + 1)


def _needs(wanted: ProductFeature) -> tuple[str, ...]:
    needs = ["events"]
    if wanted.measure == "sum":
        needs.append("events.quantity")
    if wanted.measure in ("users", "share_of_seats", "top_user_share"):
        needs.append("events.user_id")
    if wanted.measure == "share_of_seats":
        needs.append("subscriptions.seats")
    if wanted.against == "peers":
        needs.append("subscriptions.plan")
    return tuple(needs)


def _measure(wanted: ProductFeature) -> Measure:
    """Return the measure with its comparison, if there is one."""
    now = _base(wanted)
    if wanted.against == "peers":
        return AgainstPeers(now, wanted.minimum_peers)
    if wanted.against == "own_past":
        days, periods = wanted.window_days or 0, wanted.periods
        before = tuple(_base(wanted, days * ago) for ago in range(1, periods + 1))
        if wanted.difference == "chance":
            return ByChance(now, before, days)
        mean = before[0] if periods == 1 else Mean(before)
        return Change(now, mean, tenure_days=days * (periods + 1))
    return now


def _base(wanted: ProductFeature, skip: int = 0) -> Measure:
    """Return what is measured in the window that ends ``skip`` days before the cut-off."""
    days, events = wanted.window_days, wanted.events
    users = PerKey("named_users", "n", days, skip, how="distinct", events=events)
    first = Named("first_named", "first", how="min", empty=None, events=events)
    match wanted.measure:
        case "count":
            return _count(events, days, skip)
        case "sum":
            return Over(_quantity(events, days, skip), QUANTITY_UNIT)
        case "ratio":
            return Share(_count(events, days, skip), _count(wanted.per_events, days, skip))
        case "never":
            return Known(first, known=False)
        case "first_use_days":
            return Minus(first, Held("start_day"))
        case "breadth":
            return PerKey("named_names", "n", days, skip, how="distinct", events=events)
        case "users":
            return users
        case "share_of_seats":
            return Share(users, Held("seats"))
        case "active_days":
            return Named("named_days", "d", days, skip, events=events)
        case "days_since":
            return DaysSince(Named("last_named", "last", how="max", empty=None, events=events))
        case _:
            busiest = PerKey("named_users", "n", days, skip, how="max", events=events)
            return Share(busiest, PerKey("named_users", "n", days, skip, events=events))


def _count(events: tuple[str, ...], days: int | None, skip: int) -> Measured:
    if _is_one(events):
        return Measured("days", f"n:{events[0]}", days, skip)
    return Named("named_days", "n", days, skip, events=events)


def _quantity(events: tuple[str, ...], days: int | None, skip: int) -> Measured:
    if _is_one(events):
        return Measured("days", f"q:{events[0]}", days, skip)
    return Named("named_days", "q", days, skip, events=events)


def _is_one(events: tuple[str, ...]) -> bool:
    """Whether one plain name is meant, which the account-days count for all together."""
    return len(events) == 1 and ANY not in events[0]
