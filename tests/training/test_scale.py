from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import SettingsError
from features.settings import Bands, Settings
from features.settings import Scale as Anchors
from training import scale
from training.scale import Scale

BANDS = Bands()


def test_the_anchors_are_worth_80_and_50_points() -> None:
    settled = Scale(0.02, 0.2)
    assert settled.score([0.02, 0.2]) == pytest.approx([80, 50], abs=1e-12)
    assert settled.probability(50) == pytest.approx(0.2, abs=1e-12)


def test_the_score_stays_between_0_and_100() -> None:
    assert Scale(0.02, 0.2).score([1e-9, 1 - 1e-9]).tolist() == [100, 0]


@pytest.mark.parametrize(
    ("score", "band", "shown"),
    [
        (80.0, "green", 80),
        (79.99, "yellow", 79),
        (50.01, "yellow", 51),
        (50.0, "red", 50),
        (79.49, "yellow", 79),
        (50.5, "yellow", 51),
        (100.0, "green", 100),
        (0.0, "red", 0),
    ],
)
def test_bands_have_their_edges_as_written_and_the_shown_number_stays_inside(
    score: float, band: str, shown: int
) -> None:
    assert scale.band(score, BANDS) == band
    assert scale.shown(score, BANDS) == shown


@given(st.floats(0, 100))
def test_the_shown_number_never_changes_the_band(score: float) -> None:
    assert scale.band(scale.shown(score, BANDS), BANDS) == scale.band(score, BANDS)


@given(st.floats(0.001, 0.8))
def test_an_anchor_is_in_its_band_whatever_the_last_bit_says(base_rate: float) -> None:
    settled = scale.propose(base_rate)
    assert scale.band(float(settled.score(settled.p80)), BANDS) == "green"
    assert scale.band(float(settled.score(settled.p50)), BANDS) == "red"


def test_where_leaving_is_common_the_anchors_are_absolute() -> None:
    assert scale.propose(0.4) == scale.propose(0.57) == Scale(0.2, 0.5)


def test_a_proposal_has_two_significant_digits() -> None:
    assert scale.propose(0.05) == Scale(0.036, 0.21)


def test_anchors_once_kept_outlive_another_base_rate(tmp_path: Path) -> None:
    settings = Settings(root=tmp_path)
    first = scale.settle(settings, 0.05)
    scale.keep(first, scale.kept_at(settings))
    assert scale.settle(settings, 0.4) == first


def test_anchors_of_the_settings_win(tmp_path: Path) -> None:
    scale.keep(Scale(0.01, 0.1), scale.kept_at(Settings(root=tmp_path)))
    settings = Settings(root=tmp_path, scale=Anchors(p80=0.05, p50=0.5))
    assert scale.settle(settings, 0.4) == Scale(0.05, 0.5)


@pytest.mark.parametrize("anchors", [Anchors(p80=0.05), Anchors(p80=0.5, p50=0.05)])
def test_anchors_that_make_no_scale_are_refused(tmp_path: Path, anchors: Anchors) -> None:
    with pytest.raises(SettingsError, match="p50"):
        scale.settle(Settings(root=tmp_path, scale=anchors), 0.1)


@given(st.lists(st.floats(0.001, 0.999), min_size=2, max_size=20))
def test_more_risk_never_scores_higher(probabilities: list[float]) -> None:
    score = Scale(0.02, 0.2).score(np.sort(probabilities))
    assert (np.diff(score) <= 1e-9).all()
