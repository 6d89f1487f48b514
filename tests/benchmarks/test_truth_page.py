"""What the page on the simulated company says of the distance between a model and the truth."""

from typing import Any

import numpy as np
import pytest

from benchmarks import truth, truth_page
from benchmarks.recovered import DRIVES, recovered
from features.simulator.causes import CAUSES
from tests.builders.frames import learnable

RUNGS = {
    "truth": 0.0,
    "states_truth": 0.001,
    "states": 0.007,
    "records": 0.014,
    "whole_development": 0.0255,
    "model": 0.028,
}


def rungs() -> dict[str, Any]:
    return {
        name: {"auc": {"value": 0.87 - behind}, "auc_behind": {"value": behind}}
        for name, behind in RUNGS.items()
    }


def test_the_parts_of_the_distance_add_up_to_it() -> None:
    far = truth.distance(rungs(), "auc")
    parts = [far[name] for name in ("peculiar", "hidden", "luck", "kept_back")]
    assert sum(parts) == pytest.approx(far["all"])
    assert parts == pytest.approx([0.001, 0.013, 0.0115, 0.0025])


def test_the_page_says_which_share_of_the_distance_is_noise() -> None:
    far = truth.distance(rungs(), "auc")
    told = {"rungs": rungs(), "distance": {"auc": far, "log_loss": far}, "recovered": {}}
    said = truth_page.how_to_read(told)
    assert "truth 0.8700, model given the states 0.8630, model given the features 0.8420" in said
    assert "25% of the last one's distance is noise" in said
    assert "what the features do not show of the hidden states | 0.0130 |" in said


def test_the_page_tells_the_figures_from_before_and_how_near_the_filter_comes_now() -> None:
    one = {"scale": 3.0, "seed": 7, "events_a_week": 69.0, "auc_behind": 0.004}
    two = one | {"seed": 11, "auc_behind": 0.002}
    found = [run | {"log_loss_behind": 0.0011} for run in (one, two)]
    said = truth_page.chosen({"accounts": 2000, "years": 6, "found": found})
    assert "accounts over 6 years that write 23 events a week\neach" in said
    assert ".0214 behind\nin AUC and .0084 in log loss, and both bars were missed" in said
    assert "| × 3 | 69 | 0.0030 (0.0040, 0.0020) | 0.0011 |" in said


def test_a_hazard_that_a_feature_shows_is_recovered_and_one_that_none_shows_is_not() -> None:
    rows = learnable(accounts=300, dates=4)
    telling = [feature.name for feature in rows.features].index("noise_28d")
    shown = (rows.matrix[:, telling] > 0.0).astype(float)
    unseen = np.random.default_rng(3).integers(0, 2, len(rows)).astype(float)
    worst = np.array([np.argmax(cause.rates) for cause in CAUSES], dtype=float)
    assert all(max(cause.rates) >= DRIVES for cause in CAUSES)
    states = shown[:, None] * worst
    support = [cause.code for cause in CAUSES].index("support")
    states[:, support] = unseen * worst[support]
    test = rows.as_of == rows.as_of.max()
    found = recovered(rows, states, ~test, test)
    assert found["champion"]["r2"] > 0.8
    assert found["champion"]["auc"] > 0.95
    assert found["champion"]["features"][0] == "noise_28d"
    assert found["support"]["r2"] < 0.2
