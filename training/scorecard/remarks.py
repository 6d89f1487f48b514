"""What may be wrong with a scorecard that can be used: warnings, never refusals."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from features.catalog import Feature, Words
from features.settings import Churn
from training.scorecard.card import Card, Indicator, Scorecard


@dataclass(frozen=True)
class Remark:
    """One warning.

    Attributes
    ----------
    code : str
        ``one-indicator``, ``one-group``, ``against-good``, ``up-and-down``, ``no-weight`` or
        ``other-churn``.
    card, indicator : str
        What it is about; empty where it is about more.
    """

    code: str
    card: str
    indicator: str
    sentence: Words


def remarks(
    scorecard: Scorecard, features: Sequence[Feature], churn: Churn | None = None
) -> tuple[Remark, ...]:
    """Return the warnings of a scorecard, in the order of the file.

    Parameters
    ----------
    features : sequence of Feature
        Those of the company; all that the scorecard reads are among them.
    churn : Churn, optional
        The settings' rule of what leaving means.
    """
    known = {feature.name: feature for feature in features}
    found = list(_churn(scorecard, churn))
    for card in scorecard.card:
        found += _mixture(card, known)
        for indicator in card.indicator:
            found += _indicator(card, indicator, known[indicator.feature])
    return tuple(found)


def _churn(scorecard: Scorecard, churn: Churn | None) -> Iterator[Remark]:
    if churn is None or scorecard.churn is None:
        return
    written = scorecard.churn.model_dump()
    for key, value in written.items():
        asked = getattr(churn, key)
        if value != asked:
            yield Remark(
                "other-churn",
                "",
                "",
                Words(
                    f"スコアカードは解約を{key} = {value}として書かれたが、設定では{asked}。",
                    f"The scorecard was written for {key} = {value}; the settings say {asked}.",
                ),
            )


def _mixture(card: Card, known: dict[str, Feature]) -> Iterator[Remark]:
    counting = [i for i in card.weighted if i.weight > 0]
    groups = {known[i.feature].group for i in counting}
    if len(counting) == 1:
        name = counting[0].name
        yield Remark(
            "one-indicator",
            card.code,
            name,
            Words(
                f"指標が「{name}」1つだけのため、これは健康状態ではなくその指標の別名になる。",
                f"Its only indicator is '{name}': that is another name for it, not a health score.",
            ),
        )
    elif len(groups) == 1:
        group = groups.pop()
        yield Remark(
            "one-group",
            card.code,
            "",
            Words(
                f"すべての指標が同じ種類（{group}）のデータによる。",
                f"All its indicators are of one kind of data ({group}).",
            ),
        )


def _indicator(card: Card, indicator: Indicator, feature: Feature) -> Iterator[Remark]:
    direction, good = indicator.direction, feature.good
    if indicator.is_weighted and not indicator.weight:
        sentence = Words(
            "重みが0のため点数に影響しない。", "Its weight is 0, so it counts for nothing."
        )
        yield Remark("no-weight", card.code, indicator.name, sentence)
    if good == "none" or direction == good:
        return
    if direction == "mixed":
        sentence = Words(
            "値が上がると点が上がったり下がったりする。",
            f"Its points go up and down; the catalogue says {_MORE[good].en}.",
        )
        yield Remark("up-and-down", card.code, indicator.name, sentence)
        return
    sentence = Words(
        f"カタログでは{_MORE[good].ja}のに、ルールは逆向き。",
        f"The catalogue says {_MORE[good].en}; the rule goes the other way.",
    )
    yield Remark("against-good", card.code, indicator.name, sentence)


_MORE = {
    "up": Words("多いほど良い", "more is better"),
    "down": Words("少ないほど良い", "less is better"),
}
