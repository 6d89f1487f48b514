"""The curve: it rises, passes through the headline, and is the same after it was written."""

import json
from dataclasses import replace

import lightgbm as lgb
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tests.builders.frames import learnable
from training import model
from training.calibration import Calibration
from training.horizons import Curve, Renewals, Segment, document, read, wanted

ROWS = learnable(accounts=150, dates=3)
BAG = model.fit(ROWS, folds=2, seed=1, threads=2)
BOOSTER = lgb.Booster(model_str=BAG.text)
NOTHING = Renewals(0, 0, step=False)


def curve(*, slope: float = 1.0, constant: float = 0.3) -> Curve:
    """Return 30 and 60 days below a headline of 90, 180 and 365 above it."""
    modelled = Calibration(slope, -0.5)
    return Curve(
        90,
        (
            Segment("share", 60, 90, calibration=modelled, booster=BOOSTER),
            Segment("share", 30, 60, constant=constant),
            Segment("hazard", 180, 90, calibration=modelled, booster=BOOSTER),
            Segment("hazard", 365, 180, constant=constant),
        ),
        {},
        NOTHING,
    )


@settings(max_examples=40, deadline=None)
@given(
    arrays.arrays(np.float64, 20, elements=st.floats(1e-9, 1 - 1e-9)),
    st.floats(0.2, 5.0),
    st.floats(1e-9, 1 - 1e-9),
)
def test_the_curve_rises_within_0_and_1_and_holds_the_headline_to_the_last_bit(
    headline: np.ndarray, slope: float, constant: float
) -> None:
    found = curve(slope=slope, constant=constant)
    chances = found.probability(ROWS.matrix[:20], headline)
    assert found.days == (30, 60, 90, 180, 365)
    assert (np.diff(chances, axis=1) >= 0).all()
    assert ((chances >= 0) & (chances <= 1)).all()
    np.testing.assert_array_equal(chances[:, 2], headline)


def test_what_was_written_says_the_same_again() -> None:
    given_ = replace(curve(), absent={730: "data"}, renewals=Renewals(10, 7, step=False))
    texts = {60: BAG.text, 180: BAG.text}
    again = read(json.loads(json.dumps(document(given_, texts))))
    headline = np.linspace(0.01, 0.9, len(ROWS))
    np.testing.assert_array_equal(
        again.probability(ROWS.matrix, headline), given_.probability(ROWS.matrix, headline)
    )
    assert (again.absent, again.renewals) == (given_.absent, given_.renewals)
    assert again.renewals.share == 0.7


def test_the_horizons_adapt_to_the_headline() -> None:
    assert wanted(90) == (30, 90, 180, 365)
    assert wanted(60) == (30, 60, 90, 180, 365)
    assert wanted(30) == (30, 90, 180, 365)


def test_a_curve_of_the_headline_alone_is_the_headline() -> None:
    alone = Curve(90, (), {180: "data"}, NOTHING)
    headline = np.array([0.1, 0.2])
    np.testing.assert_array_equal(alone.probability(ROWS.matrix[:2], headline), headline[:, None])
