"""What is said of a company's own feature: from its measure, in both languages."""

from features.catalogue.declaration import span
from features.product_feature import Phrases, ProductFeature

Pair = tuple[str, str]
"""Japanese, English."""

_FEW, _MANY = ("が少ない", ": few"), ("が多い", ": many")
_LOW, _HIGH = ("が低い", ": low"), ("が高い", ": high")
_SIDES: dict[str, tuple[Pair, Pair]] = {
    "count": (_FEW, _MANY),
    "sum": (("が少ない", ": low"), ("が多い", ": high")),
    "ratio": (_LOW, _HIGH),
    "never": (("：利用あり", ": used"), ("：未利用", ": never used")),
    "first_use_days": (("が早かった", ": early"), ("が遅かった", ": late")),
    "breadth": (_FEW, _MANY),
    "users": (_FEW, _MANY),
    "share_of_seats": (_LOW, _HIGH),
    "active_days": (_FEW, _MANY),
    "days_since": (("が短い", ": recent"), ("が長い", ": long ago")),
    "top_user_share": (_LOW, _HIGH),
}
"""What follows the label on the low and on the high side."""

_RATES = ("ratio", "share_of_seats", "top_user_share")
_PEERS = "同じプランの会社より"
_PEER_SIDES: dict[str, tuple[Pair, Pair]] = {
    "first_use_days": (("早かった", "earlier than at"), ("遅かった", "later than at")),
    "days_since": (("短い", "shorter than at"), ("長い", "longer than at")),
    **dict.fromkeys(_RATES, (("低い", "below"), ("高い", "above"))),
}


def label(wanted: ProductFeature) -> Pair:
    """Return the label with the words of its comparison."""
    ja, en = wanted.label["ja"], wanted.label["en"]
    if wanted.against == "peers":
        return f"{ja}（同じプランの中央値との比）", f"{en}, against the same plan"
    if wanted.against == "own_past":
        past_ja, past_en = _length((wanted.window_days or 0) * wanted.periods)
        if wanted.periods == 1:
            return f"{ja}（その前の{past_ja}との比較）", f"{en}, against the {past_en} before"
        return (
            f"{ja}（その前の{past_ja}の平均との比較）",
            f"{en}, against the average of the {past_en} before",
        )
    return ja, en


def worse_and_better(wanted: ProductFeature) -> tuple[Pair, Pair]:
    """Return the sentence of the bad side and that of the good side."""
    low, high = _sides(wanted)
    worse, better = (high, low) if wanted.good == "down" else (low, high)
    return _own(wanted.worse, worse), _own(wanted.better, better)


def missing(wanted: ProductFeature) -> Pair:
    """Return what is said where there is no value."""
    ja, en = wanted.label["ja"], wanted.label["en"]
    in_ja, in_en = span(wanted.window_days or 0)
    derived = (f"{ja}：まだなし", f"{en}: not yet")
    if wanted.against == "peers":
        derived = (
            f"{ja}：同じプランの会社と比べられない",
            f"{en}: no comparison with companies on the same plan",
        )
    elif wanted.against == "own_past":
        derived = f"{ja}：比べる期間がない", f"{en}: no earlier period to compare with"
    elif wanted.measure == "ratio":
        derived = f"{ja}：{in_ja}は対象なし", f"{en}: nothing to relate it to in the {in_en}"
    elif wanted.measure == "share_of_seats":
        derived = f"{ja}：ライセンス数が不明", f"{en}: number of seats unknown"
    elif wanted.measure == "top_user_share":
        derived = f"{ja}：{in_ja}の利用なし", f"{en}: no use in the {in_en}"
    return _own(wanted.missing, derived)


def missing_means(wanted: ProductFeature) -> str:
    """Return the rule of a missing value."""
    if wanted.against == "peers":
        return (
            "Missing without a value or a plan, with fewer than "
            f"{wanted.minimum_peers} live accounts of the plan that have a value, or where their "
            "median is 0."
        )
    if wanted.against == "own_past":
        days = (wanted.window_days or 0) * (wanted.periods + 1)
        before = "the window before has" if wanted.periods == 1 else "one of the windows before has"
        return f"Missing under {days} days of tenure, where {before} no value, or all of it was 0."
    rules = {
        "ratio": f"Missing where {' and '.join(wanted.per_events)} was not seen in the window.",
        "never": "Never missing: 1 is never, 0 is used.",
        "first_use_days": "Missing while it has not been used in the present spell.",
        "days_since": "Missing where it was never used.",
        "share_of_seats": "Missing where the contract names no seats.",
        "top_user_share": "Missing where no use in the window names its user.",
    }
    return rules.get(wanted.measure, "Never missing: without the event it is 0.")


def _sides(wanted: ProductFeature) -> tuple[Pair, Pair]:
    """Return what is said of a low and of a high value."""
    ja, en = wanted.label["ja"], wanted.label["en"]
    if wanted.against == "own_past":
        down, up = ("下がった", "上がった") if wanted.measure in _RATES else ("減った", "増えた")
        return (
            (f"{ja}が以前より{down}", f"{en}: down on its own past"),
            (f"{ja}が以前より{up}", f"{en}: up on its own past"),
        )
    if wanted.against == "peers":
        both = _PEER_SIDES.get(wanted.measure, (("少ない", "below"), ("多い", "above")))
        low, high = ((f"{ja}が{_PEERS}{j}", f"{en}: {e} companies on its plan") for j, e in both)
        return low, high
    low, high = ((f"{ja}{j}", f"{en}{e}") for j, e in _SIDES[wanted.measure])
    return low, high


def _own(given: Phrases | None, derived: Pair) -> Pair:
    return derived if given is None else (given["ja"], given["en"])


def _length(days: int) -> Pair:
    """Return a number of days as it is said, in weeks where it is a few."""
    if days % 7 == 0 and days <= 84:
        weeks = days // 7
        return f"{weeks}週", "week" if weeks == 1 else f"{weeks} weeks"
    return f"{days}日", f"{days} days"
