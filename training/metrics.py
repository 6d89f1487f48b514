"""How good probabilities are, with intervals that know that one account has many rows."""

from collections.abc import Collection, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from training import intervals
from training.ordered import EPSILON as EPSILON
from training.ordered import FIGURES as FIGURES
from training.ordered import GROUPS, Ordered
from training.ordered import losses as losses

Floats = npt.NDArray[np.float64]
Json = dict[str, Any]

REPLICATES = 200


def auc(churned: Floats, p: Floats, weight: Floats) -> float:
    """Return P(a leaver's probability is above a stayer's), ties counting half."""
    return Ordered(churned, p).figure(weight, "auc")


def log_loss(churned: Floats, p: Floats, weight: Floats) -> float:
    """Return the mean negative log-likelihood in nats."""
    return float((weight * losses(churned, p)).sum() / weight.sum())


def brier(churned: Floats, p: Floats, weight: Floats) -> float:
    """Return the mean squared error of the probability."""
    return float((weight * (p - churned) ** 2).sum() / weight.sum())


def average_precision(churned: Floats, p: Floats, weight: Floats) -> float:
    """Return the mean precision over the leavers, from the riskiest down."""
    return Ordered(churned, p).figure(weight, "average_precision")


def ece(churned: Floats, p: Floats, weight: Floats) -> float:
    """Return the expected calibration error over `GROUPS` equal-count groups."""
    return Ordered(churned, p).figure(weight, "ece")


def recall_worst_tenth(churned: Floats, p: Floats, weight: Floats) -> float:
    """Return the share of leavers among the riskiest tenth of accounts."""
    return Ordered(churned, p).figure(weight, "recall_worst_tenth")


def lift_worst_tenth(churned: Floats, p: Floats, weight: Floats) -> float:
    """Return how many times more of the riskiest tenth left than of all."""
    return 10 * recall_worst_tenth(churned, p, weight)


def equal_groups(p: Floats, groups: int) -> npt.NDArray[np.int64]:
    """Return the group, 0 … groups − 1 by rising probability, of every row (n,)."""
    rank = np.empty(len(p), dtype=np.int64)
    rank[np.argsort(p, kind="stable")] = np.arange(len(p))
    return rank * groups // max(len(p), 1)


def measured(
    churned: Floats,
    p: Floats,
    account_ids: npt.NDArray[np.object_],
    seed: int,
    names: Collection[str] = FIGURES,
) -> dict[str, Json]:
    """Return metrics, every one or those asked for, with a 90 % interval.

    The bootstrap resamples whole accounts. ``log_loss_gain`` is how much lower the log loss is than
    that of always saying the base rate of these very rows, the hardest constant there is.
    """
    ordered = Ordered(churned, p)
    values = ordered.figures(np.ones(len(p)), names)
    drawn = [ordered.figures(weight, names) for weight in _weights(account_ids, seed)]
    result: dict[str, Json] = {}
    for name in names:
        spread = np.array([one[name] for one in drawn])
        low, high = _interval(values[name], spread[~np.isnan(spread)])
        if name == "ece" and low is not None:
            low = max(low, 0.0)
        result[name] = {"value": number(values[name]), "low": low, "high": high}
    return result


def share(hit: Floats, account_ids: npt.NDArray[np.object_]) -> Json | None:
    """Return the share of rows with ``hit`` (n,) of 1, with a 90 % interval; None without rows.

    Wilson's at the effective number of rows, n over Kish's design effect (Survey Sampling, 1965),
    with every row of an account taken to say the same: where each has as many, the number of
    accounts. A resampling of accounts would give a share of 0 or 1, frequent where few left, an
    interval without width.
    """
    if not len(hit):
        return None
    rows = np.unique(account_ids.astype(str), return_counts=True)[1].astype(np.float64)
    size = rows.sum() ** 2 / (rows**2).sum()
    value = float(hit.mean())
    low, high = intervals.wilson(value * size, size)
    return {"value": value, "low": float(low), "high": float(high)}


def resampled_churns(churned: Floats, account_ids: npt.NDArray[np.object_], seed: int) -> Floats:
    """Return the number of churns in each of `REPLICATES` resamples of whole accounts."""
    return np.array([(weight * churned).sum() for weight in _weights(account_ids, seed)])


def resampled_shares(
    churned: Floats,
    group: npt.NDArray[np.int64],
    groups: int,
    account_ids: npt.NDArray[np.object_],
    seed: int,
) -> Floats:
    """Return the standard error (groups,) of each group's share of leavers, accounts resampled."""
    shares = []
    for weight in _weights(account_ids, seed):
        rows = np.bincount(group, weights=weight, minlength=groups)
        left = np.bincount(group, weights=weight * churned, minlength=groups)
        shares.append(np.divide(left, rows, out=np.zeros(groups), where=rows > 0))
    return np.asarray(np.std(shares, axis=0), dtype=np.float64)


