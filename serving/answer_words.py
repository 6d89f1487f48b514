"""What an answer check says in sentences, the same on the pages and on the command line."""

from collections.abc import Mapping
from typing import Any

from features.catalog import Language, Words
from serving.values import money_text, number

Json = Mapping[str, Any]

_BASIS = {
    "issued": Words(
        "発行時のスコアによる答え合わせ（{issued}件、{issued_dates}日分）。",
        "Counted on the scores as they were issued ({issued} scores of {issued_dates} dates).",
    ),
    "out of time": Words(
        "発行時のスコアがまだないため、モデルの学習に使っていない期間の再計算による答え合わせ"
        "（{later}件、{later_dates}日分）。",
        "Counted out of time: scores of a period the model was not fitted on, not scores that "
        "were issued then ({later} scores of {later_dates} dates).",
    ),
    "mixed": Words(
        "発行時のスコア{issued}件（{issued_dates}日分）と、それ以前については学習に使っていない期間の"
        "再計算{later}件（{later_dates}日分）による答え合わせ。",
        "Counted on {issued} scores as they were issued ({issued_dates} dates) and, where there "
        "were none, on {later} out of time, which no model was fitted on ({later_dates} dates).",
    ),
}

RESULTS = {
    "passed": Words("合格", "Passed"),
    "failed": Words("不合格", "Failed"),
    "too few to say": Words("件数が少なく判定できない", "Too few to say"),
}

_VERDICTS = {
    "passed": Words(
        "解約の{weeks}週前に「良好」だったのは{scored}社中{green}社（{share}、90%区間{low}–{high}）。"
        "区間全体が上限{limit}以下にある。",
        "{green} of {scored} that left were green {weeks} weeks before ({share}, 90% interval "
        "{low}–{high}): all of it within the limit of {limit}.",
    ),
    "failed": Words(
        "解約の{weeks}週前に「良好」だったのは{scored}社中{green}社（{share}、90%区間{low}–{high}）。"
        "区間全体が上限{limit}を超えている。スコアの定義を見直す必要がある。",
        "{green} of {scored} that left were green {weeks} weeks before ({share}, 90% interval "
        "{low}–{high}): all of it above the limit of {limit}. The definition has to change.",
    ),
    "too few to say": Words(
        "解約の{weeks}週前に「良好」だったのは{scored}社中{green}社（{share}、90%区間{low}–{high}）。"
        "区間が上限{limit}をまたぐため、まだ判定できない。",
        "{green} of {scored} that left were green {weeks} weeks before ({share}, 90% interval "
        "{low}–{high}): the interval holds the limit of {limit}, so it cannot be told yet.",
    ),
}
_NOBODY = Words(
    "解約の{weeks}週前にスコアがあった会社はまだない。",
    "Nobody that left had a score {weeks} weeks before.",
)

_UNSEEN = {
    "reason": Words("解約理由：{text}", "Reason given: {text}"),
    "plan": Words(
        "契約変更：{before} → {text}{change}", "Contract changed: {before} → {text}{change}"
    ),
    "tickets": Words(
        "問い合わせ急増：{count}件（その前の同じ期間は{before}件）",
        "Burst of tickets: {count} ({before} in an equal time before)",
    ),
    "urgent": Words("緊急の問い合わせ{count}件", "Urgent tickets: {count}"),
    "overdue": Words(
        "期日までに払われなかった請求{count}件（最後は{amount}）",
        "Invoices not paid when due: {count} (the last of {amount})",
    ),
    "survey": Words("{text}の回答：{amount}", "{text} answer: {amount}"),
    "usage": Words(
        "利用が{change}（{before}回 → {count}回）", "Usage {change} ({before} → {count} events)"
    ),
    "action": Words("対応{count}件（最後は{text}）", "Actions: {count} (the last: {text})"),
}

_REASONS = {
    "merger": Words("合併", "merger"),
    "price": Words("価格", "price"),
    "onboarding": Words("導入の遅れ", "onboarding never finished"),
    "champion": Words("推進者の退職", "the champion left"),
    "decay": Words("利用の減少", "use faded away"),
    "support": Words("サポートへの不満", "support"),
    "integration": Words("連携の不足", "missing integration"),
    "budget": Words("予算", "budget"),
    "competitor": Words("他社への乗り換え", "competitor"),
    "closed": Words("廃業", "closed"),
    "other": Words("その他", "other"),
}

COLUMNS = {
    "plan": Words("プラン", "Plan"),
    "size": Words("規模", "Size"),
    "industry": Words("業種", "Industry"),
    "region": Words("地域", "Region"),
    "owner": Words("担当", "Owner"),
    "tenure": Words("契約期間", "Tenure"),
    "model_version": Words("モデルの版", "Model version"),
}
_TENURES = {
    "under 3 months": Words("3か月未満", "under 3 months"),
    "3–12 months": Words("3〜12か月", "3–12 months"),
    "1–2 years": Words("1〜2年", "1–2 years"),
    "over 2 years": Words("2年以上", "over 2 years"),
}


def percent(share: float | None, digits: int = 0) -> str:
    """Return a share in per cent; an en dash where there is none."""
    return "–" if share is None else f"{100 * share:.{digits}f}%"


def basis_sentence(check: Json, language: Language) -> str:
    """Return on which scores an answer check rests, and how many of each."""
    counts, dates = check["scores"], check["dates"]
    return (
        _BASIS[check["basis"]]
        .of(language)
        .format(
            issued=f"{counts['issued']:,}",
            later=f"{counts['out_of_time']:,}",
            issued_dates=dates["issued"],
            later_dates=dates["out_of_time"],
        )
    )


def verdict_sentence(verdict: Json, language: Language) -> str:
    """Return whether the limit was held, with the figures that say so."""
    words = _VERDICTS[verdict["result"]] if verdict["scored"] else _NOBODY
    low, high = verdict["interval"]
    return words.of(language).format(
        weeks=verdict["weeks_before"],
        scored=f"{verdict['scored']:,}",
        green=f"{verdict['green']:,}",
        share=percent(verdict["share"]),
        low=percent(low),
        high=percent(high),
        limit=percent(verdict["limit"]),
    )


def unseen_sentence(told: Json, language: Language, currency: str) -> str:
    """Return one thing the score could not see, see `training.answer_check.unseen`."""
    amount = told["amount"]
    shown = "–" if amount is None else number(amount)
    if told["code"] == "overdue" and amount is not None:
        shown = money_text(amount, currency, language)
    text = told["text"] or "–"
    if told["code"] == "reason" and text in _REASONS:
        text = _REASONS[text].of(language)
    return (
        _UNSEEN[told["code"]]
        .of(language)
        .format(
            text=text.upper() if told["code"] == "survey" else text.replace("_", " "),
            before=told["before"] if told["before"] is not None else "–",
            count=told["count"],
            amount=shown,
            change=_change(told["code"], amount),
        )
    )


def _change(code: str, amount: float | None) -> str:
    if amount is None or (code == "plan" and round(100 * amount) == 0):
        return ""
    text = f"{100 * amount:+.0f}%".replace("-", "\u2212")
    return f" ({text})" if code == "plan" else text


def segment_value(column: str, value: str, language: Language) -> str:
    """Return what a segment is called."""
    if column == "tenure":
        return _TENURES[value].of(language)
    return value


def column_word(column: str, language: Language) -> str:
    """Return what a segment column is called; a company's own name stays."""
    return COLUMNS[column].of(language) if column in COLUMNS else column
