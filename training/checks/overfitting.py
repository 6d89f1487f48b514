"""Whether what was learned holds on later accounts."""

from features.catalog import Words
from training.checks.check import NO_AUC, Check

LARGEST_DROP = 0.15


def no_overfitting(fitted_auc: float, test_auc: float | None) -> Check:
    """T8: what was learned holds on later accounts."""
    title = Words("学んだことが後の期間にも通じる", "What was learned carries over")
    if test_auc is None:
        return Check("T8", title, "warning", "not applicable", NO_AUC)
    gap = fitted_auc - test_auc
    return Check(
        "T8",
        title,
        "warning",
        "failed" if gap > LARGEST_DROP else "passed",
        Words(
            f"AUCは学習期間の学習に使わなかった会社で{fitted_auc:.3f}、検証期間で{test_auc:.3f}。"
            f"{LARGEST_DROP}を超える低下は確認が要る。",
            f"AUC {fitted_auc:.3f} on held-out accounts of the development period, {test_auc:.3f} "
            f"in the test; a drop of more than {LARGEST_DROP} is worth a look.",
        ),
    )