def log_loss_gain(
    churned: Floats, p: Floats, rival: Floats, account_ids: npt.NDArray[np.object_], seed: int
) -> Json:
    """Return how much lower the log loss of ``p`` (n,) is than that of ``rival`` on the same rows.

    With a 90 % interval of a paired bootstrap by account: each resample holds the same accounts for
    both, so what makes a period hard for either does not blur the difference.
    """
    gain = losses(churned, rival) - losses(churned, p)
    _, account = np.unique(account_ids.astype(str), return_inverse=True)
    gained, rows = np.bincount(account, weights=gain), np.bincount(account).astype(np.float64)
    spread = np.array([(draw @ gained) / (draw @ rows) for draw in _draws(len(rows), seed)])
    return _with_interval(float(gain.mean()), spread)


def auc_gain(
    churned: Floats, risk: Floats, rival: Floats, account_ids: npt.NDArray[np.object_], seed: int
) -> Json:
    """Return how much higher the AUC of ``risk`` (n,) is than that of ``rival``, paired likewise.

    Only the order counts, so one may be a probability and the other a score turned round.
    """
    mine, other = (Ordered(churned, order) for order in (risk, rival))

    def gained(weight: Floats) -> float:
        return mine.figure(weight, "auc") - other.figure(weight, "auc")

    spread = np.array([gained(weight) for weight in _weights(account_ids, seed)])
    return _with_interval(gained(np.ones(len(churned))), spread)


def reliability(churned: Floats, p: Floats, groups: int = GROUPS) -> list[Json]:
    """Return what was said and what came, in equal-count groups by rising probability."""
    group = equal_groups(p, min(groups, len(p)))
    return [_counted(churned[group == g], p[group == g]) for g in range(group.max(initial=-1) + 1)]


def ranges(churned: Floats, p: Floats, score: Floats) -> list[Json]:
    """Return the same in ranges of the health score, ten points wide, lowest first."""
    place = np.clip(score // 10, 0, 9).astype(np.int64)
    result = []
    for number_ in range(10):
        inside = place == number_
        counted = _counted(churned[inside], p[inside])
        del counted["low"], counted["high"]
        result.append({"from": 10 * number_, "to": 10 * number_ + 10, **counted})
    return result


def _with_interval(value: float, spread: Floats) -> Json:
    low, high = _interval(value, spread[~np.isnan(spread)])
    return {"value": number(value), "low": low, "high": high}


def _interval(value: float, spread: Floats) -> tuple[float | None, float | None]:
    """Return the middle 90 % of ``spread``, moved by the bootstrap's own bias.

    Without it the calibration error's interval would lie above the calibration error: a resample
    adds its noise to that of the rows.
    """
    if not len(spread) or np.isnan(value):
        return None, None
    bias = spread.mean() - value
    low, high = np.quantile(spread, [0.05, 0.95]) - bias
    return number(low), number(high)


def number(value: float | None) -> float | None:
    """Return a JSON number, or None where there is none."""
    return None if value is None or not np.isfinite(value) else float(value)


def _counted(churned: Floats, p: Floats) -> Json:
    rows, churns = len(p), int(churned.sum())
    low, high = intervals.wilson(churns, rows)
    return {
        "low": number(p.min()) if rows else None,
        "high": number(p.max()) if rows else None,
        "predicted": number(p.mean()) if rows else None,
        "observed": churns / rows if rows else None,
        "rows": rows,
        "churns": churns,
        "interval": [float(low), float(high)],
    }


def resampled(account_ids: npt.NDArray[np.object_], seed: int) -> list[Floats]:
    """Return row weights (n,) of `REPLICATES` resamples of accounts with replacement."""
    return list(_weights(account_ids, seed))


def _weights(account_ids: npt.NDArray[np.object_], seed: int) -> Iterator[Floats]:
    """Yield what `resampled` returns, one at a time: together they are 200 times the rows."""
    accounts, place = np.unique(account_ids.astype(str), return_inverse=True)
    for draw in _draws(len(accounts), seed):
        yield draw[place]


def _draws(accounts: int, seed: int) -> Floats:
    """Return how often each account is drawn in each resample, (`REPLICATES`, accounts)."""
    rng = np.random.default_rng(seed)
    even = np.full(accounts, 1 / accounts)
    return rng.multinomial(accounts, even, size=REPLICATES).astype(np.float64)
