"""Is 10 % really 10 %? In the large, tenth by tenth, by its slope, and against earlier data."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.catalog import Words
from training import intervals, metrics
from training.calibration import probability as inverse_logit
from training.checks.check import Check

Floats = npt.NDArray[np.float64]

TENTHS = 10
FEWEST = 20
"""With fewer leavers or stayers in the test, calibration cannot be judged beyond the large."""
FACTOR, POINTS = 2.0, 0.02
"""A tenth is off where what was said is so many times what came, or the other way round, and the
two differ by more than two percentage points as well. Honest models stray on later periods: a base
rate that moves by half is a warning (T4), not a reason to keep an older model."""
Z99 = 2.5758293035489004
"""Two-sided 99 %: ten tenths are looked at, so that all hold in nine of ten honest tests."""
SLOPES = (0.5, 2.0)


def calibrated_in_the_large(churned: Floats, probability: Floats, replicates: Floats) -> Check:
    """T4: as many left as were predicted, within the interval or a quarter."""
    title = Words("予測どおりの数が解約した", "As many left as predicted")
    if not len(churned):
        none = Words("検証期間の行がない。", "There is no row in the test.")
        return Check("T4", title, "warning", "not applicable", none)
    said, came = float(probability.sum()), float(churned.sum())
    low, high = np.quantile(replicates, [0.05, 0.95])
    inside = low <= said <= high or (came > 0 and 0.8 <= said / came <= 1.25)
    return Check(
        "T4",
        title,
        "warning",
        "passed" if inside else "failed",
        Words(
            f"検証期間の予測は{said:,.1f}件、実際の解約は{came:,.0f}件"
            f"（90%区間 {low:,.0f}–{high:,.0f}）。",
            f"{said:,.1f} were predicted to leave in the test, {came:,.0f} left "
            f"(90 % interval {low:,.0f}–{high:,.0f}).",
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


@dataclass(frozen=True)
class _Tenth:
    place: int
    said: float
    came: float
    low: float
    high: float

    @property
    def off(self) -> bool:
        """Whether the tenth is off by a `FACTOR`, by `POINTS`, and by more than luck."""
        small, large = sorted((self.said, self.came))
        outside = not self.low <= self.said <= self.high
        return outside and large - small > POINTS and large > FACTOR * small


def calibrated_by_tenth(
    churned: Floats, probability: Floats, account_ids: npt.NDArray[np.object_], seed: int
) -> Check:
    """T15: in every tenth, from the safest to the riskiest, about as many left as was said.

    The interval of a tenth is 99 % wide and resamples whole accounts; Wilson's where that is wider.
    """
    title = Words(
        "危険度のどの10分の1でも予測どおり", "Right in every tenth, from safest to riskiest"
    )
    if min(churned.sum(), len(churned) - churned.sum()) < FEWEST:
        return Check("T15", title, "release", "not applicable", _too_few(churned))
    off = [t for t in _tenths(churned, probability, account_ids, seed) if t.off]
    if not off:
        found = Words(
            "すべての10分の1で、予測と実際の差は偶然の範囲か2倍以内。",
            "In all ten, what was said and what came differ by luck or by less than twofold.",
        )
        return Check("T15", title, "release", "passed", found)
    worst = max(off, key=lambda tenth: abs(tenth.said - tenth.came))
    found = Words(
        f"{len(off)}個の10分の1で2倍を超えて外れた。最大は{worst.place}番目: "
        f"予測{worst.said:.1%}、実際{worst.came:.1%}（99%区間 {worst.low:.1%}–{worst.high:.1%}）。",
        f"{len(off)} of ten are off by more than twofold; the worst is number {worst.place} from "
        f"the safest: {worst.said:.1%} said, {worst.came:.1%} left "
        f"(99 % interval {worst.low:.1%}–{worst.high:.1%}).",
    )
    return Check("T15", title, "release", "failed", found)


def calibration_slope(
    churned: Floats, probability: Floats, account_ids: npt.NDArray[np.object_]
) -> Check:
    """T16: differences between accounts are neither exaggerated nor played down.

    Cox's calibration slope (Biometrika 45, 1958): of the log-odds in a logistic regression of what
    came on what was said. Its standard error knows that an account's rows belong together (Liang
    and Zeger, Biometrika 73, 1986).
    """
    title = Words(
        "差を誇張も過小評価もしていない", "Differences neither exaggerated nor played down"
    )
    if min(churned.sum(), len(churned) - churned.sum()) < FEWEST:
        return Check("T16", title, "release", "not applicable", _too_few(churned))
    if np.ptp(probability) < 1e-9:
        same = Words("全社の確率が同じ。", "Every probability is the same.")
        return Check("T16", title, "release", "not applicable", same)
    slope, error = _slope(churned, probability, account_ids)
    low, high = slope - intervals.Z90 * error, slope + intervals.Z90 * error
    outside = high < SLOPES[0] or low > SLOPES[1]
    found = Words(
        f"較正の傾きは{slope:.2f}（90%区間 {low:.2f}–{high:.2f}）。1が理想、"
        f"{SLOPES[0]}未満は誇張、{SLOPES[1]}超は過小評価、0未満は逆順。",
        f"The calibration slope is {slope:.2f} (90 % interval {low:.2f}–{high:.2f}); 1 is right, "
        f"below {SLOPES[0]} exaggerates, above {SLOPES[1]} plays down, below 0 is upside down.",
    )
    return Check("T16", title, "release", "failed" if outside else "passed", found)


def _tenths(
    churned: Floats, probability: Floats, account_ids: npt.NDArray[np.object_], seed: int
) -> list[_Tenth]:
    group = metrics.equal_groups(probability, TENTHS)
    rows = np.bincount(group, minlength=TENTHS)
    left = np.bincount(group, weights=churned, minlength=TENTHS)
    said = np.bincount(group, weights=probability, minlength=TENTHS) / rows
    spread = metrics.resampled_shares(churned, group, TENTHS, account_ids, seed)
    low, high = intervals.wilson(left, rows, Z99)
    came = left / rows
    return [
        _Tenth(
            place=g + 1,
            said=float(said[g]),
            came=float(came[g]),
            low=float(max(0.0, min(low[g], came[g] - Z99 * spread[g]))),
            high=float(min(1.0, max(high[g], came[g] + Z99 * spread[g]))),
        )
        for g in range(TENTHS)
    ]


def _slope(
    churned: Floats, probability: Floats, account_ids: npt.NDArray[np.object_]
) -> tuple[float, float]:
    """Return the slope and its standard error with rows of an account taken together."""
    log_odds = np.log(probability) - np.log1p(-probability)
    centred = log_odds - log_odds.mean()
    design = np.column_stack([centred, np.ones_like(centred)])
    weights = np.array([1.0, log_odds.mean()])
    for _ in range(50):
        p = inverse_logit(design @ weights)
        hessian = (design * (p * (1 - p))[:, None]).T @ design + np.diag([1e-9, 1e-9])
        step = np.linalg.solve(hessian, design.T @ (churned - p))
        weights = weights + step * min(1.0, 2.0 / (float(np.abs(step).max()) + 1e-300))
        if np.abs(step).max() < 1e-9:
            break
    _, account = np.unique(account_ids.astype(str), return_inverse=True)
    residual = design * (churned - inverse_logit(design @ weights))[:, None]
    together = np.column_stack([np.bincount(account, weights=column) for column in residual.T])
    bread = np.linalg.inv(hessian)
    variance = bread @ (together.T @ together) @ bread
    return float(weights[0]), float(np.sqrt(variance[0, 0]))


def _too_few(churned: Floats) -> Words:
    left, stayed = int(churned.sum()), int(len(churned) - churned.sum())
    return Words(
        f"検証期間の解約は{left:,}件、継続は{stayed:,}件。どちらも{FEWEST}件は必要。",
        f"{left:,} left and {stayed:,} stayed in the test; {FEWEST} of each are needed.",
    )
