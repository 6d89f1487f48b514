"""What is said of a scorecard's points, with the catalogue's words.

As for the model's reasons an adjective needs two witnesses: the sign of the points, and the value's
licence, which for a scorecard are the indicator's own cut-offs. "Few logins" is said where points
are lost and the value is red; points won on a red value get the neutral sentence.
"""

import math
from collections.abc import Mapping
from typing import Literal

from features.catalog import Feature, Language, Words
from training.scorecard.card import Card, Indicator, Scorecard
from training.scorecard.scoring import (
    CLIP,
    HAND_OVER,
    MISSING,
    MUST_NOT_MISS,
    NOTHING,
    TOO_LITTLE,
    Scored,
)

ROWS: dict[str, Words] = {
    MISSING: Words(
        "データのない指標の重みを他に配分", "Weight of what is missing, shared by the rest"
    ),
    CLIP: Words("0〜100に収めた分", "Held within 0–100"),
    HAND_OVER: Words("カードの引き継ぎ", "Hand-over between cards"),
}
"""Names of the rows that are no indicator."""

BASELINE = Words("どの指標も良くも悪くもない会社", "An account that is neutral in everything")

_WITHHELD: dict[str, Words] = {
    NOTHING: Words(
        "どの指標にもデータがないため、スコアを出していません。",
        "No score is given: no indicator has any data.",
    ),
    TOO_LITTLE: Words(
        "データのない指標の重みが大きすぎるため、スコアを出していません。",
        "No score is given: too much of the weight has no data.",
    ),
}


def sentence(
    scored: Scored,
    row: int,
    name: str,
    scorecard: Scorecard,
    features: Mapping[str, Feature],
    language: Language,
) -> str:
    """Return why ``name``, one of ``scored.names``, has its points in a row.

    Parameters
    ----------
    features : mapping of str to Feature
        By name; those of the snapshot.
    """
    if name == HAND_OVER:
        return _hand_over(scored, row, scorecard, language)
    if name in ROWS:
        return ROWS[name].of(language)
    place = scored.names.index(name)
    indicator = indicator_of(scorecard, str(scored.card[row]), name)
    points, value = float(scored.points[row, place]), float(scored.values[row, place])
    return indicator_sentence(indicator, features[indicator.feature], value, points, language)


def indicator_sentence(
    indicator: Indicator, feature: Feature, value: float, points: float, language: Language
) -> str:
    """Return the sentence of an indicator's points; ``value`` is NaN where it is missing."""
    label = feature.label.of(language)
    if math.isnan(value):
        missing = feature.missing.of(language)
        return missing or (f"{label}のデータなし" if language == "ja" else f"{label}: no data")
    if indicator.veto is not None and points < 0:
        reason, most = indicator.veto.reason, indicator.veto.at_most
        said = reason.ja if language == "ja" else reason.en
        return f"{said}（最高{most:g}点）" if language == "ja" else f"{said} (at most {most:g})"
    if indicator.bonus is not None and points > 0:
        return f"加点：{label}" if language == "ja" else f"Bonus: {label}"
    licence = _licence(indicator, feature, value)
    if points < 0 and licence == "worse" and feature.worse.of(language):
        return feature.worse.of(language)
    if points > 0 and licence == "better" and feature.better.of(language):
        return feature.better.of(language)
    return _neutral(label, points, language)


def _licence(
    indicator: Indicator, feature: Feature, value: float
) -> Literal["worse", "better"] | None:
    """Return what the value may be called: by the cut-offs, and never against its own sign.

    No change is neither growth nor decline, whatever points it is worth.
    """
    said = {"red": "worse", "green": "better"}.get(indicator.band_of(value) or "")
    if feature.unit == "change" and said is not None:
        rising = (feature.good == "up") == (said == "better")
        if value == 0 or (value > 0) != rising:
            return None
    return "better" if said == "better" else "worse" if said == "worse" else None


def withheld_sentence(
    reason: str, scorecard: Scorecard, features: Mapping[str, Feature], language: Language
) -> str:
    """Return why there is no score, from one of ``Scored.withheld``."""
    if not reason.startswith(MUST_NOT_MISS):
        return _WITHHELD[reason].of(language)
    name = reason.removeprefix(MUST_NOT_MISS)
    feature = next(
        features[i.feature] for card in scorecard.card for i in card.indicator if i.name == name
    )
    label = feature.label.of(language)
    if language == "ja":
        return f"{label}のデータがないため、スコアを出していません。"
    return f"No score is given: there is no data for “{label}”."


def indicator_of(scorecard: Scorecard, card: str, name: str) -> Indicator:
    """Return the indicator ``name`` of the card with that code, or else of the first that has it.

    Raises
    ------
    KeyError
        Where no card has it.
    """
    ordered = sorted(scorecard.card, key=lambda c: c.code != card)
    for indicator in (i for c in ordered for i in c.indicator):
        if indicator.name == name:
            return indicator
    raise KeyError(name)


def card_of(scorecard: Scorecard, code: str) -> Card:
    """Return the card of that code."""
    return next(card for card in scorecard.card if card.code == code)


def _hand_over(scored: Scored, row: int, scorecard: Scorecard, language: Language) -> str:
    """Return with which card, and how much of it; the name of the row outside a hand-over."""
    if scored.other_card[row] is None:
        return ROWS[HAND_OVER].of(language)
    title = card_of(scorecard, str(scored.other_card[row])).title
    share = f"{scored.other_share[row]:.0%}"
    if language == "ja":
        return f"「{title.ja}」のカードを{share}加味（引き継ぎ期間）"
    return f"{share} of the card “{title.en}” (hand-over)"


def _neutral(label: str, points: float, language: Language) -> str:
    """Return what can be said by the sign alone."""
    if language == "ja":
        effect = (
            "影響していない"
            if points == 0
            else f"{'プラス' if points > 0 else 'マイナス'}に働いている"
        )
        return f"{label}は{effect}"
    if points == 0:
        return f"{label}: makes no difference"
    return f"{label}: counts {'in its favour' if points > 0 else 'against it'}"
