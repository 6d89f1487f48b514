"""A measured change of process in words."""

from collections.abc import Iterator, Mapping
from typing import Any

from features.catalog import Language, Words
from serving import code_words
from serving.answer_words import column_word
from serving.words import points_text

Json = Mapping[str, Any]

_SAID = {
    "head": Words(
        "{start} の変更：前{days}日と後{days}日の比較です。",
        "Changed on {start}: {days} days before and after.",
    ),
    "concerned": Words("対象（{who}）", "Concerned ({who})"),
    "everybody": Words("全社", "everybody"),
    "others": Words("対象外", "Not concerned"),
    "churn": Words(
        "{group}：解約率 {k1}/{n1}社 {before}（{b_low}～{b_high}）→ {k2}/{n2}社 {after}"
        "（{a_low}～{a_high}）。差 {change}（90%区間 {low}～{high}）{relative}",
        "{group}: churn {k1} of {n1} {before} ({b_low} to {b_high}) → {k2} of {n2} {after} "
        "({a_low} to {a_high}). Difference {change} (90% interval {low} to {high}){relative}",
    ),
    "relative": Words("、変化率は{relative}", ", {relative} relative to before"),
    "health": Words(
        "{group}：健康スコアの平均 {before} → {after}（両方の期間にスコアがある{n}社。差 {change}、"
        "90%区間 {low}～{high}）",
        "{group}: mean health score {before} → {after} ({n} accounts with scores in both; "
        "difference {change}, 90% interval {low} to {high})",
    ),
    "no_churn": Words(
        "{group}：どちらかの期間に顧客がいません。",
        "{group}: nobody was a customer in one of them.",
    ),
    "no_health": Words(
        "{group}：両方の期間に、結果を知らずに出したスコアがある会社がありません。",
        "{group}: no accounts have scores in both periods that cannot have known the outcome.",
    ),
    "none": Words(
        "比較群はありません。同じ時期に変わったほかのすべての影響も、この差に含まれます。",
        "There is no comparison group: whatever else changed at that time is in this difference.",
    ),
    "apart": Words(
        "対象外と比べた差：解約率 {change}（90%区間 {low}～{high}）",
        "Beside the others: churn {change} (90% interval {low} to {high})",
    ),
    "apart_health": Words(
        "対象外と比べた差：健康スコア {change}点（90%区間 {low}～{high}）",
        "Beside the others: health score {change} points (90% interval {low} to {high})",
    ),
    "not_by_lot": Words(
        "対象はくじで選ばれていません。区分の間にもともとあった動きの違いも、ここに含まれます。",
        "Who was concerned was not drawn by lot: what would have made the two groups go different "
        "ways anyway is in it.",
    ),
}  # fmt: skip


def said(key: str, language: Language, **values: object) -> str:
    """Return a sentence."""
    return _SAID[key].of(language).format(**values)


def who(found: Json, language: Language) -> str:
    """Return whom the change concerned."""
    segment = found["segment"]
    if segment is None:
        return said("everybody", language)
    column, value = segment["column"], segment["value"]
    return f"{column_word(column, language)} {code_words.value(column, value, language)}"


def lines(found: Json, language: Language) -> Iterator[str]:
    """Yield what a person reads, the missing comparison group as plainly as the one there is."""
    yield said("head", language, start=found["from"], days=found["days"])
    named = said("concerned", language, who=who(found, language))
    yield from _group(named, found["concerned"], language)
    if "others" in found:
        yield from _group(said("others", language), found["others"], language)
    if not found["comparison"]:
        yield said("none", language)
        return
    churn, health = found["churn_difference"], found["health_difference"]
    if churn is not None:
        low, high = churn["interval"]
        yield said(
            "apart", language, change=_points(churn["difference"], language),
            low=_points(low, language), high=_points(high, language),
        )  # fmt: skip
    if health is not None:
        low, high = (points_text(end, 1) for end in health["interval"])
        yield said(
            "apart_health", language, change=points_text(health["difference"], 1), low=low,
            high=high,
        )  # fmt: skip
    yield said("not_by_lot", language)


def _group(name: str, group: Json, language: Language) -> Iterator[str]:
    churn, health = group["churn"], group["health"]
    if churn["change"] is None:
        yield said("no_churn", language, group=name)
    else:
        yield _churn(name, churn, language)
    if health["change"] is None:
        yield said("no_health", language, group=name)
        return
    low, high = (points_text(end, 1) for end in health["interval"])
    yield said(
        "health", language, group=name, before=f"{health['before']:.1f}",
        after=f"{health['after']:.1f}", n=f"{health['accounts']:,}",
        change=points_text(health["change"], 1), low=low, high=high,
    )  # fmt: skip


def _churn(name: str, churn: Json, language: Language) -> str:
    before, after = churn["before"], churn["after"]
    relative = ""
    if churn["relative"] is not None:
        relative = said("relative", language, relative=f"{points_text(100 * churn['relative'])}%")
    ends = [*before["interval"], *after["interval"]]
    b_low, b_high, a_low, a_high = (f"{end:.1%}" for end in ends)
    low, high = (_points(end, language) for end in churn["interval"])
    return said(
        "churn", language, group=name, k1=before["left"], n1=f"{before['accounts']:,}",
        before=f"{before['share']:.1%}", b_low=b_low, b_high=b_high, k2=after["left"],
        n2=f"{after['accounts']:,}", after=f"{after['share']:.1%}", a_low=a_low, a_high=a_high,
        change=_points(churn["change"], language), low=low, high=high, relative=relative,
    )  # fmt: skip


def _points(share: float, language: Language) -> str:
    """Return a difference of shares in percentage points."""
    unit = "ポイント" if language == "ja" else " points"
    return f"{points_text(100 * share, 1)}{unit}"
