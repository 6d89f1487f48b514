"""Challenger beside champion and scorecard: the same rows, later than both were trained."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from features.errors import KenshinError
from features.settings import Churn, Settings
from tests.builders.frames import FEATURES, learnable
from training import contest, metrics
from training.bundle import Bundle
from training.checks import Contest, NoContest, beats_champion
from training.frames import Frame, encode, frame

TEST = learnable(accounts=300, dates=6)
SETTINGS = Settings(churn=Churn(horizon_days=30))
HONEST = np.clip(1 / (1 + np.exp(1.5 + 1.5 * np.nan_to_num(TEST.matrix[:, 0]))), 0.01, 0.99)
BLURRED = np.full(len(TEST), TEST.churned.mean())


@dataclass(frozen=True)
class Rival:
    """A champion that says the base rate of everybody."""

    version: str = "v4"
    last: str | None = "2025-01-01"
    horizon: int = 30
    known: bool = True
    rows: int = 900

    @property
    def evaluation(self) -> dict[str, Any]:
        train = {"to": self.last, "rows": self.rows}
        return {"horizon_days": self.horizon, "lead_days": 0, "train": train, "calibration": None}

    def encode(self, table: object) -> np.ndarray:
        rows = encode(cast(Any, table), FEATURES, TEST.categories)
        np.testing.assert_array_equal(rows.shape[1], len(FEATURES))
        if not self.known:
            raise KenshinError("a column 'gone' in the snapshot", "none", "Build it.")
        return rows

    def score(self, matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        p = np.full(len(matrix), 0.3)
        return p, 100 - 100 * p


@dataclass(frozen=True)
class Card(Rival):
    """A scorecard that withholds a third of the accounts; as given it tells no probability."""

    learned: bool = True
    withholds: float = 1 / 3

    def score(self, matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        points = np.where(np.arange(len(matrix)) < self.withholds * len(matrix), np.nan, 50.0)
        chance = np.where(np.isnan(points), np.nan, 0.3 if self.learned else np.nan)
        return chance, points


def held(rival: Rival | NoContest, test: Frame = TEST) -> Contest | NoContest:
    p = HONEST if len(test) == len(TEST) else HONEST[: len(test)]
    return contest.against_champion(cast(Bundle, rival), test, p, SETTINGS)


def test_only_rows_later_than_the_last_label_the_champion_learned_from_count() -> None:
    found = held(Rival(last="2025-02-15"))
    assert isinstance(found, Contest)
    settled = np.datetime64("2025-02-15") + np.timedelta64(30, "D")
    assert found.rows == int((TEST.as_of >= settled).sum())
    assert (found.first, found.last) == ("2025-04-01", "2025-05-31")
    assert found.gain["low"] > 0


def test_a_date_on_which_the_last_label_has_just_settled_counts() -> None:
    first = TEST.as_of.min().astype("datetime64[D]")
    found = held(Rival(last=str(first)))
    assert isinstance(found, Contest)
    assert found.first == str(first + np.timedelta64(30, "D"))


@pytest.mark.parametrize(
    ("rival", "said"),
    [
        (Rival(last="2025-05-20"), "0 leavers among 0 rows"),
        (Rival(horizon=90), "predicts 90 days"),
        (Rival(known=False), "cannot be computed from the present tables"),
        (Rival(last=None), "does not say up to when it was trained"),
    ],
    ids=["nothing later", "another horizon", "stale", "unknown training"],
)
def test_without_a_fair_comparison_there_is_none_and_it_says_why(rival: Rival, said: str) -> None:
    found = held(rival)
    assert isinstance(found, NoContest)
    assert said in found.why.en
    assert not found.why.ja.isascii()


def test_rows_without_dates_have_none_that_is_later() -> None:
    undated = replace(TEST, as_of=np.full(len(TEST), np.datetime64("NaT", "us")))
    found = held(Rival(), undated)
    assert isinstance(found, NoContest)
    assert "no dates" in found.why.en


def test_a_champion_that_was_never_fitted_is_held_against_on_every_row() -> None:
    found = held(Rival(last=None, rows=0))
    assert isinstance(found, Contest)
    assert found.rows == len(TEST)


def test_a_scorecard_as_given_is_held_against_on_every_row_whatever_period_judged_it() -> None:
    found = held(Card(last="2025-05-20", rows=0, learned=False, withholds=0.0))
    assert isinstance(found, Contest)
    assert (found.rows, found.log_loss_gain) == (len(TEST), None)
    assert beats_champion(found, "better").result == "passed"


def test_a_scorecard_is_held_against_on_the_rows_it_gives_a_score_to() -> None:
    found = held(Card())
    assert isinstance(found, Contest)
    later = np.flatnonzero(TEST.as_of >= np.datetime64("2025-01-31"))
    scored = later[int(np.ceil(len(later) / 3)) :]
    assert (found.rows, found.churns) == (len(scored), int(TEST.churned[scored].sum()))
    gain = metrics.log_loss_gain(
        TEST.churned[scored], HONEST[scored], np.full(len(scored), 0.3), TEST.account_ids[scored], 1
    )
    assert found.log_loss_gain is not None
    assert found.log_loss_gain["value"] == pytest.approx(gain["value"])
    assert found.auc_gain["low"] > 0.1


def test_a_scorecard_that_withholds_every_account_is_no_contest() -> None:
    found = held(Card(withholds=1.0))
    assert isinstance(found, NoContest)
    assert "0 leavers among 0 rows that it scores" in found.why.en


def test_no_champion_and_a_damaged_one_are_no_contest(tmp_path: Path) -> None:
    settings = Settings(root=tmp_path)
    none = contest.champion(settings)
    assert isinstance(none, NoContest)
    folder = tmp_path / ".kenshin" / "bundles"
    (folder / "v1").mkdir(parents=True)
    (folder / "champion.json").write_text('{"version": "v1"}', encoding="utf-8")
    damaged = contest.champion(settings)
    assert isinstance(damaged, NoContest)
    assert "cannot be read" in damaged.why.en
    assert held(damaged) is damaged


def test_a_frame_goes_back_to_the_table_it_came_from() -> None:
    again = frame(contest.table(TEST), FEATURES, categories=TEST.categories)
    np.testing.assert_array_equal(again.matrix, TEST.matrix)
    np.testing.assert_array_equal(again.as_of, TEST.as_of)
    assert again.facts.equals(TEST.facts)


def test_paired_resamples_find_a_difference_that_single_intervals_would_blur() -> None:
    slightly = np.clip(HONEST + np.where(TEST.churned > 0, 0.01, -0.01), 0.01, 0.99)
    gain = metrics.log_loss_gain(TEST.churned, slightly, HONEST, TEST.account_ids, seed=1)
    alone = metrics.measured(TEST.churned, slightly, TEST.account_ids, 1)["log_loss"]
    assert gain["low"] > 0
    assert gain["high"] - gain["low"] < 0.2 * (alone["high"] - alone["low"])


def test_the_order_is_all_that_counts_for_the_gain_in_auc() -> None:
    p, accounts = HONEST, TEST.account_ids
    same = metrics.auc_gain(TEST.churned, p, -(100 - 100 * p), accounts, seed=1)
    assert same == {"value": 0.0, "low": 0.0, "high": 0.0}
    gain = metrics.auc_gain(TEST.churned, p, BLURRED, accounts, seed=1)
    assert gain["low"] > 0.1
