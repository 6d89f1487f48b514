"""What the page on small data says ships is what the rule would ship."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import small_data
from features.settings import Settings, Training
from tests.builders.frames import learnable
from training import carded, metrics, model
from training.frames import Frame
from training.recipe import proposed
from training.scorecard import parse

SETTINGS = Settings(root=Path("/nowhere"), training=Training(folds=3))
CARD = """
title = { ja = "見本", en = "Sample" }
[[card]]
code = "all"
title = { ja = "全社", en = "Everyone" }
success = { ja = "使っている", en = "Uses it" }
[[card.indicator]]
feature = "FEATURE"
weight = 100
bounded = { none_at = -2, all_at = 2 }
"""


@pytest.fixture(scope="module")
def history() -> Frame:
    return learnable(accounts=200, dates=3)


def drawn(
    history: Frame,
    feature: str,
    monkeypatch: pytest.MonkeyPatch,
    leavers: int,
    later: Frame | None = None,
) -> small_data.Draw:
    card = parse(CARD.replace("FEATURE", feature))
    monkeypatch.setattr(carded, "given", lambda features, settings: card)
    rows = small_data.drawn(history, leavers, 1)
    unseen = history if later is None else later
    return small_data.one(rows, unseen, unseen, SETTINGS)


def test_a_card_that_tells_nothing_ships_no_score_where_the_model_may_not(
    history: Frame, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(3)
    noise, later = (
        replace(rows, churned=rng.permutation(rows.churned))
        for rows in (history, learnable(accounts=200, dates=3, seed=2))
    )
    refused = {"value": -0.1, "low": -0.2, "high": 0.0}
    monkeypatch.setattr(metrics, "log_loss_gain", lambda *given: refused)
    found = drawn(noise, "noise_28d", monkeypatch, 80, later)
    assert set(found.ways) == {"prior card", "learned card", "model alone"}
    assert (found.left, found.ships) == (80, small_data.NO_SCORE)


def test_a_card_that_tells_something_ships(history: Frame, monkeypatch: pytest.MonkeyPatch) -> None:
    assert drawn(history, "logins_28d", monkeypatch, 30).ships == "learned card"


def test_a_smaller_company_keeps_the_share_that_left() -> None:
    rows = learnable(accounts=600, dates=3)
    names = rows.account_ids.astype(str)
    left = set(names[rows.churned > 0])
    share = len(left) / len(set(names))
    for count in (10, 50, 200):
        kept = small_data.drawn(rows, count, 1)
        there = set(kept.account_ids.astype(str))
        assert len(there & left) == count
        assert count / len(there) == pytest.approx(share, abs=0.02)
    nobody = small_data.drawn(rows, 0, 1)
    assert set(nobody.account_ids.astype(str)) == set(names) - left
    assert nobody.churned.sum() == 0


def test_at_no_number_of_leavers_is_what_ships_worse_than_the_card_as_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The learning curve of the page, on rows whose truth a card of half noise tells in part."""
    half = CARD.replace("weight = 100", "weight = 50")
    noise = half[half.index("[[card.indicator]]") :].replace("FEATURE", "noise_28d")
    card = parse(half.replace("FEATURE", "logins_28d") + noise)
    monkeypatch.setattr(carded, "given", lambda features, settings: card)
    history = learnable(accounts=700, dates=4)
    decide, judge = (learnable(accounts=500, dates=2, seed=seed) for seed in (8, 9))
    lines = []
    for count in small_data.COUNTS:
        draws = [
            small_data.one(small_data.drawn(history, count, n), decide, judge, SETTINGS)
            for n in (1, 2)
        ]
        lines.append(small_data._line(count, draws, judge, SETTINGS))
    assert [line["count"] for line in lines] == [0, 10, 20, 50, 200]
    assert [line["worse"] for line in lines] == [0, 0, 0, 0, 0]
    assert lines[0]["ships"] == ["prior card"] * 2
    assert lines[1]["ships"] == lines[2]["ships"] == ["learned card"] * 2
    assert "model alone" in lines[4]["ships"]
    assert all(gain["low"] > 0 for gain in lines[4]["gains"])


def test_the_model_is_fitted_by_the_recipe_a_training_proposes(
    history: Frame, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[Any, ...]] = []
    fit = model.fit

    def watched(*given: Any) -> model.Bag:  # noqa: ANN401
        seen.append(given[4:])
        return fit(*given)

    monkeypatch.setattr(model, "fit", watched)
    drawn(history, "logins_28d", monkeypatch, 30)
    recipe = proposed(len(history))
    assert seen == [(recipe.repeats, recipe.parameters)]


def test_a_line_without_a_score_says_so_and_claims_no_gain(history: Frame) -> None:
    risk = np.linspace(0.1, 0.9, len(history))
    ways = {
        "prior card": small_data.Said(risk, None),
        "learned card": small_data.Said(risk, risk),
        "model alone": small_data.Said(risk, risk),
    }
    draw = small_data.Draw(50, ways, small_data.NO_SCORE)
    line = small_data._line(50, [draw, draw], history, SETTINGS)
    assert line["worse"] == 0
    said = small_data.page({"A company": [line]}, 2, 1.0)
    assert "| **–** | 2 × no score | – |" in said
    mixed = [draw, replace(draw, ships="learned card")]
    half = small_data._line(50, mixed, history, SETTINGS)
    assert len(half["gains"]) == 1
    assert "1 × no score, 1 × learned card | +0.000" in small_data.page({"A": [half]}, 2, 1.0)
