"""A company's own features, from named events in ``kenshin.toml``, without code."""

from collections.abc import Iterator

from features.catalog import Unit
from features.catalogue.declaration import Declaration, declare
from features.measures import (
    Held,
    Known,
    Measure,
    Measured,
    Minus,
    Over,
    Share,
)
from features.settings import ProductFeature, Settings
from features.usage import QUANTITY_UNIT


def product(settings: Settings) -> Iterator[Declaration]:
    """Return the declarations of ``[features]``, in the file's order."""
    for key, wanted in settings.features.items():
        yield _declaration(key, wanted)


def _declaration(key: str, wanted: ProductFeature) -> Declaration:
    measure, unit, means = _measure(wanted)
    ja = wanted.label.get("ja") or wanted.label.get("en") or key
    en = wanted.label.get("en") or wanted.label.get("ja") or key
    worse, better = _sentences(wanted, ja, en)
    needs = ["events"]
    if wanted.measure == "sum":
        needs.append("events.quantity")
    return declare(
        f"{key}_{wanted.window_days}d" if wanted.window_days else key,
        measure,
        group="onboarding" if wanted.measure == "first_use_days" else "usage",
        indicator="product",
        unit=unit,
        good=wanted.good,
        window_days=wanted.window_days,
        needs=tuple(needs),
        actionable=wanted.actionable,
        label=(ja, en),
        worse=worse,
        better=better,
        missing=(f"{ja}：まだなし", f"{en}: not yet"),
        missing_means=means,
    )


def _measure(wanted: ProductFeature) -> tuple[Measure, Unit, str]:
    days = wanted.window_days

    def count(event: str) -> Measured:
        return Measured("days", f"n:{event}", days)

    first = Measured("named", f"first:{wanted.event}", how="min", empty=None)
    if wanted.measure == "count":
        return count(wanted.event), "count", "Never missing: without the event it is 0."
    if wanted.measure == "sum":
        total = Over(Measured("days", f"q:{wanted.event}", days), QUANTITY_UNIT)
        return total, "count", "Never missing: without the event it is 0."
    if wanted.measure == "ratio":
        share = Share(count(wanted.event), count(wanted.per or ""))
        return share, "share", f"Missing where {wanted.per} was not seen in the window."
    if wanted.measure == "never":
        return Known(first, known=False), "truth", "Never missing: 1 is never, 0 is used."
    began = Minus(first, Held("start_day"))
    return began, "days", "Missing while it has not been used in the present spell."


def _sentences(wanted: ProductFeature, ja: str, en: str) -> tuple[tuple[str, str], tuple[str, str]]:
    """Return the worse and the better sentence, said of the value's side."""
    low, high = (f"{ja}が少ない", f"{en}: low"), (f"{ja}が多い", f"{en}: high")
    if wanted.measure == "ratio":
        low, high = (f"{ja}が低い", f"{en}: low"), (f"{ja}が高い", f"{en}: high")
    if wanted.measure == "never":
        low, high = (f"{ja}：利用あり", f"{en}: used"), (f"{ja}：未利用", f"{en}: never used")
    if wanted.measure == "first_use_days":
        low = (f"{ja}が早かった", f"{en}: early")
        high = (f"{ja}が遅かった", f"{en}: late")
    return (high, low) if wanted.good == "down" else (low, high)
