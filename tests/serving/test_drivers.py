"""Which reasons are named, found one by one or by sorting, and what is written of each."""

import json
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.catalog import Feature
from features.catalogue import everything
from serving import words
from serving.drivers import FEW, MOST_BESIDE, Beside, Parts, _beside, weighed
from serving.lexicon import Lexicon
from serving.statements import WORTH_SAYING
from tests.features.catalogue.golden.case import SETTINGS

POINTS = st.lists(st.sampled_from([-3.0, -0.6, -0.5, -0.4, 0.0, 0.4, 0.5, 0.6, 3.0]) |
                  st.floats(-30, 30), max_size=40)  # fmt: skip


def by_sorting(points: list[float], most: int) -> list[int]:
    heaviest = sorted(range(len(points)), key=lambda i: -abs(points[i]))[:most]
    named = sorted(i for i in heaviest if abs(points[i]) >= WORTH_SAYING)
    return sorted(named, key=points.__getitem__)


@given(POINTS, st.integers(0, FEW + 3))
def test_the_heaviest_are_named_the_costliest_first_and_of_equal_ones_the_first(
    points: list[float], most: int
) -> None:
    exact = 70.0 + sum(points)
    parts = Parts(round(exact), exact, 70.0, np.array(points))
    found, wanted = weighed(parts, most), by_sorting(points, most)
    places = [i for i, _ in found.named]
    assert places == [i for i in wanted if i in places]
    # One that rounds to no whole point is not told, though it weighed enough to be looked at.
    assert all(abs(points[i]) < 1 for i in set(wanted) - set(places))
    assert not set(places) - set(wanted)
    closes = found.clip or 0
    assert found.baseline + sum(worth for _, worth in found.named) + found.left + closes == round(
        exact
    )


@pytest.mark.parametrize("most", [1, FEW, FEW + 1])
def test_the_points_themselves_stay_as_they_were(most: int) -> None:
    points = np.array([-5.0, 4.0, 3.0, -2.0])
    weighed(Parts(70, 70.0, 70.0, points), most)
    assert points.tolist() == [-5.0, 4.0, 3.0, -2.0]


NUMBERED = [one.feature for one in everything(SETTINGS) if one.feature.kind == "number"]
CELLS = st.one_of(st.floats(allow_infinity=False), st.floats(-3, 3), st.integers(0, 9).map(float))


def telling(feature: Feature) -> Lexicon:
    """Return the words of one number alone."""
    value = lambda _, cell: None if cell != cell else cell  # noqa: E731
    alone = SimpleNamespace(features=(feature,), names=(feature.name,), value=value, kept={})
    return cast(Lexicon, alone)


@settings(max_examples=600, deadline=None)
@given(
    st.sampled_from(NUMBERED), CELLS, st.none() | CELLS,
    st.floats(-2, 2) | st.none(), st.integers(-40, 40),
)  # fmt: skip
def test_a_row_says_what_the_words_say_of_the_same_numbers(
    feature: Feature, cell: float, typical: float | None, nearly: float | None, worth: int
) -> None:
    if nearly is not None and typical is not None:
        cell = typical + nearly  # near enough to read the same
    value: Any = None if cell != cell else cell
    row = json.loads(Beside(telling(feature), {feature.name: typical}).row(0, cell, worth))
    said = words.said(feature, value, typical, worth)
    assert (row["sentence_en"], row["sentence_ja"]) == (said.en, said.ja)
    assert (row["code"], row["value"], row["points"]) == (feature.name, value, worth)
    assert row["typical"] == (None if typical is None or typical != typical else typical)


def test_rows_are_kept_by_run_and_plan_and_those_of_many_runs_are_let_go() -> None:
    feature = NUMBERED[0]
    words_of, one, other = telling(feature), {feature.name: 1.0}, {feature.name: 1.0}
    kept = _beside(words_of, one)
    assert _beside(words_of, one) is kept
    assert _beside(words_of, other) is not kept
    many = [{feature.name: float(i)} for i in range(3 * MOST_BESIDE)]
    for usual in many:
        assert json.loads(_beside(words_of, usual).row(0, 0.0, 1))["typical"] == usual[feature.name]
    assert len(words_of.kept[Beside]) <= MOST_BESIDE
