"""What is said about an account, in Japanese and English.

An adjective needs two witnesses: the sign of the points and a value on the same side of comparable
accounts. Without both, the neutral sentence is said; a missing value is a reason of its own.
"""

import math
from functools import cache
from typing import Literal

from features.catalog import Feature, Language, Words
from serving.values import number, reads_same, value_text

__all__ = [
    "abstain_sentence",
    "band_word",
    "group_word",
    "is_missing",
    "licence",
    "number",
    "of_hundred",
    "points_text",
    "probability_sentence",
    "probability_text",
    "range_sentence",
    "said",
    "sentence",
    "value_text",
]

Value = float | str | None

BANDS: dict[str, Words] = {
    "red": Words("要対応", "Act now"),
    "yellow": Words("注意", "Watch"),
    "green": Words("良好", "Healthy"),
    "no_data": Words("スコアなし", "No score"),
}

GROUPS: dict[str, Words] = {
    "usage": Words("利用", "Usage"),
    "satisfaction": Words("満足度", "Satisfaction"),
    "support": Words("サポート", "Support"),
    "contract": Words("契約", "Contract"),
    "engagement": Words("関係", "Engagement"),
    "onboarding": Words("導入", "Onboarding"),
    "payment": Words("支払い", "Payment"),
    "profile": Words("属性", "Profile"),
}

AVERAGE = Words("平均的な会社", "Average company")
CLIPPED = Words("0〜100に収めた分", "Held within 0–100")
CALIBRATED = Words("確率の校正による分", "Calibration of the probability")
CLOSING = {"clip": CLIPPED, "calibration": CALIBRATED}
"""The row that closes the sum, by `training.reasons.closing`."""

_ABSTAINED: dict[str, Words] = {
    "no_data_for_usage": Words(
        "利用データがないため、スコアを出していません。",
        "No score is given: there is no usage data.",
    ),
    "no_data_at_all": Words(
        "データがないため、スコアを出していません。", "No score is given: there is no data."
    ),
    "too_little_known": Words(
        "スコアカードの項目の多くに値がないため、スコアを出していません。",
        "No score is given: too many indicators of the scorecard have no value.",
    ),
    "too_young": Words(
        "契約から{days}日経っていないため、まだスコアを出していません。",
        "No score is given yet: the company has been a customer for fewer than {days} days.",
    ),
    "never_heard_of": Words(
        "利用・問い合わせなどの記録がまだ一件もないため、スコアを出していません。",
        "No score is given: there is no record of any use, ticket or message at all.",
    ),
    "unlike_any_seen": Words(
        "これまでに見たどの会社とも似ていないため、スコアを出していません。",
        "No score is given: the company is unlike any that has been seen.",
    ),
    "stale_events": Words(
        "利用データが{days}日間届いていないため、スコアを出していません。",
        "No score is given: no usage data have arrived for {days} days.",
    ),
    "stale_tickets": Words(
        "問い合わせのデータが{days}日間届いていないため、スコアを出していません。",
        "No score is given: no support tickets have arrived for {days} days.",
    ),
    "stale_surveys": Words(
        "アンケートのデータが{days}日間届いていないため、スコアを出していません。",
        "No score is given: no survey answers have arrived for {days} days.",
    ),
    "stale_messages": Words(
        "メール・面談などのデータが{days}日間届いていないため、スコアを出していません。",
        "No score is given: no messages or meetings have arrived for {days} days.",
    ),
    "stale_invoices": Words(
        "請求のデータが{days}日間届いていないため、スコアを出していません。",
        "No score is given: no invoices have arrived for {days} days.",
    ),
    "stale_learning": Words(
        "研修のデータが{days}日間届いていないため、スコアを出していません。",
        "No score is given: no training records have arrived for {days} days.",
    ),
}
_SOME_TIME = Words("数", "some")
NOT_LEARNED = Words(
    "解約確率はまだありません。スコアカードはまだ学習していない初期設定です。",
    "There is no probability yet: the scorecard is a prior, not yet learned.",
)
NEUTRAL = Words("良くも悪くもない会社", "Neither good nor bad")

_ABSTAINED_ANYHOW = Words(
    "データが足りないため、スコアを出していません。",
    "No score is given, because the data do not suffice.",
)


def sentence(
    feature: Feature, value: Value, typical: Value, points: float, language: Language
) -> str:
    """Return the sentence of a reason.

    Parameters
    ----------
    value, typical : float, str or None
        The account's value and that of comparable accounts, in the feature's unit.
    points : float
        What the reason gives or costs.
    """
    return said(feature, value, typical, points).of(language)


def said(feature: Feature, value: Value, typical: Value, points: float) -> Words:
    """Return the sentence of a reason in both languages; see `sentence`."""
    return worded(feature, kind_of(feature, value, typical, points))


Sentence = Literal["missing", "worse", "better", "minus", "plus", "nothing"]
"""Kinds of sentences: of no value, of a licensed adjective, of the sign alone."""


def kind_of(feature: Feature, value: Value, typical: Value, points: float) -> Sentence:
    """Return which of a feature's sentences is true; see `sentence`."""
    if is_missing(value):
        return "missing"
    if points == 0:
        return "nothing"
    side = licence(feature, value, typical)
    if points < 0:
        return "worse" if side == "worse" else "minus"
    return "better" if side == "better" else "plus"


