"""What an answer check says in sentences, the same on the pages and on the command line."""

from collections.abc import Mapping
from typing import Any

from features.catalog import Language, Words
from serving import code_words, plays
from serving.values import money_text, number

Json = Mapping[str, Any]

_BASIS = {
    "issued": Words(
        "発行時のスコアで答え合わせをしています（{issued}件、{issued_dates}日分）。",
        "Counted on the scores as they were issued ({issued} scores of {issued_dates} dates).",
    ),
    "out of time": Words(
        "発行時のスコアがまだないため、モデルの学習に使っていない期間の再計算で答え合わせを"
        "しています（{later}件、{later_dates}日分）。",
        "Counted out of time: scores of a period the model was not fitted on, not scores that "
        "were issued then ({later} scores of {later_dates} dates).",
    ),
    "mixed": Words(
        "発行時のスコア{issued}件（{issued_dates}日分）と、それより前は学習に使っていない期間の"
        "再計算{later}件（{later_dates}日分）で答え合わせをしています。",
        "Counted on {issued} scores as they were issued ({issued_dates} dates) and, where there "
        "were none, on {later} out of time, which no model was fitted on ({later_dates} dates).",
    ),
}

RESULTS = {
    "passed": Words("合格", "Passed"),
    "failed": Words("不合格", "Failed"),
    "too few to say": Words("件数が少なく判定できません", "Too few to say"),
}

_VERDICTS = {
    "passed": Words(
        "解約の{weeks}週前に「良好」だったのは{scored}社中{green}社でした"
        "（{share}、90%区間 {low}～{high}）。"
        "区間全体が上限{limit}に収まっています。",
        "{green} of {scored} that left were green {weeks} weeks before ({share}, 90% interval "
        "{low}–{high}): all of it within the limit of {limit}.",
    ),
    "failed": Words(
        "解約の{weeks}週前に「良好」だったのは{scored}社中{green}社でした"
        "（{share}、90%区間 {low}～{high}）。"
        "区間全体が上限{limit}を超えているため、スコアの定義を見直す必要があります。",
        "{green} of {scored} that left were green {weeks} weeks before ({share}, 90% interval "
        "{low}–{high}): all of it above the limit of {limit}. The definition has to change.",
    ),
    "too few to say": Words(
        "解約の{weeks}週前に「良好」だったのは{scored}社中{green}社でした"
        "（{share}、90%区間 {low}～{high}）。"
        "区間が上限{limit}をまたぐため、まだ判定できません。",
        "{green} of {scored} that left were green {weeks} weeks before ({share}, 90% interval "
        "{low}–{high}): the interval holds the limit of {limit}, so it cannot be told yet.",
    ),
}
_NOBODY = Words(
    "解約の{weeks}週前にスコアがあった会社は、まだありません。",
    "Nobody that left had a score {weeks} weeks before.",
)

_UNSEEN = {
    "reason": Words("解約理由：{text}", "Reason given: {text}"),
    "plan": Words(
        "プラン変更：{before} → {text}{change}", "Plan changed: {before} → {text}{change}"
    ),
    "amount": Words(
        "契約金額の変更：{change}（プランは{text}のまま）",
        "Contract amount {change} (plan still {text})",
    ),
    "amount only": Words("契約金額の変更：{change}", "Contract amount {change}"),
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
    "action": Words("対応{count}件（最後は「{text}」）", "Actions: {count} (the last: {text})"),
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

_PLAYS = {
    "quarterly_review": Words("四半期の振り返り", "quarterly review"),
    "value_review": Words("得られた価値の振り返り", "value review"),
    "usage_review": Words("利用状況の振り返り", "usage review"),
    "find_next_champion": Words("次の推進者を探す", "find the next champion"),
    "joint_ticket_review": Words("問い合わせを一緒に見直す", "joint ticket review"),
    "onboarding_session": Words("導入支援の打ち合わせ", "onboarding session"),
    "integration_hands_on": Words("連携のハンズオン", "integration hands-on"),
}
"""What was done in a simulated company."""

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
    "3–12 months": Words("3～12か月", "3–12 months"),
    "1–2 years": Words("1～2年", "1–2 years"),
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
    code, amount = _told_as(told), told["amount"]
    shown = "–" if amount is None else number(amount)
    if code == "overdue" and amount is not None:
        shown = money_text(amount, currency, language)
    return (
        _UNSEEN[code]
        .of(language)
        .format(
            text=_text(told, language),
            before=told["before"] if told["before"] is not None else "–",
            count=told["count"],
            amount=shown,
            change=_change(code, amount, language),
        )
    )


def _told_as(told: Json) -> str:
    """Return which sentence is true: a contract may change its amount and keep its plan."""
    code: str = told["code"]
    if code != "plan" or told["text"] != told["before"]:
        return code
    return "amount" if told["text"] else "amount only"


def reason_word(text: str, language: Language) -> str:
    """Return what a reason for leaving is called; a company's own words stay."""
    return _REASONS[text].of(language) if text in _REASONS else text


def _text(told: Json, language: Language) -> str:
    text = told["text"] or "–"
    match told["code"]:
        case "reason":
            return reason_word(text, language)
        case "action":
            return _play(text, language)
        case "survey":
            return str(text.upper())
        case _:
            return str(text.replace("_", " "))


def _play(code: str, language: Language) -> str:
    """Return what was done, in words where it is one of the plays that are known."""
    if code in _PLAYS:
        return _PLAYS[code].of(language)
    title = plays.titles(plays.shipped()).get(code)
    return title[language] if title else code.replace("_", " ")


def _change(code: str, amount: float | None, language: Language) -> str:
    if code.startswith("amount") and amount is None:
        return "割合は不明" if language == "ja" else "changed"
    if amount is None or (code == "plan" and round(100 * amount) == 0):
        return ""
    if code.startswith("amount") and round(100 * amount) == 0:
        return "1%未満" if language == "ja" else "by less than 1%"
    text = f"{100 * amount:+.0f}%".replace("-", "\u2212")
    return f" ({text})" if code == "plan" else text


def segment_value(column: str, value: str, language: Language) -> str:
    """Return what a segment is called."""
    if column == "tenure":
        return _TENURES[value].of(language)
    return code_words.value(column, value, language)


def column_word(column: str, language: Language) -> str:
    """Return what a segment column is called; a company's own name stays."""
    return COLUMNS[column].of(language) if column in COLUMNS else column
