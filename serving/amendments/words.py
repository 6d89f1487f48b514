"""A change of definition in words, for the page and the command line alike."""

from collections.abc import Mapping
from typing import Any, Final

from features.catalog import Language, Words

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
    "feature": Words("項目", "Feature"),
    "scorecard": Words("スコアカード", "Scorecard"),
}
_SAID = {
    "first": Words("最初に記録した定義", "The first definition that was noted"),
    "more": Words("ほか{n}件", "{n} more"),
    "unsaid": Words("理由は書かれていない", "no reason was given"),
    "unmeasured": Words(
        "効果は測っていない（kenshin replay を先に実行すると記録される）。",
        "Its effect was not measured: run kenshin replay before.",
    ),
    "effect": Words(
        "過去での効果（{start}～{end}、{against} と比較）：最後の日に{n}社中{k}社の区分が変わる。",
        "Measured on the past ({start} to {end}, against {against}): {k} of {n} accounts change "
        "band on the last day.",
    ),
    "outcomes": Words(
        "解約{weeks}週前に要対応だった{n}社中の数 {old} → {new}（差の90%区間 {low}～{high}）、"
        "誤報 {false_old} → {false_new}。",
        "Act now {weeks} weeks before leaving, of {n}: {old} → {new} (90% interval of the "
        "difference {low} to {high}); false alarms {false_old} → {false_new}.",
    ),
    "untold": Words(
        "解約と誤報は、結果を知らずに出した日付がないため数えていない。",
        "Leavers and false alarms are not counted: no date of which both cannot have known the "
        "outcome.",
    ),
}  # fmt: skip


def changed(amendment: Json, language: Language) -> list[str]:
    """Return what changed, one line each."""
    lines = [_line(one, language) for one in amendment["changed"]]
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
    return f"{said} {_outcomes(found['outcomes'], language)}"


def _outcomes(found: Json | None, language: Language) -> str:
    if found is None or not found["leavers"]:
        return _SAID["untold"].of(language)
    (old, new), (low, high) = found["red_before"], found["interval"]
    false_old, false_new = found["false_alarms"]
    return _SAID["outcomes"].of(language).format(
        weeks=found["weeks_before"], n=found["leavers"], old=old, new=new,
        low=f"{100 * low:+.0f} %", high=f"{100 * high:+.0f} %",
        false_old=false_old, false_new=false_new,
    )  # fmt: skip


def _line(one: Json, language: Language) -> str:
    what = _WHAT.get(one["what"])
    name = one["what"] if what is None else what.of(language)
    return f"{name}: {_value(one['before'])} → {_value(one['after'])}"


def _value(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:g}" if isinstance(value, float | int) else str(value)
