import numpy as np
import pytest
from sklearn import metrics as judge

from training import metrics
from training.intervals import wilson

RNG = np.random.default_rng(1)
P = np.round(RNG.uniform(0.01, 0.9, 500), 2)  # many ties
CHURNED = (RNG.random(500) < P).astype(float)
EVEN = np.ones(500)
IDS = np.array([f"a{k % 200}" for k in range(500)], dtype=object)


def test_figures_agree_with_scikit_learn_ties_and_weights_included() -> None:
    weight = RNG.integers(0, 4, 500).astype(float)
    for own, known in (
        (metrics.auc, judge.roc_auc_score),
        (metrics.log_loss, judge.log_loss),
        (metrics.brier, judge.brier_score_loss),
        (metrics.average_precision, judge.average_precision_score),
    ):
        wanted = known(CHURNED, P, sample_weight=weight)
        assert own(CHURNED, P, weight) == pytest.approx(wanted, abs=1e-12)


def test_the_riskiest_tenth_finds_all_when_the_leavers_are_ranked_first() -> None:
    churned = np.repeat([1.0, 0.0], [10, 90])
    ranked = np.linspace(0.9, 0.1, 100)
    assert metrics.recall_worst_tenth(churned, ranked, np.ones(100)) == 1
    assert metrics.lift_worst_tenth(churned, ranked, np.ones(100)) == 10


def test_the_interval_holds_the_figure_and_narrows_with_more_accounts() -> None:
    few = metrics.measured(CHURNED, P, IDS, seed=1)
    alone = np.array([f"b{k}" for k in range(500)], dtype=object)
    many = metrics.measured(CHURNED, P, alone, seed=1)
    for found in (*few.values(), *many.values()):
        assert found["low"] <= found["value"] <= found["high"]
    assert many["auc"]["high"] - many["auc"]["low"] < few["auc"]["high"] - few["auc"]["low"]


def test_the_base_rate_itself_gains_nothing_on_the_constant() -> None:
    same = np.full(500, CHURNED.mean())
    assert metrics.measured(CHURNED, same, IDS, 1)["log_loss_gain"]["value"] == pytest.approx(0)


def test_groups_and_ranges_count_everybody_once() -> None:
    groups = metrics.reliability(CHURNED, P)
    assert sum(group["rows"] for group in groups) == 500
    assert max(g["rows"] for g in groups) - min(g["rows"] for g in groups) <= 1
    spans = metrics.ranges(CHURNED, P, 100 * (1 - P))
    assert [(s["from"], s["to"]) for s in spans] == [(k, k + 10) for k in range(0, 100, 10)]
    assert sum(s["churns"] for s in spans) == CHURNED.sum()


def test_without_a_leaver_there_is_no_auc() -> None:
    assert metrics.measured(np.zeros(20), P[:20], IDS[:20], 1)["auc"]["value"] is None


def test_wilson_gives_the_textbook_interval_and_knows_nothing_of_nobody() -> None:
    low, high = wilson([0, 5, 0], [10, 10, 0])
    assert low.tolist() == pytest.approx([0.0, 0.2693, 0.0], abs=1e-4)
    assert high.tolist() == pytest.approx([0.2130, 0.7307, 1.0], abs=1e-4)


def test_the_interval_of_a_share_counts_accounts_however_often_each_is_seen() -> None:
    hit = np.array([1.0, 1.0, 0.0, 0.0, 0.0])
    ids = np.array(list("abcde"), dtype=object)
    once, often = metrics.share(hit, ids), metrics.share(np.tile(hit, 12), np.tile(ids, 12))
    assert once is not None
    assert often == pytest.approx(once)
    low, high = map(float, wilson(2, 5))
    assert (once["low"], once["value"], once["high"]) == pytest.approx((low, 0.4, high))


def test_many_rows_of_one_account_count_as_less_than_as_many_accounts() -> None:
    hit = np.zeros(100)
    one_big = metrics.share(hit, np.array(["big"] * 91 + list("abcdefghi"), dtype=object))
    equal = metrics.share(hit, np.repeat(np.array(list("abcdefghij"), dtype=object), 10))
    assert one_big is not None
    assert equal is not None
    assert one_big["high"] > equal["high"] > 0
    assert metrics.share(np.zeros(0), np.zeros(0, dtype=object)) is None
