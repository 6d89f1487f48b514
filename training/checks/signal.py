"""Is there anything to be told at all? Where one of these fails, no score may be given."""

from typing import Any

from features.catalog import Words
from training.checks.check import Check, figure

Json = dict[str, Any]


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
            f"対数損失は全体の解約率だけで答えるより{figure(gain, 'ja')}小さい。"
            + ("" if better else "偶然と区別できない。"),
            f"Log loss is lower than the base rate's by {figure(gain)}"
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
            f"AUCは{figure(auc, 'ja')}。0.5は偶然と同じ。",
            f"AUC is {figure(auc)}; 0.5 is chance.",
        ),
    )
