"""What is said of a company's own feature: from its measure, in both languages."""

from features.catalogue.declaration import span
from features.product_feature import Phrases, ProductFeature

Pair = tuple[str, str]
"""Japanese, English."""

_FEW, _MANY = ("が少ない", ": few"), ("が多い", ": many")
_LESS, _MORE = ("が少ない", ": low"), ("が多い", ": high")
_LOW, _HIGH = ("が低い", ": low"), ("が高い", ": high")
_SIDES: dict[str, tuple[Pair, Pair]] = {
    "count": (_FEW, _MANY),
    "sum": (_LESS, _MORE),
    "breadth": (_FEW, _MANY),
    "users": (_FEW, _MANY),
    "share_of_seats": (_LOW, _HIGH),
    "active_days": (_FEW, _MANY),
    "top_user_share": (_LOW, _HIGH),
}
"""What follows the label on the low and on the high side."""

_RATES = ("share_of_seats", "top_user_share")
_PEERS = "同じプランの会社より"
_RATE_ENDS = ("率", "割合", "比", "比率", "度", "シェア")
_LENGTH_ENDS = ("日数", "期間", "時間")
_SINCE = ("からの経過日数", "からの日数", "からの経過")


def label(wanted: ProductFeature) -> Pair:
    """Return the label with the words of its comparison."""
    ja, en = wanted.label["ja"], wanted.label["en"]
    if wanted.against == "peers":
        return f"{ja}（同じプランの中央値との比）", f"{en}, against the same plan"
    if wanted.against == "own_past":
        past_ja, past_en = _length((wanted.window_days or 0) * wanted.periods)
        if wanted.difference == "chance":
            return (
                f"{ja}（その前の{past_ja}との差、偶然の幅の何倍か）",
                f"{en}, against the {past_en} before, as times the spread of chance",
            )
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
    derived = (f"{_done(ja)}：まだなし", f"{_done_en(en)}: not yet")
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
        if wanted.difference == "chance":
            return f"Missing under {2 * (wanted.window_days or 0)} days of tenure."
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
    if wanted.against == "own_past":
        return _own_past(wanted)
    if wanted.against == "peers":
        return _peers(wanted)
    if wanted.measure == "days_since":
        return _since(wanted)
    if wanted.measure == "first_use_days":
        return _until(wanted)
    if wanted.measure == "never":
        return _never(wanted)
    ja, en = wanted.label["ja"], wanted.label["en"]
    if wanted.measure == "ratio":
        low, high = (_LOW, _HIGH) if ja.endswith(_RATE_ENDS) else (_LESS, _MORE)
    else:
        low, high = _SIDES[wanted.measure]
    return (f"{ja}{low[0]}", f"{en}{low[1]}"), (f"{ja}{high[0]}", f"{en}{high[1]}")


def _own_past(wanted: ProductFeature) -> tuple[Pair, Pair]:
    ja, en = wanted.label["ja"], wanted.label["en"]
    if wanted.difference == "chance":
        return (
            (f"{ja}が以前の割に少ない", f"{en}: low for its own past"),
            (f"{ja}が以前の割に多い", f"{en}: high for its own past"),
        )
    down, up = ("下がった", "上がった") if _is_rate(wanted) else ("減った", "増えた")
    return (
        (f"{ja}が以前より{down}", f"{en}: down on its own past"),
        (f"{ja}が以前より{up}", f"{en}: up on its own past"),
    )


def _peers(wanted: ProductFeature) -> tuple[Pair, Pair]:
    ja, en = wanted.label["ja"], wanted.label["en"]
    both = (("少ない", "below"), ("多い", "above"))
    if wanted.measure == "days_since":
        en = _done_en(en)
        ja = ja if ja.endswith(_LENGTH_ENDS) else f"{_done(ja)}からの日数"
        both = ("短い", "more recent than at"), ("長い", "longer ago than at")
    elif wanted.measure == "first_use_days" and ja.endswith(_LENGTH_ENDS):
        both = ("短い", "below"), ("長い", "above")
    elif wanted.measure == "first_use_days":
        both = ("早かった", "earlier than at"), ("遅かった", "later than at")
    elif _is_rate(wanted):
        both = ("低い", "below"), ("高い", "above")
    low, high = ((f"{ja}が{_PEERS}{j}", f"{en}: {e} companies on its plan") for j, e in both)
    return low, high


def _since(wanted: ProductFeature) -> tuple[Pair, Pair]:
    """Return the words of the days since something; a label that names the days goes without."""
    given, en = wanted.label["ja"], _done_en(wanted.label["en"])
    ja = _done(given)
    if ja == given and given.endswith(_LENGTH_ENDS):
        return (f"{ja}が短い", f"{en}: recent"), (f"{ja}が長い", f"{en}: long ago")
    return (
        (f"{ja}から日が浅い", f"{en}: recent"),
        (f"{ja}から日が経っている", f"{en}: long ago"),
    )


def _until(wanted: ProductFeature) -> tuple[Pair, Pair]:
    """Return the words of the days until something; of a length that it was long, not late."""
    ja, en = wanted.label["ja"], wanted.label["en"]
    soon, late = ("短かった", "長かった") if ja.endswith(_LENGTH_ENDS) else ("早かった", "遅かった")
    few, many = ("few", "many") if en.lower().startswith("days ") else ("early", "late")
    return (f"{ja}が{soon}", f"{en}: {few}"), (f"{ja}が{late}", f"{en}: {many}")


def _never(wanted: ProductFeature) -> tuple[Pair, Pair]:
    """Return the words of used and of never used; a label that says never is the sentence."""
    ja, en = wanted.label["ja"], wanted.label["en"]
    used, unused = ("：いいえ", "") if ja.endswith(("ない", "なし")) else ("：利用あり", "：未利用")
    some, none = (": no", "") if "never" in en.lower() else (": used", ": never used")
    return (f"{ja}{used}", f"{en}{some}"), (f"{ja}{unused}", f"{en}{none}")


def _is_rate(wanted: ProductFeature) -> bool:
    if wanted.measure == "ratio":
        return wanted.label["ja"].endswith(_RATE_ENDS)
    return wanted.measure in _RATES


def _done(ja: str) -> str:
    """Return what was done, without the words for the days since."""
    ending = next((ending for ending in _SINCE if ja.endswith(ending)), "")
    return ja.removesuffix(ending) or ja


def _done_en(en: str) -> str:
    """Return what was done, without the words for the days since.

    >>> _done_en("Days since the last report"), _done_en("Reports")
    ('The last report', 'Reports')
    """
    done = en[len("days since ") :].strip() if en.lower().startswith("days since ") else ""
    return f"{done[:1].upper()}{done[1:]}" if done else en


def _own(given: Phrases | None, derived: Pair) -> Pair:
    return derived if given is None else (given["ja"], given["en"])


def _length(days: int) -> Pair:
    """Return a number of days as it is said, in weeks where it is a few."""
    if days % 7 == 0 and days <= 84:
        weeks = days // 7
        return f"{weeks}週", "week" if weeks == 1 else f"{weeks} weeks"
    return f"{days}日", f"{days} days"
