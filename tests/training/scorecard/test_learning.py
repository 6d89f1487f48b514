import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.settings import Bands
from tests.builders.scorecards import FEATURES, card, indicator, one, scorecard, table, words
from training import metrics
from training.scorecard import Past, Scorecard, diff, gain, judged, learn, level, score

NAMES = ("logins", "breadth", "silence", "tickets")
FOUR = one(
    *(indicator(name, weight=25) for name in NAMES[:3]),
    indicator("tickets", weight=25, bounded={"none_at": 10, "all_at": 0}),
)


def company(
    rows: int, seed: int = 1, rate: float = -2.0
) -> tuple[pa.Table, npt.NDArray[np.float64]]:
    """Return accounts who leave when logins are few and tickets many; the rest is noise."""
    rng = np.random.default_rng(seed)
    columns = {name: rng.uniform(0, 10, rows) for name in NAMES}
    log_odds = rate - 0.6 * (columns["logins"] - 5) + 0.2 * (columns["tickets"] - 5)
    churned = (rng.random(rows) < 1 / (1 + np.exp(-log_odds))).astype(float)
    return table(400.0, **{k: v.tolist() for k, v in columns.items()}), churned


def weights(made: Scorecard) -> list[float]:
    return [i.weight for i in made.card[0].weighted]


def test_many_leavers_move_the_points_to_what_told_them_from_stayers() -> None:
    rows, churned = company(4000)
    learned = weights(learn(FOUR, rows, FEATURES, churned, 20))
    assert sum(learned) == 100
    assert learned[0] == pytest.approx(75, abs=6)
    assert learned[3] == pytest.approx(25, abs=6)
    assert max(learned[1:3]) <= 3


def test_without_a_leaver_the_card_is_the_very_same() -> None:
    rows, churned = company(200)
    assert learn(FOUR, rows, FEATURES, np.zeros_like(churned)) == FOUR
    assert learn(FOUR, rows, FEATURES, np.ones_like(churned)) == FOUR
    assert learn(FOUR, rows, FEATURES, np.full_like(churned, np.nan)) == FOUR


def test_few_leavers_hardly_move_it_and_more_move_it_more() -> None:
    moved = []
    for count in (2, 20, 200, 1200):
        rows, churned = company(4000)
        keep = np.cumsum(churned) <= count
        learned = learn(FOUR, rows.filter(pa.array(keep)), FEATURES, churned[keep], 50)
        moved.append(abs(weights(learned)[0] - 25))
    assert moved[0] <= 3
    assert moved == sorted(moved)
    assert moved[-1] > 30


def test_a_strong_prior_keeps_the_given_weights_and_none_lets_history_decide() -> None:
    rows, churned = company(2000)
    assert learn(FOUR, rows, FEATURES, churned, 1e7) == FOUR
    assert weights(learn(FOUR, rows, FEATURES, churned, 0))[0] > 65


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.0, 5.0, 100.0]))
def test_learned_weights_are_whole_never_negative_and_sum_to_100(
    seed: int, strength: float
) -> None:
    rows, churned = company(120, seed)
    learned = weights(learn(FOUR, rows, FEATURES, churned, strength))
    assert sum(learned) == 100
    assert all(weight >= 0 and weight == int(weight) for weight in learned)


def test_rows_of_one_account_count_as_one_leaver() -> None:
    rows, churned = company(300)
    often = pa.concat_tables([rows] * 3)
    once = learn(FOUR, rows, FEATURES, churned, 50)
    thrice = learn(FOUR, often, FEATURES, np.tile(churned, 3), 50)
    assert weights(once) == weights(thrice)


def test_each_card_learns_from_its_own_accounts_only() -> None:
    new = card(*(indicator(n, weight=50) for n in NAMES[:2]), code="new",
               when={"tenure_below_days": 90})  # fmt: skip
    both = scorecard(new, FOUR.card[0].model_copy(update={"code": "rest"}).model_dump())
    rows, churned = company(1500)
    learned = learn(both, rows, FEATURES, churned, 20)
    assert learned.card[0] == both.card[0]
    assert weights(Scorecard(title=both.title, card=(learned.card[1],)))[0] > 50


def test_bonus_veto_and_rules_are_not_touched_and_missing_values_do_no_harm() -> None:
    made = one(
        *(indicator(name, weight=25) for name in NAMES),
        indicator("tone", bonus={"at_least": 1, "points": 5}),
        indicator("overdue", veto={"at_least": 9, "at_most": 10, "reason": words("unpaid")}),
    )
    rows, churned = company(800)
    holes = np.random.default_rng(0).random(800) < 0.3
    logins = pa.array(rows["logins"].to_numpy(), mask=holes)
    rows = rows.set_column(rows.column_names.index("logins"), "logins", logins)
    changes = diff(made, learn(made, rows, FEATURES, churned, 10))
    assert {change.key for change in changes} == {"weight"}


def test_the_learned_card_is_better_on_later_accounts_and_the_gain_says_by_how_much() -> None:
    seen, unseen = (_past(1500, seed) for seed in (1, 2))
    learned = learn(FOUR, seen.table, FEATURES, seen.churned, 20)
    levels = (level(FOUR, seen), level(learned, seen))
    before, after = (
        judged(made, at, unseen, Bands(), 1)
        for made, at in zip((FOUR, learned), levels, strict=True)
    )
    step = gain(FOUR, learned, levels, unseen, 1)
    health = score(learned, unseen.table, FEATURES).health_score
    auc = metrics.auc(unseen.churned, -health, np.ones(len(health)))
    assert after["whole"]["auc"]["value"] == pytest.approx(auc)
    assert step["auc"]["value"] == pytest.approx(auc - before["whole"]["auc"]["value"])
    assert step["auc"]["low"] > 0 > step["log_loss"]["high"]
    assert before["whole"]["churns"] == unseen.churned.sum() == after["whole"]["churns"]
    red = health <= 50
    assert after["whole"]["recall_red"]["value"] == pytest.approx(
        unseen.churned[red].sum() / unseen.churned.sum()
    )


def test_with_too_few_leavers_nothing_is_said_of_how_well_they_were_told_apart() -> None:
    none = Past(_past(50, 3).table, FEATURES, np.zeros(50))
    figures = judged(FOUR, level(FOUR, none), none, Bands(), 1)["whole"]
    assert figures["auc"] is None
    assert figures["recall_red"] is None
    assert (figures["rows"], figures["churns"]) == (50, 0)
    levels = (level(FOUR, none), level(FOUR, none))
    assert gain(FOUR, FOUR, levels, none, 1) == {"auc": None, "log_loss": None}


def test_the_shares_of_a_history_seen_weekly_are_no_surer_than_of_one_seen_once() -> None:
    once = _past(200, 4)
    weekly = Past(pa.concat_tables([once.table] * 8), FEATURES, np.tile(once.churned, 8))
    at = level(FOUR, once)
    narrow, wide = (judged(FOUR, at, past, Bands(), 1)["whole"] for past in (weekly, once))
    for name in ("recall_red", "precision_red"):
        assert narrow[name] == pytest.approx(wide[name])


def _past(rows: int, seed: int) -> Past:
    made, churned = company(rows, seed)
    return Past(made, FEATURES, churned)
