"""The verdict: one word, why, and what to do. Computed here and nowhere else."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from features.catalog import Feature, Language, Words
from serving.drift.broken import Feed, broken
from serving.drift.findings import Finding, printable
from serving.drift.observed import Floats, Observed
from serving.drift.shift import (
    ENOUGH_ROWS,
    FeatureShift,
    ScoreShift,
    drifted_importance,
    feature_shifts,
    score_shift,
)
from serving.values import value_text

Word = Literal["ok", "watch", "drifted", "broken"]
Action = Literal["nothing", "wait", "retrain", "fix_the_feed"]

LANGUAGES: tuple[Language, ...] = ("ja", "en")

NAMED = 5
"""Drifted features named in a sentence each, the most important first."""

WATCH_SHARE = 0.02
"""Share of all absolute points below which what drifted is named and does not matter."""
RETRAIN_SHARE = 0.2
"""Share of all absolute points that may drift before a retraining is proposed."""

ACTIONS: dict[Word, Action] = {
    "ok": "nothing",
    "watch": "wait",
    "drifted": "retrain",
    "broken": "fix_the_feed",
}

HEADLINES: dict[Word, Words] = {
    "ok": Words(
        "入力もスコアも、モデルが学習したときと変わりません。",
        "Input and scores are like those the model was fitted on.",
    ),
    "watch": Words(
        "変化が見られるが、モデルを疑うほどではありません。",
        "Something has changed, not enough to doubt the model.",
    ),
    "drifted": Words(
        "入力またはスコアが、モデルが学習したときと大きく異なります。",
        "Input or scores differ much from those the model was fitted on.",
    ),
    "broken": Words(
        "データが壊れています。今回のスコアは信用できません。",
        "The data are broken. Do not rely on these scores.",
    ),
}

WHOLE = Words(
    "データは壊れておらず、スコアの水準も変わりません。",
    "The data are whole, and the level of the scores has not changed.",
)
"""The headline of ``ok`` where there are too few accounts to judge any feature."""

ADVICE: dict[Action, Words] = {
    "nothing": Words("何もする必要はありません。", "Nothing to do."),
    "wait": Words(
        "次回の実行まで待ち、同じ変化が続くか確かめてください。",
        "Wait for the next run and see whether it stays.",
    ),
    "retrain": Words(
        "変化の理由を確かめ、「kenshin train」で再学習してください。"
        "新しいモデルは検査を通れば使われます。",
        "Find out why, then train again with `kenshin train`; the new model serves once it passes "
        "its checks.",
    ),
    "fix_the_feed": Words(
        "データの取り込みを直し、スナップショットとスコアを作り直してください。再学習はしないでください。",
        "Mend the feed, then make the snapshot and the scores again. Do not train on these data.",
    ),
}


@dataclass(frozen=True)
class Verdict:
    """What one comparison with the reference concludes.

    Attributes
    ----------
    word : {"ok", "watch", "drifted", "broken"}
    action : {"nothing", "wait", "retrain", "fix_the_feed"}
    sentences : tuple of Words
        Headline, reasons, what was not judged, what to do; in this order.
    findings : tuple of Finding
        Broken data.
    features : tuple of FeatureShift
        Every feature that could be read, the most important first.
    drifted_importance : float
        Share of all absolute points that belongs to drifted features, 0 to 1.
    score : ScoreShift
    """

    word: Word
    action: Action
    sentences: tuple[Words, ...]
    rows: int
    reference_rows: int
    findings: tuple[Finding, ...]
    features: tuple[FeatureShift, ...]
    drifted_importance: float
    score: ScoreShift

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain JSON values."""
        return asdict(self)


def verdict(
    observed: Observed,
    probability: Floats,
    features: Sequence[Feature],
    reference: Mapping[str, Any],
    *,
    as_of: datetime,
    accounts_before: int | None = None,
    feeds: Mapping[str, Feed] | None = None,
    currency: str = "USD",
) -> Verdict:
    """Return the verdict on one snapshot and its scores.

    Parameters
    ----------
    observed : Observed
    probability : ndarray of shape (n_scored,)
        Calibrated probabilities of the accounts that have a score.
    features : sequence of Feature
        The champion's.
    reference : mapping
        The champion's profile.
    as_of : datetime
        UTC.
    accounts_before : int, optional
        Accounts in the run before.
    feeds : mapping of str to Feed, optional
        How regularly the tables receive rows.
    currency : str
        ISO 4217 code in which amounts are written.
    """
    findings = broken(
        observed,
        features,
        reference,
        as_of=as_of,
        accounts_before=accounts_before,
        feeds=feeds,
    )
    shifts = feature_shifts(observed, features, reference)
    score = score_shift(probability, reference)
    share = drifted_importance(shifts)
    word = _word(findings, share, score)
    by_name = {feature.name: feature for feature in features}
    return Verdict(
        word=word,
        action=ACTIONS[word],
        sentences=(
            _headline(word, shifts),
            *(found.sentence for found in findings),
            *_drift_sentences(shifts, share, by_name, currency),
            *score_sentences(score),
            *_unjudged(observed, shifts),
            ADVICE[ACTIONS[word]],
        ),
        rows=observed.rows,
        reference_rows=reference["rows"],
        findings=tuple(findings),
        features=tuple(shifts),
        drifted_importance=share,
        score=score,
    )


