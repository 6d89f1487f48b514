"""A change of definition in words, for the page and the command line alike."""

from collections.abc import Mapping
from typing import Any, Final

from features.catalog import Language, Words
from serving.words import points_text

Json = Mapping[str, Any]
SHOWN: Final = 8
"""Differences that are written out; the number of the others is said."""

_WHAT = {
    "green_from": Words("「良好」の下限", "Healthy from"),
    "red_up_to": Words("「要対応」の上限", "Act now up to"),
    "horizon_days": Words("解約を予測する日数", "Days ahead"),
    "lead_days": Words("予測までの猶予日数", "Days of notice"),
    "p80": Words("80点の解約確率", "Probability at 80 points"),
    "p50": Words("50点の解約確率", "Probability at 50 points"),
    "scorecard": Words("スコアカード", "Scorecard"),
}
_SAID = {
    "first": Words("最初に記録した定義", "The first definition that was noted"),
    "line": Words("{name}：{values}", "{name}: {values}"),
    "came": Words("項目の追加：{name}", "Feature added: {name}"),
    "went": Words("項目の削除：{name}", "Feature removed: {name}"),
    "more": Words("ほか{n}件", "{n} more"),
    "unsaid": Words("記載なし", "no reason was given"),
    "unmeasured": Words(
        "事前の効果は測っていません（先に kenshin replay を実行すると記録されます）。",
        "Its effect was not measured: run kenshin replay before.",
    ),
    "effect": Words(
        "過去での効果（{start}～{end}、{against}と比較）：最後の日に{n}社中{k}社の状態が変わります。",
        "Measured on the past ({start} to {end}, against {against}): {k} of {n} accounts change "
        "band on the last day.",
    ),
    "outcomes": Words(
        "解約した{n}社のうち{weeks}週前に「要対応」だったのは {old}社 → {new}社（割合の差の"
        "90%区間 {low}～{high}ポイント）、誤報は {false_old}社 → {false_new}社です。",
        "Act now {weeks} weeks before leaving, of {n}: {old} → {new} (90% interval of the "
        "difference {low} to {high} points); false alarms {false_old} → {false_new}.",
    ),
    "untold": Words(
        "解約と誤報は、結果を知らずに出した日付がないため数えていません。",
        "Leavers and false alarms are not counted: no date of which both cannot have known the "
        "outcome.",
    ),
}  # fmt: skip


def changed(
    amendment: Json, language: Language, labels: Mapping[str, str] | None = None
) -> list[str]:
    """Return what changed, one line each.

    Parameters
    ----------
    labels : mapping of str to str, optional
        What features are called; one without a label is told by its name.
    """
    lines = [_line(one, language, labels or {}) for one in amendment["changed"]]
    if not lines:
        return [_SAID["first"].of(language)]
    rest = len(lines) - SHOWN
    return lines[:SHOWN] + ([_SAID["more"].of(language).format(n=rest)] if rest > 0 else [])


def reason(amendment: Json, language: Language) -> str:
    """Return why, in the person's own words."""
    return amendment["why"] or _SAID["unsaid"].of(language)


def effect(amendment: Json, language: Language) -> str:
    """Return what a replay measured, or that none did."""
    found = amendment["effect"]
    if found is None:
        return "" if not amendment["changed"] else _SAID["unmeasured"].of(language)
    start, end = found["period"]
    said = _SAID["effect"].of(language).format(
        start=start, end=end, against=found["against"], n=f"{found['accounts']:,}",
        k=f"{found['change_band']:,}",
    )  # fmt: skip
    return ("" if language == "ja" else " ").join((said, _outcomes(found["outcomes"], language)))


def _outcomes(found: Json | None, language: Language) -> str:
    if found is None or not found["leavers"]:
        return _SAID["untold"].of(language)
    (old, new), (low, high) = found["red_before"], found["interval"]
    false_old, false_new = found["false_alarms"]
    return _SAID["outcomes"].of(language).format(
        weeks=found["weeks_before"], n=found["leavers"], old=old, new=new,
        low=points_text(100 * low), high=points_text(100 * high),
        false_old=false_old, false_new=false_new,
    )  # fmt: skip


def _line(one: Json, language: Language, labels: Mapping[str, str]) -> str:
    what, before, after = one["what"], one["before"], one["after"]
    if what == "feature":
        name, kind = after or before, "came" if before is None else "went"
        return _SAID[kind].of(language).format(name=labels.get(name, name))
    said = _SAID["line"].of(language)
    values = (_value(what, value, language) for value in (before, after))
    return said.format(name=_name(what, language, labels), values=" → ".join(values))


def _name(what: str, language: Language, labels: Mapping[str, str]) -> str:
    """Return what a line is about; of a scorecard its card, indicator and key."""
    if what in _WHAT:
        return _WHAT[what].of(language)
    return " · ".join(labels.get(part, part) for part in what.split(" "))


def _value(what: str, value: object, language: Language) -> str:
    """Return a value in its unit."""
    if value is None:
        return "–"
    if not isinstance(value, float | int):
        return str(value)
    if what in ("p80", "p50"):
        return f"{100 * value:.3g}%"
    days = {"ja": "日", "en": " days"}[language] if what.endswith("_days") else ""
    return f"{value:g}{days}"
