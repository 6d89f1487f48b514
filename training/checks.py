"""The release checks: coded rules with a result and a sentence each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from features.catalog import Language, Words
from training.frames import Frame

Floats = npt.NDArray[np.float64]
Json = dict[str, Any]
Result = Literal["passed", "failed", "not applicable"]

LEAK = 0.95
"""Honest churn prediction is a 0.65-0.85 problem; more is a leak until proven otherwise."""
FILLED_GAP = 0.9
OVERFIT = 0.15

_NO_AUC = Words("検証期間の解約が一方に偏り、AUCがない。", "No AUC: only one outcome in the test.")


@dataclass(frozen=True)
class Check:
    """One rule applied to one training.

    Attributes
    ----------
    severity : {"signal", "release", "warning"}
        A failed ``signal`` check means that no score may be given, ``release`` that this model
        does not become champion, ``warning`` that somebody should look.
    """

    code: str
    words: Words
    severity: Literal["signal", "release", "warning"]
    result: Result
    found: Words

    @property
    def sentence(self) -> str:
        """What was found, in English."""
        return self.found.en

    def json(self) -> Json:
        """Return plain JSON values; the words in both languages."""
        return {
            "code": self.code,
            "title": self.words.en,
            "title_ja": self.words.ja,
            "severity": self.severity,
            "result": self.result,
            "sentence": self.found.en,
            "sentence_ja": self.found.ja,
        }


def enough_churns(churned_accounts: int, minimum: int) -> Check:
    """T1: enough accounts left for anything to be learned."""
    return Check(
        "T1",
        Words("学習に足る解約数がある", "Enough leavers to learn from"),
        "signal",
        "passed" if churned_accounts >= minimum else "failed",
        Words(
            f"学習期間に{churned_accounts:,}社が解約。少なくとも{minimum:,}社が必要。",
            f"{churned_accounts:,} accounts left in the development period; "
            f"at least {minimum:,} needed.",
        ),
    )


def beats_constant(metrics: Json) -> Check:
    """T2: better than always saying the base rate, by the interval."""
    gain = metrics["log_loss_gain"]
    better = gain["low"] is not None and gain["low"] > 0
    return Check(
        "T2",
        Words("一定の確率より良い", "Better than a constant"),
        "signal",
        "passed" if better else "failed",
        Words(
            f"対数損失は全体の解約率だけで答えるより{_figure(gain, 'ja')}小さい。"
            + ("" if better else "偶然と区別できない。"),
            f"Log loss is lower than the base rate's by {_figure(gain)}"
            + ("." if better else ", which cannot be told from luck."),
        ),
    )


def above_chance(metrics: Json) -> Check:
    """T3: the order of accounts says something, by the interval."""
    auc = metrics["auc"]
    better = auc["low"] is not None and auc["low"] > 0.5
    return Check(
        "T3",
        Words("偶然より良い", "Better than chance"),
        "signal",
        "passed" if better else "failed",
        Words(
            f"AUCは{_figure(auc, 'ja')}。0.5は偶然と同じ。",
            f"AUC is {_figure(auc)}; 0.5 is chance.",
        ),
    )


def calibrated_in_the_large(churned: Floats, probability: Floats, replicates: Floats) -> Check:
    """T4: as many left as were predicted, within the interval or a quarter."""
    said, came = float(probability.sum()), float(churned.sum())
    low, high = np.quantile(replicates, [0.05, 0.95])
    inside = low <= said <= high or (came > 0 and 0.8 <= said / came <= 1.25)
    return Check(
        "T4",
        Words("予測どおりの数が解約した", "As many left as predicted"),
        "warning",
        "passed" if inside else "failed",
        Words(
            f"検証期間の予測は{said:,.1f}件、実際の解約は{came:,.0f}件"
            f"（90%区間 {low:,.0f}–{high:,.0f}）。",
            f"{said:,.1f} were predicted to leave in the test, {came:,.0f} left "
            f"(90 % interval {low:,.0f}–{high:,.0f}).",
        ),
    )


def no_leak(metrics: Json) -> Check:
    """T5: not too good to be true."""
    value = metrics["auc"]["value"]
    title = Words("良すぎない", "Not too good to be true")
    if value is None:
        return Check("T5", title, "release", "not applicable", _NO_AUC)
    return Check(
        "T5",
        title,
        "release",
        "failed" if value > LEAK else "passed",
        Words(
            f"AUCは{value:.3f}。{LEAK}を超えるなら、未来を知っている項目が混じっている。",
            f"AUC is {value:.3f}; above {LEAK} some feature probably knows the future.",
        ),
    )


def no_single_leak(strength: dict[str, float]) -> Check:
    """T6: no feature alone separates leavers from stayers."""
    suspects = sorted(
        n for n, a in strength.items() if not np.isnan(a) and abs(a - 0.5) > LEAK - 0.5
    )
    title = Words("1項目だけで答えが分かってしまわない", "No feature gives it away alone")
    why = Words(f"単独でAUC {LEAK}超", f"AUC above {LEAK} alone")
    return _suspects("T6", title, suspects, why)


def filled_for_leavers(rows: Frame) -> Check:
    """T7: no feature has values almost only for those who left, or almost only for stayers."""
    left = rows.churned > 0
    filled = ~np.isnan(rows.matrix)
    gap = np.abs(filled[left].mean(axis=0) - filled[~left].mean(axis=0))
    pairs = zip(rows.features, gap, strict=True)
    suspects = [feature.name for feature, distance in pairs if distance > FILLED_GAP]
    title = Words("解約によって埋まる項目がない", "No feature is filled in by leaving")
    why = Words("値の有無が結果と一致", "filled by outcome")
    return _suspects("T7", title, suspects, why)


def no_overfitting(fitted_auc: float, test_auc: float | None) -> Check:
    """T8: what was learned holds on later accounts."""
    title = Words("学んだことが後の期間にも通じる", "What was learned carries over")
    if test_auc is None:
        return Check("T8", title, "warning", "not applicable", _NO_AUC)
    gap = fitted_auc - test_auc
    return Check(
        "T8",
        title,
        "warning",
        "failed" if gap > OVERFIT else "passed",
        Words(
            f"AUCは学習期間の学習に使わなかった会社で{fitted_auc:.3f}、検証期間で{test_auc:.3f}。"
            f"{OVERFIT}を超える低下は確認が要る。",
            f"AUC {fitted_auc:.3f} on held-out accounts of the development period, {test_auc:.3f} "
            f"in the test; a drop of more than {OVERFIT} is worth a look.",
        ),
    )


def level_held(shift: float | None, moved: bool) -> Check:
    """T9: the level predicted before the calibration slice was the level found in it."""
    title = Words("後の期間でも確率の水準が保たれた", "The level held on later data")
    if shift is None:
        none = Words(
            "較正に充てる後の期間がない。", "There is no later slice to compare the level with."
        )
        return Check("T9", title, "warning", "not applicable", none)
    odds = float(np.exp(shift))
    told = Words(
        f"後の期間の解約のオッズは、それ以前の予測の{odds:.2f}倍。"
        + ("水準は後の期間に合わせた。" if moved else "誤差の範囲。"),
        f"Odds of leaving in the later slice were {odds:.2f} times those predicted before it"
        + ("; the level is the slice's." if moved else ", which is within noise."),
    )
    return Check("T9", title, "warning", "failed" if moved else "passed", told)


def golden_rows(rows: int, worst: float, tolerance: float) -> Check:
    """T10: the shipped text answers as the model that was judged."""
    return Check(
        "T10",
        Words("配布物が検証したモデルと同じ答えを返す", "The bundle answers as the model judged"),
        "release",
        "passed" if worst <= tolerance else "failed",
        Words(
            f"{rows:,}行の確率の差は最大{worst:.1e}。",
            f"{rows:,} golden rows differ by at most {worst:.1e} in probability.",
        ),
    )


def failed(checks: Sequence[Check], severity: str) -> list[Check]:
    """Return the failed checks of a severity."""
    return [c for c in checks if c.result == "failed" and c.severity == severity]


def _suspects(code: str, title: Words, suspects: list[str], why: Words) -> Check:
    named = ", ".join(suspects[:5])
    found = Words("疑わしい項目はない。", "No suspect found.")
    if suspects:
        found = Words(f"疑わしい項目（{why.ja}）: {named}。", f"Suspects ({why.en}): {named}.")
    return Check(code, title, "release", "failed" if suspects else "passed", found)


def _figure(metric: Json, language: Language = "en") -> str:
    if metric["value"] is None:
        return "不明" if language == "ja" else "unknown"
    value, span = f"{metric['value']:.4f}", f"{metric['low']:.4f}–{metric['high']:.4f}"
    return f"{value}（90%区間 {span}）" if language == "ja" else f"{value} (90 % interval {span})"
