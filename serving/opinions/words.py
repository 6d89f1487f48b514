"""Who was right more often, in words, for the page and the command line alike."""

from collections.abc import Mapping
from typing import Any

from features.catalog import Language, Words

Json = Mapping[str, Any]

_SAID = {
    "opinions": Words("担当者の見立てとモデル", "Opinions of people beside the model"),
    "overrides": Words("スコアに対する判断とモデル", "Judgements held against scores"),
    "no_opinions": Words(
        "担当者の見立て（opinions テーブル）がないため、比べられません。",
        "This company has no opinions (a table opinions), so there is nothing to compare.",
    ),
    "no_overrides": Words(
        "集計した時点では、スコアに対する判断は記録されていません。",
        "When this was counted, nobody had held a judgement against a score.",
    ),
    "too_early": Words(
        "{n}件ありますが、{days}日後の結果が分かったものはまだありません。",
        "{n} so far; none of them is {days} days old yet, so their outcome is not known.",
    ),
    "model": Words("モデルのほうが多く当たりました。", "The model was right more often."),
    "person": Words("担当者のほうが多く当たりました。", "People were right more often."),
    "neither": Words(
        "どちらが多く当たったかは、この件数では言えません。",
        "These cases do not tell who was right more often.",
    ),
    "right": Words(
        "{n}件中、担当者は{p}件（{p_share}、90%区間 {p_low}～{p_high}）、モデルは{m}件"
        "（{m_share}、{m_low}～{m_high}）が当たりました。片方だけが当たったのは、担当者{op}件、"
        "モデル{om}件です。",
        "Of {n} cases people were right in {p} ({p_share}, 90% interval {p_low} to {p_high}), the "
        "model in {m} ({m_share}, {m_low} to {m_high}). One alone was right: people {op} times, "
        "the model {om} times.",
    ),
    "leavers": Words(
        "解約した{n}社のうち、「要対応」としていたのは担当者{p}社（{p_low}～{p_high}）、モデル{m}社"
        "（{m_low}～{m_high}）です。",
        "Of the {n} that left, called Act now: by people {p} ({p_low} to {p_high}), by the model "
        "{m} ({m_low} to {m_high}).",
    ),
    "stayed": Words(
        "解約しなかった{n}社のうち、「要対応」としていたのは担当者{p}社、モデル{m}社です。",
        "Of the {n} that stayed, called Act now: by people {p}, by the model {m}.",
    ),
    "left_out": Words("数えていないもの：{parts}。", "Not counted: {parts}."),
    "immature": Words("結果待ち{n}件", "{n} not over yet"),
    "without_score": Words("当時スコアがなかった{n}件", "{n} without a score then"),
    "unknown_words": Words(
        "red・yellow・green 以外の語{n}件", "{n} in words other than red, yellow, green"
    ),
    "trains_nothing": Words(
        "見立ても判断も、モデルの学習には使いません。",
        "Neither trains any model.",
    ),
}  # fmt: skip


def said(key: str, language: Language, **values: object) -> str:
    """Return a sentence."""
    return _SAID[key].of(language).format(**values)


def sentences(kind: str, found: Json | None, language: Language) -> list[str]:
    """Return what is said of ``opinions`` or ``overrides``; the first sentence is the finding."""
    if found is None:
        return [said(f"no_{kind}", language)]
    if not found["cases"]:
        days = f"{found['horizon_days']:g}"
        return [said("too_early", language, n=found["immature"], days=days)]
    lines = [said(found["more_often"], language), _right(found, language)]
    lines += [_warned(key, found, language) for key in ("left", "stayed")]
    return lines + _left_out(found, language)


def _left_out(found: Json, language: Language) -> list[str]:
    """Return what was not counted; what there is none of is not named."""
    parts = [
        said(key, language, n=f"{found[key]:,}")
        for key in ("immature", "without_score", "unknown_words")
        if found.get(key)
    ]
    if not parts:
        return []
    return [said("left_out", language, parts={"ja": "、", "en": ", "}[language].join(parts))]


def _right(found: Json, language: Language) -> str:
    person, model = found["person"], found["model"]
    return said(
        "right", language, n=f"{found['cases']:,}", p=f"{person['right']:,}",
        m=f"{model['right']:,}", p_share=percent(person["share"]),
        m_share=percent(model["share"]), p_low=percent(person["interval"][0]),
        p_high=percent(person["interval"][1]), m_low=percent(model["interval"][0]),
        m_high=percent(model["interval"][1]), op=f"{found['only_person']:,}",
        om=f"{found['only_model']:,}",
    )  # fmt: skip


def _warned(key: str, found: Json, language: Language) -> str:
    some = found[key]
    name = "leavers" if key == "left" else "stayed"
    ends = {
        f"{who[0]}_{end}": percent(some[who]["interval"][at])
        for who in ("person", "model")
        for at, end in enumerate(("low", "high"))
    }
    return said(
        name, language, n=f"{some['accounts']:,}", p=f"{some['person']['warned']:,}",
        m=f"{some['model']['warned']:,}", **ends,
    )  # fmt: skip


def percent(value: float) -> str:
    """Return a share in whole per cent."""
    return f"{value:.0%}"