def worded(feature: Feature, kind: Sentence) -> Words:
    """Return a feature's sentence of a kind in both languages."""
    match kind:
        case "missing":
            return _completed(feature.missing, feature, 0)
        case "worse":
            return _completed(feature.worse, feature, -1)
        case "better":
            return _completed(feature.better, feature, 1)
    return _neutral_words(feature.label, {"minus": -1, "nothing": 0, "plus": 1}[kind])


def _completed(wanted: Words, feature: Feature, sign: int) -> Words:
    """Return ``wanted``; a language that has none gets the general sentence."""
    if wanted.ja and wanted.en:
        return wanted
    other = _neutral_words(feature.label, sign) if sign else _missing_words(feature.label)
    return Words(wanted.ja or other.ja, wanted.en or other.en)


@cache
def _missing_words(label: Words) -> Words:
    return Words(_missing(label.ja, "ja"), _missing(label.en, "en"))


@cache
def _neutral_words(label: Words, sign: int) -> Words:
    return Words(_neutral(label.ja, sign, "ja"), _neutral(label.en, sign, "en"))


def licence(feature: Feature, value: Value, typical: Value) -> Literal["worse", "better"] | None:
    """Return on which side of comparable accounts ``value`` lies, or None where neither is true.

    Values that read the same on the screen are on no side.
    """
    if isinstance(value, str) or isinstance(typical, str) or feature.good == "none":
        return None
    if value is None or typical is None or not (math.isfinite(value) and math.isfinite(typical)):
        return None
    if reads_same(feature, value, typical):
        return None
    return "better" if (value > typical) == (feature.good == "up") else "worse"


def is_missing(value: Value) -> bool:
    """Whether there is no value."""
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))


def band_word(band: str, language: Language) -> str:
    """Return the word of a band."""
    return BANDS[band].of(language)


def group_word(group: str, language: Language) -> str:
    """Return the name of a group of features."""
    return GROUPS[group].of(language)


def abstain_sentence(reason: str, language: Language, days: int | None = None) -> str:
    """Return why no score is given; ``days`` is what the sentence counts, where it does.

    A reason without words of its own, of another version, is told in general.
    """
    if reason not in _ABSTAINED:
        return _ABSTAINED_ANYHOW.of(language)
    count = _SOME_TIME.of(language) if days is None else str(days)
    return _ABSTAINED[reason].of(language).replace("{days}", count)


def smaller_reasons(count: int, language: Language) -> str:
    """Return the name of the row that holds the ``count`` reasons too small to be named."""
    if language == "ja":
        return f"ほか{count}項目"
    return f"{count} smaller signal{'' if count == 1 else 's'}"


def points_text(points: float, digits: int = 0) -> str:
    """Return signed points: ``+9``, ``−28``, ``±0``; with ``digits`` decimals."""
    text = f"{abs(points):.{digits}f}"
    if float(text) == 0:
        return f"±{text}"
    return f"{'+' if points > 0 else '−'}{text}"


def probability_text(probability: float, language: Language) -> str:
    """Return a probability in per cent; never 0 % and never 100 %, which nobody can know."""
    percent = round(probability * 100)
    if percent < 1:
        return "1%未満" if language == "ja" else "<1%"
    if percent > 99:
        return "99%超" if language == "ja" else ">99%"
    return f"{percent}%"


def of_hundred(probability: float) -> int:
    """Return how many of a hundred that is, between 1 and 99."""
    return min(max(round(probability * 100), 1), 99)


def probability_sentence(probability: float, horizon_days: int, language: Language) -> str:
    """Return the probability as people out of a hundred."""
    how_many = _how_many(probability, language)
    if language == "ja":
        return f"この状態の会社は、100社中{how_many}が{horizon_days}日以内に解約します。"
    leave = "leaves" if how_many == "about 1" else "leave"
    return f"Of 100 companies in this state {how_many} {leave} within {horizon_days} days."


def range_sentence(low: float, high: float, language: Language) -> str:
    """Return what became of past accounts with about this score, as an interval."""
    least, most = math.floor(low * 100), math.ceil(high * 100)
    if language == "ja":
        return f"同じスコア帯だった過去の会社では、100社中{least}〜{most}社でした。"
    return f"Among past companies in this score range it was {least} to {most} of 100."


def _how_many(probability: float, language: Language) -> str:
    if round(probability * 100) < 1:
        return "1社未満" if language == "ja" else "fewer than 1"
    if round(probability * 100) > 99:
        return "99社以上" if language == "ja" else "99 or more"
    count = of_hundred(probability)
    return f"およそ{count}社" if language == "ja" else f"about {count}"


def _missing(label: str, language: Language) -> str:
    return f"{label}のデータなし" if language == "ja" else f"{label}: no data"


def _neutral(label: str, points: float, language: Language) -> str:
    """Return what can be said by the sign alone."""
    if language == "ja":
        if points == 0:
            return f"{label}は影響していない"
        return f"{label}は{'プラス' if points > 0 else 'マイナス'}に働いている"
    if points == 0:
        return f"{label}: makes no difference"
    return f"{label}: counts {'in its favour' if points > 0 else 'against it'}"
