"""Which serves, scorecard or model, follows from how many have left and from what they tell."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from features.settings import Settings, Training
from tests.builders import release
from tests.builders.frames import FEATURES, learnable, snapshot_table
from training import card_evaluation, carded, frames, small
from training.checks import Contest, NoContest, beats_scorecard
from training.frames import Frame
from training.intervals import wilson
from training.scorecard import Scorecard, parse

CARD = """
title = { ja = "見本", en = "Sample" }
[[card]]
code = "all"
title = { ja = "全社", en = "Everyone" }
success = { ja = "使っている", en = "Uses it" }
[[card.indicator]]
feature = "logins_28d"
weight = 50
bounded = { none_at = -2, all_at = 2 }
[[card.indicator]]
feature = "noise_28d"
weight = 50
bounded = { none_at = -2, all_at = 2 }
"""


def card() -> Scorecard:
    return parse(CARD)


def settings(**given: Any) -> Settings:  # noqa: ANN401
    return Settings(root=Path("/nowhere"), training=Training(folds=3, **given))


def with_leavers(rows: Frame, count: int) -> Frame:
    """Return the frame in which only the first so many accounts that leave do so."""
    left = sorted(set(rows.account_ids[rows.churned > 0].astype(str)))
    kept = np.isin(rows.account_ids.astype(str), left[:count])
    return replace(rows, churned=np.where(kept, rows.churned, 0.0))


@pytest.fixture(scope="module")
def history() -> Frame:
    return learnable(accounts=200, dates=3)


@pytest.mark.parametrize("leavers", [0, 9])
def test_below_the_floor_nothing_is_learned_and_no_probability_told(
    history: Frame, leavers: int
) -> None:
    rows = with_leavers(history, leavers)
    fitted = carded.fit(card(), rows, settings())
    assert fitted.stage == "prior"
    assert fitted.leavers == leavers
    assert fitted.reading.scorecard.version == card().version
    assert np.isnan(fitted.chance).all()
    assert small.says_something(fitted, rows, settings())
    assert "a prior, not yet learned" in small.why(fitted, rows, settings()).en


def test_from_the_floor_on_points_have_a_worth_and_the_range_is_said(history: Frame) -> None:
    rows = with_leavers(history, 31)
    fitted = carded.fit(card(), rows, settings())
    assert fitted.stage == "learned"
    assert fitted.scale is not None
    assert 0 < fitted.scale.p80 < fitted.scale.p50 < 1
    said = small.why(fitted, rows, settings())
    assert "31 accounts that left" in said.en
    assert "解約31社" in said.ja
    assert "A model is tried from 50 on" in said.en


@pytest.mark.parametrize(
    ("stayers", "en", "ja"),
    [
        (0, "and none has stayed; it learns from 10 that stayed, ", "継続した会社はありません。"),
        (9, "and only 9 stayed; it learns from 10 that stayed, ", "継続は9社です。継続10社から"),
        (20, " A model is tried from 50 that stayed.", "継続50社からモデルを試します。"),
    ],
)
def test_where_too_few_stayed_it_is_they_that_are_counted(
    stayers: int, en: str, ja: str, history: Frame
) -> None:
    stayed = np.unique(history.account_ids.astype(str))[:stayers]
    churned = np.where(np.isin(history.account_ids.astype(str), stayed), 0.0, 1.0)
    rows = replace(history, churned=churned)
    said = small.why(carded.fit(card(), rows, settings()), rows, settings())
    assert en in said.en
    assert ja in said.ja


def test_learned_weights_serve_only_where_they_tell_unseen_accounts_apart_better(
    history: Frame,
) -> None:
    told = carded.fit(card(), history, settings())
    assert told.weights_learned, "noise has half of the given weight"
    shares = told.reading.scorecard.card[0].shares_of_100
    assert shares["logins_28d"] > shares["noise_28d"]
    random = np.random.default_rng(3).permutation(history.churned)
    luck = replace(history, churned=random)
    assert not carded.fit(card(), luck, settings()).weights_learned


def test_the_score_of_a_row_comes_from_cards_that_saw_no_row_of_its_account(
    history: Frame,
) -> None:
    fitted = carded.fit(card(), history, settings())
    account = history.account_ids.astype(str) == str(history.account_ids[0])
    other = replace(history, churned=np.where(account, 1 - history.churned, history.churned))
    again = carded.fit(card(), other, settings())
    np.testing.assert_array_equal(fitted.score[account], again.score[account])
    np.testing.assert_allclose(fitted.chance[account], again.chance[account], rtol=0.05)


def test_enough_churns_can_refute_a_scorecard_and_few_cannot(history: Frame) -> None:
    random = np.random.default_rng(4).permutation(history.churned)
    luck = replace(history, churned=random)
    fitted = carded.fit(card(), luck, settings())
    assert not small.says_something(fitted, luck, settings())
    said = small.nothing_to_tell(fitted, luck, settings())
    assert "does not tell them apart either" in said.en
    assert "見分けられない" in said.ja
    few = settings(minimum_churns=10_000)
    assert small.says_something(carded.fit(card(), luck, few), luck, few)


def test_few_churns_refute_a_scorecard_that_is_upside_down(history: Frame) -> None:
    turned = replace(history, matrix=history.matrix * np.array([-1.0, 1.0, 1.0, 1.0]))
    few = settings(minimum_churns=10_000)
    only = parse(CARD.partition('[[card.indicator]]\nfeature = "noise')[0])
    fitted = carded.fit(only, turned, few)
    auc = card_evaluation.measured(fitted, turned, 1)["auc"]
    assert auc["high"] < 0.5
    assert not small.says_something(fitted, turned, few)


def test_a_company_without_a_card_has_no_contest() -> None:
    assert carded.given(FEATURES, settings()) is None
    assert isinstance(small.against(None, None, settings(), None), NoContest)  # type: ignore[arg-type]


@pytest.mark.parametrize("feature", ["noise_28d", "logins_28d"])
def test_only_a_card_that_could_serve_holds_a_model_back_that_is_not_surely_better(
    feature: str,
) -> None:
    head, _, _ = CARD.partition("[[card.indicator]]")
    only = f'{head}[[card.indicator]]\nfeature = "{feature}"\nweight = 100\n'
    given = parse(only + "bounded = { none_at = -2, all_at = 2 }\n")
    judged = release.small(learnable(accounts=300, dates=4))
    known = judged.development
    assert isinstance(small.against(given, judged, settings(), known), Contest), "surely better"
    constant = np.full(len(judged.test), judged.development.churned.mean())
    held = small.against(given, replace(judged, probability=constant), settings(), known)
    if feature == "logins_28d":
        assert isinstance(held, Contest)
        assert beats_scorecard(held).result == "failed"
    else:
        assert isinstance(held, NoContest)
        assert "could not serve in its place" in held.why.en
        assert beats_scorecard(held).result == "not applicable"


def test_whether_the_card_could_serve_is_asked_of_all_rows_it_would_learn_from() -> None:
    head, _, _ = CARD.partition("[[card.indicator]]")
    only = f'{head}[[card.indicator]]\nfeature = "logins_28d"\nweight = 100\n'
    given = parse(only + "bounded = { none_at = -2, all_at = 2 }\n")
    judged = release.small(learnable(accounts=300, dates=4))
    known = judged.development
    dealt = np.random.default_rng(3).permutation(known.churned)
    judged = replace(
        judged,
        development=replace(known, churned=dealt),
        probability=np.full(len(judged.test), known.churned.mean()),
    )
    assert isinstance(small.against(given, judged, settings(), known), Contest)
    assert isinstance(small.against(given, judged, settings(), judged.development), NoContest)


def test_an_empty_history_is_a_prior() -> None:
    table, labels = snapshot_table(accounts=20, dates=1)
    nothing = frames.frame(table, FEATURES, labels.slice(0, 0), known=True)
    assert len(nothing) == 0
    assert small.too_few(nothing, settings())
    fitted = carded.fit(card(), nothing, settings())
    assert fitted.stage == "prior"
    document = card_evaluation.document(
        fitted, nothing, settings(), small.why(fitted, nothing, settings())
    )
    assert document["metrics"]["auc"]["value"] is None
    assert document["test"]["rows"] == 0


def test_the_range_of_the_reds_is_no_narrower_for_a_history_seen_more_often(
    history: Frame,
) -> None:
    accounts = len(set(history.account_ids.astype(str)))
    red = card_evaluation.reds(history, np.full(len(history), 10.0), 50.0)
    low, high = red["interval"]
    assert red["rows"] == len(history) > accounts
    counted = wilson(red["churns"] / len(history) * accounts, accounts)
    assert (low, high) == pytest.approx(tuple(map(float, counted)))
    nobody = card_evaluation.reds(history, np.full(len(history), 90.0), 50.0)
    assert nobody == {"rows": 0, "churns": 0, "interval": [0.0, 1.0]}