def _word(findings: Sequence[Finding], share: float, score: ScoreShift) -> Word:
    if any(found.severity == "page" for found in findings):
        return "broken"
    if share >= RETRAIN_SHARE or score.level == "drifted":
        return "drifted"
    if findings or score.level == "watch" or share >= WATCH_SHARE:
        return "watch"
    return "ok"


def _headline(word: Word, shifts: Sequence[FeatureShift]) -> Words:
    if word == "ok" and not any(shift.judged for shift in shifts):
        return WHOLE
    return HEADLINES[word]


def _drift_sentences(
    shifts: Sequence[FeatureShift], share: float, features: Mapping[str, Feature], currency: str
) -> list[Words]:
    drifted = [shift for shift in shifts if shift.drifted]
    if not drifted:
        return []
    points = (
        ("1%未満", "less than 1%") if share < 0.01 else (f"約{share:.0%}", f"about {share:.0%}")
    )
    little = ("影響は小さいです。", ": too little to matter.") if share < WATCH_SHARE else ("", ".")
    total = Words(
        f"{len(drifted)}個の特徴量が変化しました。スコアの理由に占める割合は{points[0]}です。{little[0]}",
        f"{_counted(len(drifted))} drifted, with {points[1]} of the points{little[1]}",
    )
    moved = [_moved(shift, features[shift.feature], currency) for shift in drifted[:NAMED]]
    more = len(drifted) - NAMED
    if more > 0:
        moved.append(Words(f"ほかに{more}個あります。", f"{more} more."))
    return [total, *moved]


def _counted(features: int) -> str:
    return "1 feature" if features == 1 else f"{features} features"


def _moved(shift: FeatureShift, feature: Feature, currency: str) -> Words:
    ja, en = (_change(shift, feature, language, currency) for language in LANGUAGES)
    number = shift.test == "kolmogorov-smirnov"
    return Words(
        f"{printable(feature.label.ja)}：{'中央値' if number else '最多の値'}は{ja}",
        f"{printable(feature.label.en)}: {'median' if number else 'most often'} {en}",
    )


def _change(shift: FeatureShift, feature: Feature, language: Language, currency: str) -> str:
    """Return "4 days → 5 days", or that the value is the same and its spread is not."""
    before, now = (
        printable(value_text(feature, value, language, currency))
        for value in (shift.before, shift.now)
    )
    if before != now:
        return f"{before} → {now}"
    return (
        f"{now}のまま、分布が変わった"
        if language == "ja"
        else f"{now} as before, spread differently"
    )


def score_sentences(score: ScoreShift) -> list[Words]:
    """Return what is said of a change of level; nothing where there is none."""
    if score.level == "none" or score.mean_now is None:
        return []
    sentences = [_level(score)]
    if score.red_now is not None and score.red_expected is not None:
        sentences.append(
            Words(
                f"赤は{score.red_now:,}社です。基準どおりなら{score.red_expected:,.0f}社です。",
                f"{score.red_now:,} accounts are red; the reference leads one to expect "
                f"{score.red_expected:,.0f}.",
            )
        )
    return sentences


def _level(score: ScoreShift) -> Words:
    assert score.mean_now is not None, "a level was found"
    if score.of == "score":
        before, now = (100.0 * (1.0 - lost) for lost in (score.mean_before, score.mean_now))
        return Words(
            f"健康スコアの平均が{before:.0f}から{now:.0f}になりました。",
            f"The mean health score went from {before:.0f} to {now:.0f}.",
        )
    return Words(
        f"解約確率の平均が{score.mean_before:.1%}から{score.mean_now:.1%}になりました。",
        f"The mean probability of leaving went from {score.mean_before:.1%} "
        f"to {score.mean_now:.1%}.",
    )


def _unjudged(observed: Observed, shifts: Sequence[FeatureShift]) -> list[Words]:
    count = sum(not shift.judged for shift in shifts)
    if not count or not observed.rows:
        return []
    if observed.rows < ENOUGH_ROWS:
        return [
            Words(
                f"{observed.rows:,}社では少なすぎるため、特徴量の変化は判定していません"
                f"（{ENOUGH_ROWS}社以上が必要）。",
                f"Too few rows: drift of features is not judged with {observed.rows:,} accounts, "
                f"at least {ENOUGH_ROWS} are needed.",
            )
        ]
    return [
        Words(
            f"{count}個の特徴量は値が{ENOUGH_ROWS}件に満たず、変化を判定していません。",
            f"Not judged for drift: {_counted(count)} with fewer than {ENOUGH_ROWS} values.",
        )
    ]
