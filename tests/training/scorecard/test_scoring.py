import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.errors import KenshinError, SettingsError
from features.settings import Bands
from tests.builders.frames import feature
from tests.builders.scorecards import (
    FEATURES,
    card,
    indicator,
    numbers,
    one,
    scorecard,
    scorecards,
    table,
    tables,
    weighted_rules,
    words,
)
from training.scale import band
from training.scorecard import Scorecard, Scored, score
from training.scorecard.rules import Step, step_direction, step_shares

EQUAL = [indicator(name) for name in ("logins", "breadth", "silence", "tickets")]


def scored(made: Scorecard, rows: pa.Table) -> Scored:
    return score(made, rows, FEATURES)


def points(result: Scored, name: str) -> list[float]:
    return [float(p) for p in result.points[:, result.names.index(name)]]


@settings(max_examples=60, deadline=None)
@given(scorecards(), tables())
def test_baseline_and_points_are_the_score_to_the_last_bit(made: Scorecard, rows: pa.Table) -> None:
    result = scored(made, rows)
    given_ = ~np.isnan(result.health_score)
    total = result.baseline + result.points.sum(axis=1)
    backwards = result.points[:, ::-1].cumsum(axis=1)[:, -1] + result.baseline
    assert np.array_equal(total[given_], result.health_score[given_])
    assert np.array_equal(backwards[given_], result.health_score[given_])
    assert np.all(result.health_score[given_] >= 0)
    assert np.all(result.health_score[given_] <= 100)
    assert np.all((result.missing_share >= 0) & (result.missing_share <= 1 + 1e-12))


@settings(max_examples=40, deadline=None)
@given(scorecards(), tables())
def test_a_withheld_score_is_never_a_number_and_a_number_never_withheld(
    made: Scorecard, rows: pa.Table
) -> None:
    result = scored(made, rows)
    why = np.array([reason is not None for reason in result.withheld])
    assert np.array_equal(why, np.isnan(result.health_score))
    assert np.array_equal(why, np.isnan(result.points).all(axis=1))
    assert not np.isnan(result.points[~why]).any()


@settings(max_examples=40, deadline=None)
@given(scorecards(), tables())
def test_every_account_has_exactly_one_card_and_the_same_score_alone_as_among_others(
    made: Scorecard, rows: pa.Table
) -> None:
    result = scored(made, rows)
    assert set(result.card) <= {c.code for c in made.card}
    assert len(result.card) == rows.num_rows
    alone = [scored(made, rows.slice(i, 1)) for i in range(rows.num_rows)]
    assert np.array_equal(
        np.concatenate([one_row.points for one_row in alone]), result.points, equal_nan=True
    )


@settings(max_examples=40, deadline=None)
@given(scorecards(), tables())
def test_the_shown_integers_add_up(made: Scorecard, rows: pa.Table) -> None:
    result = scored(made, rows)
    for row in range(len(result)):
        if result.withheld[row] is not None:
            with pytest.raises(ValueError, match="withheld"):
                result.shown(row, Bands())
            continue
        first, told, total = result.shown(row, Bands())
        assert first + sum(told.values()) == total
        assert band(total, Bands()) == band(float(result.health_score[row]), Bands())


@settings(max_examples=40, deadline=None)
@given(weighted_rules, st.lists(numbers, min_size=2, max_size=12), st.booleans())
def test_a_rising_rule_never_lowers_the_score_and_a_falling_one_never_raises_it(
    rule: dict[str, object], values: list[float], other_missing: bool
) -> None:
    made = one(indicator("logins", **rule), *EQUAL[1:], withhold_above_missing=1)
    values = sorted(values)
    breadth = [None if other_missing else 5.0] * len(values)
    steps = np.diff(scored(made, table(logins=values, breadth=breadth)).health_score)
    direction = made.card[0].indicator[0].direction
    assert direction == "mixed" or np.all(steps >= 0 if direction == "up" else steps <= 0)


@settings(deadline=None)
@given(st.integers(1, 50), st.integers(1, 50), numbers)
def test_doubling_a_weight_doubles_its_points_against_those_of_another(
    weight: int, other: int, value: float
) -> None:
    def ratio(logins_weight: int) -> float:
        made = one(indicator("logins", weight=logins_weight), indicator("breadth", weight=other))
        result = scored(made, table(logins=[value], breadth=[10.0]))
        return points(result, "logins")[0] / points(result, "breadth")[0]

    assert ratio(2 * weight) == pytest.approx(2 * ratio(weight), abs=1e-9)


def test_weights_are_shares_of_100_whatever_they_sum_to() -> None:
    made = one(indicator("logins", weight=1), indicator("breadth", weight=3))
    assert made.card[0].shares_of_100 == {"logins": 25.0, "breadth": 75.0}
    assert scored(made, table(logins=[10], breadth=[0])).health_score[0] == 25.0


@pytest.mark.parametrize(
    ("value", "said", "number"),
    [(80, "green", 80), (79.99, "yellow", 79), (50.01, "yellow", 51), (50, "red", 50)],
)
def test_the_bands_keep_their_edges(value: float, said: str, number: int) -> None:
    made = one(indicator("logins", bounded={"none_at": 0, "all_at": 100}))
    result = scored(made, table(logins=[value]))
    assert band(float(result.health_score[0]), Bands()) == said
    assert result.shown(0, Bands())[2] == number


@settings(deadline=None)
@given(numbers)
def test_below_leaves_its_end_out_and_up_to_takes_it_in(end: float) -> None:
    values = np.array([np.nextafter(end, -np.inf), end, np.nextafter(end, np.inf)])
    for key, expected in (("below", [0, 1, 1]), ("up_to", [0, 0, 1])):
        steps = (Step(**{key: end, "share": 0}), Step(share=1))
        assert step_shares(steps, values).tolist() == expected
        assert step_direction(steps) == "up"


