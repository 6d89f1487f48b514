import numpy as np
import pyarrow as pa
import pytest

from serving.drift.shift import score_shift
from tests.builders.drift import chances_of, judged, profile_of, world


@pytest.mark.parametrize(("before", "now"), [(1_001, 500), (5_000, 1_000), (20_000, 5_000)])
def test_without_change_at_most_one_feature_in_a_hundred_is_flagged(before: int, now: int) -> None:
    flagged = tested = 0
    for seed in range(20):
        found = judged(world(2 * seed, before, normal=8), world(2 * seed + 1, now, normal=8))
        assert found.word in ("ok", "watch")
        flagged += sum(shift.drifted for shift in found.features)
        tested += sum(shift.judged for shift in found.features)
    assert tested > 300
    assert flagged <= tested / 100


def test_without_change_the_verdict_is_ok() -> None:
    words = [judged(world(s, 3_000), world(s + 100, 2_000)).word for s in range(10)]
    assert words.count("ok") >= 9


@pytest.mark.parametrize("rows", [1_000, 20_000])
def test_a_shift_of_a_fifth_of_a_deviation_in_a_tenth_of_the_features_is_found(rows: int) -> None:
    before, now = world(1, rows, normal=100), world(2, rows, normal=100)
    planted = {f"normal_{i}" for i in range(10)}
    for name in planted:
        now[name] = now[name] + 2.0  # 0.2 of 10
    found = {shift.feature for shift in judged(before, now).features if shift.drifted}
    assert len(found & planted) >= 8
    assert len(found - planted) <= 1


def test_a_shift_too_small_to_matter_is_not_flagged_however_many_rows() -> None:
    before, now = world(1, 50_000, normal=20), world(2, 50_000, normal=20)
    for i in range(20):
        now[f"normal_{i}"] = now[f"normal_{i}"] + 0.3  # 0.03 of 10
    found = judged(before, now)
    assert not [shift.feature for shift in found.features if shift.drifted]
    assert min(shift.q_value or 1 for shift in found.features) < 0.01  # significant, immaterial


def test_a_changed_mix_of_plans_is_found() -> None:
    before, now = world(1, 5_000), world(2, 1_000)
    now["plan"] = ["pro"] * 600 + ["basic"] * 300 + ["team"] * 100
    found = {shift.feature: shift for shift in judged(before, now).features}
    assert found["plan"].drifted
    assert (found["plan"].before, found["plan"].now) == ("basic", "pro")


def test_fewer_than_500_values_are_not_judged() -> None:
    found = judged(world(1, 5_000), world(2, 499))
    assert not any(shift.judged for shift in found.features)
    assert any("Too few rows" in sentence.en for sentence in found.sentences)


def test_a_feature_half_missing_is_judged_by_the_values_it_has() -> None:
    found = {shift.feature: shift for shift in judged(world(1, 5_000), world(2, 900)).features}
    assert not found["rating"].judged
    assert found["rating"].rows < 500
    assert found["count"].judged


def test_the_most_important_feature_comes_first() -> None:
    before = world(1, 1_000)
    reference = profile_of(before, points={"count": 9.0})
    assert judged(before, world(2, 1_000), reference=reference).features[0].feature == "count"


def test_scores_that_did_not_move_say_nothing() -> None:
    shift = score_shift(chances_of(2_000, seed=5), profile_of(world(1, 3_000)))
    assert shift.level == "none"
    assert shift.judged


def test_scores_that_doubled_ask_for_a_retraining() -> None:
    shift = score_shift(chances_of(2_000, seed=5) * 2, profile_of(world(1, 3_000)))
    assert shift.level == "drifted"
    assert shift.red_now is not None
    assert shift.red_expected is not None
    assert shift.red_now > 1.5 * shift.red_expected


def test_few_scores_are_watched_by_their_mean_alone() -> None:
    shift = score_shift(chances_of(300, seed=5) * 2, profile_of(world(1, 3_000)))
    assert (shift.level, shift.judged, shift.stability_index) == ("watch", False, None)


def test_a_single_score_moves_nothing() -> None:
    assert score_shift(np.array([0.9]), profile_of(world(1, 3_000))).level == "none"


def test_no_scores_at_all_are_not_judged() -> None:
    shift = score_shift(np.zeros(0), profile_of(world(1, 100)))
    assert (shift.rows, shift.judged, shift.level) == (0, False, "none")


def test_a_profile_without_a_red_share_has_no_red_count() -> None:
    reference = profile_of(world(1, 1_000))
    reference["probability"] |= {"red_from": None, "red_share": None}
    assert score_shift(chances_of(1_000), reference).red_now is None


def test_a_column_of_nothing_but_nulls_is_not_judged() -> None:
    before = world(1, 1_000)
    now = world(2, 1_000) | {"count": pa.nulls(1_000)}
    found = {shift.feature: shift for shift in judged(before, now).features}
    assert not found["count"].judged
