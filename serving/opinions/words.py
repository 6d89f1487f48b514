"""Who was right more often, in words, for the page and the command line alike."""

from collections.abc import Mapping
from typing import Any

from features.catalog import Language, Words

Json = Mapping[str, Any]

_SAID = {
    "opinions": Words("担当者の見立てとモデル", "Opinions of people beside the model"),
    "overrides": Words("スコアに対する判断とモデル", "Judgements held against scores"),
    "no_opinions": Words(
        "この会社には担当者の見立て(opinions テーブル)がないため、比べられない。",
        "This company has no opinions (a table opinions), so there is nothing to compare.",
    ),
    "no_overrides": Words(
        "スコアに対する判断はまだ記録されていない。",
        "Nobody has held a judgement against a score yet.",
    ),
    "too_early": Words(
        "{n}件あるが、{days}日後の結果が分かったものはまだない。",
        "There are {n}, but of none the {days} days after it are over yet.",
    ),
    "model": Words("モデルのほうが多く当たった。", "The model was right more often."),
    "person": Words("担当者のほうが多く当たった。", "People were right more often."),
    "neither": Words(
        "どちらが多く当たったかは、この件数では言えない。",
        "These cases do not tell who was right more often.",
    ),
    "right": Words(
        "{n}件中、担当者は{p}件（{p_share}、90%区間 {p_low}～{p_high}）、モデルは{m}件"
        "（{m_share}、{m_low}～{m_high}）が当たった。片方だけが当たったのは担当者{op}件、"
        "モデル{om}件。",
        "Of {n} cases people were right in {p} ({p_share}, 90% interval {p_low} to {p_high}), the "
        "model in {m} ({m_share}, {m_low} to {m_high}). One alone was right: people {op} times, "
        "the model {om} times.",
    ),
    "leavers": Words(
        "解約した{n}社に要対応と言っていた：担当者{p}社（{p_low}～{p_high}）、モデル{m}社"
        "（{m_low}～{m_high}）。",
        "Of the {n} that left, called Act now: by people {p} ({p_low} to {p_high}), by the model "
        "{m} ({m_low} to {m_high}).",
    ),
    "stayed": Words(
        "解約しなかった{n}社に要対応と言っていた：担当者{p}社、モデル{m}社。",
        "Of the {n} that stayed, called Act now: by people {p}, by the model {m}.",
    ),
    "left_out": Words(
        "数えていない：結果待ち{immature}件、そのときスコアがない{without}件、"
        "red・yellow・green 以外の語{words}件。",
        "Not counted: {immature} not over yet, {without} without a score then, {words} in words "
        "other than red, yellow, green.",
    ),
    "trains_nothing": Words(
        "見立ても判断も、モデルの学習には使わない。",
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
    if "without_score" in found:
        lines.append(
            said(
                "left_out",
                language,
                immature=f"{found['immature']:,}",
                without=f"{found['without_score']:,}",
                words=f"{found['unknown_words']:,}",
            )
        )
    return lines


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