@settings(deadline=None)
@given(numbers)
def test_the_ends_of_bonus_and_veto_are_as_written(end: float) -> None:
    values = [np.nextafter(end, -np.inf), end, np.nextafter(end, np.inf), None]
    met = {"below": [1, 0, 0, 0], "up_to": [1, 1, 0, 0], "above": [0, 0, 1, 0],
           "at_least": [0, 1, 1, 0]}  # fmt: skip
    for key, expected in met.items():
        plus = indicator("tone", bonus={key: end, "points": 7})
        veto = indicator("overdue", veto={key: end, "at_most": 30, "reason": words("late")})
        made = one(*EQUAL, plus, veto)
        result = scored(made, table(tone=values, overdue=[5.0] * 4))
        assert points(result, "tone") == [7.0 * e for e in expected]
        result = scored(made, table(tone=[None] * 4, overdue=values))
        assert result.health_score.tolist() == [30.0 if e else 50.0 for e in expected]


def test_the_strictest_veto_takes_the_points_and_the_others_none() -> None:
    vetoes = [
        indicator("tone", veto={"at_least": 1, "at_most": 40, "reason": words("a")}),
        indicator("overdue", veto={"at_least": 1, "at_most": 20, "reason": words("b")}),
    ]
    result = scored(one(*EQUAL, *vetoes), table(logins=[10.0], tone=[1.0], overdue=[1.0]))
    assert result.health_score[0] == 20.0
    assert points(result, "tone") == [0.0]
    assert points(result, "overdue") == [20.0 - 62.5]


def test_a_veto_above_the_score_changes_nothing() -> None:
    veto = indicator("overdue", veto={"at_least": 1, "at_most": 90, "reason": words("b")})
    result = scored(one(*EQUAL, veto), table(overdue=[1.0]))
    assert result.health_score[0] == 50.0
    assert points(result, "overdue") == [0.0]


def test_a_straight_line_goes_on_beyond_its_ends_and_a_bounded_one_does_not() -> None:
    ends = {"none_at": 0, "all_at": 10}
    rows = table(logins=[15.0], breadth=[15.0])
    result = scored(one(indicator("logins", line=ends), indicator("breadth", bounded=ends)), rows)
    assert points(result, "logins") == [50 * (1.5 - 0.65)]
    assert points(result, "breadth") == [50 * (1.0 - 0.65)]
    assert points(result, "clip") == [-25.0]
    assert result.health_score[0] == 100.0


def test_points_fade_by_half_every_half_life_after_the_full_days() -> None:
    made = one(indicator("silence", decay={"full_until": 2, "half_life": 10}))
    result = scored(made, table(silence=[0.0, 2.0, 12.0, 22.0]))
    assert result.health_score.tolist() == [100.0, 100.0, 50.0, 25.0]


def test_the_weight_of_what_is_ignored_is_shared_and_that_is_a_row_of_its_own() -> None:
    made = one(indicator("logins", weight=20), indicator("breadth", weight=80))
    result = scored(made, table(logins=[None, 10.0], breadth=[10.0, 10.0]))
    assert result.health_score.tolist() == [100.0, 100.0]
    assert points(result, "logins") == [0.0, 7.0]
    assert points(result, "missing_reweighted") == [7.0, 0.0]
    assert result.missing_share.tolist() == [0.2, 0.0]


def test_missing_as_zero_gets_no_points_and_counts_as_missing_weight() -> None:
    made = one(indicator("logins", weight=20, missing="zero"), indicator("breadth", weight=80))
    result = scored(made, table(logins=[None], breadth=[10.0]))
    assert result.health_score.tolist() == [80.0]
    assert result.missing_share.tolist() == [0.2]


def test_a_score_is_withheld_where_what_must_not_miss_misses_too_much_or_all() -> None:
    made = one(
        indicator("logins", weight=10, missing="withhold"),
        indicator("breadth", weight=60),
        indicator("silence", weight=30),
    )
    rows = table(
        logins=[None, 1.0, None, 1.0], breadth=[1.0, None, None, 1.0], silence=[1.0, 1.0, None, 1.0]
    )
    assert scored(made, rows).withheld.tolist() == [
        "missing:logins",
        "too_little_known",
        "no_data_at_all",
        None,
    ]


def test_an_account_that_uses_nothing_is_scored_and_not_green() -> None:
    made = one(*(indicator(f.name) for f in FEATURES[:2]))
    assert scored(made, table(logins=[0.0], breadth=[0.0])).health_score.tolist() == [0.0]


def test_a_feature_that_does_not_exist_is_named_with_the_one_that_was_meant() -> None:
    with pytest.raises(SettingsError, match=r"indicator 'login'.*did you mean 'logins'"):
        scored(one(indicator("login")), table())


def test_a_text_is_no_indicator() -> None:
    texts = (feature("plan_type", kind="category"),)
    rows = table().append_column("plan_type", pa.array(["Free"]))
    with pytest.raises(SettingsError, match="which is a text"):
        score(one(indicator("plan_type")), rows, texts)


def test_an_infinite_value_is_refused() -> None:
    with pytest.raises(KenshinError, match="finite"):
        scored(one(indicator("logins")), table(logins=[float("inf")]))


def test_the_same_code_is_the_same_row_in_every_card() -> None:
    new = card(indicator("logins"), code="new", when={"tenure_below_days": 90})
    result = scored(scorecard(new, card(*EQUAL)), table([10.0, 200.0], logins=[10.0, 10.0]))
    assert result.names[:4] == ("logins", "breadth", "silence", "tickets")
    assert points(result, "logins") == [35.0, 8.75]
    assert points(result, "breadth") == [0.0, -3.75]
