"""When no score is given: each rule fires, is silent, and does not apply."""

import json
from dataclasses import replace

import lightgbm as lgb
import numpy as np
import pytest

from features.catalog import Feature
from features.settings import Settings
from features.withhold_settings import WithholdSettings
from tests.builders.frames import feature, learnable
from training import model, novelty, withholding
from training.frames import Frame
from training.withholding import Withholding

NAMES = ("use_7d", "use_28d", "use_90d", "tenure_months", "days_since_last_event")
FEATURES: tuple[Feature, ...] = tuple(
    replace(feature(name), calendar=name == "tenure_months") for name in NAMES
)
READ = NAMES[:3]


def rows(accounts: int = 600, dates: int = 4, seed: int = 5) -> Frame:
    """Return accounts of very different sizes whose windows hang together."""
    rng = np.random.default_rng(seed)
    size = np.repeat(rng.lognormal(3, 1, accounts), dates)
    n = len(size)
    week = size * rng.lognormal(0, 0.3, n)
    month = week + 3 * size * rng.lognormal(0, 0.2, n)
    matrix = np.column_stack(
        [week, month, month + 9 * size, rng.uniform(1, 60, n), rng.integers(0, 9, n)]
    )
    base = learnable(accounts=accounts, dates=dates)
    ids = np.array([f"A{k:04d}" for k in np.repeat(np.arange(accounts), dates)], dtype=object)
    return replace(base, matrix=matrix, features=FEATURES, categories={}, account_ids=ids)


SEEN = novelty.learn(rows(), READ, share=0.01, seed=1)
RULES = Withholding(7, SEEN)


def test_at_most_the_stated_share_of_ordinary_accounts_is_unlike_any() -> None:
    shares = [float(SEEN.unlike(FEATURES, rows(seed=seed).matrix).mean()) for seed in range(20, 30)]
    assert np.mean(shares) <= 0.015  # 0.01 on average over draws of what was seen
    assert max(shares) < 0.03


@pytest.mark.parametrize("factor", [30, 1000])
def test_a_value_beyond_every_range_is_found(factor: float) -> None:
    outliers = rows(seed=31).matrix[:200].copy()
    outliers[:, 1] *= factor
    assert SEEN.unlike(FEATURES, outliers).mean() > 0.8


def test_a_mixture_nobody_had_is_found_though_each_value_is_ordinary() -> None:
    ordinary = rows(seed=32).matrix
    small, large = ordinary[:, 1] < 60, ordinary[:, 1] > 300
    mixed = ordinary[small][:50].copy()
    mixed[:, 0] = ordinary[large][:50, 0]
    assert not SEEN.unlike(FEATURES, ordinary[small][:50]).any()
    assert SEEN.unlike(FEATURES, mixed).mean() > 0.8


def test_missing_values_features_that_nothing_reads_and_passing_time_are_not_unlike() -> None:
    given = rows(seed=33).matrix[:50].copy()
    given[:, :3] = np.nan
    given[:, 3] = 5000.0
    given[:, 4] = 1e9
    assert not SEEN.unlike(FEATURES, given).any()


def test_nobody_is_unlike_where_too_few_rows_tell_or_it_is_switched_off() -> None:
    outlier = np.full((1, 5), 1e12)
    few = novelty.learn(rows(accounts=20, dates=1), READ, share=0.01, seed=1)
    off = novelty.learn(rows(accounts=50), READ, share=0.0, seed=1)
    nothing = novelty.learn(rows(accounts=50), (), share=0.01, seed=1)
    for seen in (few, off, nothing):
        assert not seen.unlike(FEATURES, outlier).any()


def test_what_was_written_says_the_same_again() -> None:
    again = withholding.read(json.loads(json.dumps(RULES.json())))
    given = np.vstack([rows(seed=34).matrix, rows(seed=35).matrix * 40])
    assert again.reasons(FEATURES, given) == RULES.reasons(FEATURES, given)


def test_an_account_is_too_young_before_its_first_days_are_over_and_not_on_them() -> None:
    given = rows(seed=36).matrix[:3].copy()
    given[:, 3] = np.array([6, 7, 8]) / withholding.DAYS_IN_MONTH
    assert [why == "too_young" for why in RULES.reasons(FEATURES, given)] == [True, False, False]


def test_who_was_never_heard_of_has_no_row_in_any_table_that_exists() -> None:
    given = rows(seed=37).matrix[:3].copy()
    given[0, 4] = np.nan
    given[1, 3:] = np.nan  # given values without an age: not asked
    assert RULES.reasons(FEATURES, given)[:2] == ["never_heard_of", None]
    flat = FEATURES[:3]
    assert Withholding(7, SEEN).reasons(flat, given[:, :3]) == [None] * 3


def test_the_rules_are_learned_from_what_the_trees_read_and_judged_on_the_test() -> None:
    frame = learnable(accounts=300, dates=6)
    bag = model.fit(frame, folds=2, seed=1, threads=1)
    asked = Settings(withhold=WithholdSettings(unlike_share=0.02, youngest_days=10))
    rules = withholding.learn(frame, lgb.Booster(model_str=bag.text), asked)
    assert "logins_28d" in rules.novelty.names
    assert "plan_type" not in rules.novelty.names
    told = withholding.document(rules, learnable(accounts=300, dates=6, seed=9))
    assert told["rows"] == 1800
    assert told["withheld"] == sum(told["by_reason"].values())
    assert told["share"] < 0.05
    assert (told["youngest_days"], told["unlike_share"]) == (10, 0.02)
