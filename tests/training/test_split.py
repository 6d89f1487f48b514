from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import KenshinError, SettingsError
from features.settings import Churn, Settings, Training
from tests.builders.frames import learnable
from training.frames import Frame
from training.split import Split, label_days, split

EVENTFUL = learnable(accounts=60, dates=12)


def _settings(horizon: int = 60, **training: object) -> Settings:
    churn = Churn(horizon_days=horizon, allowed_gap_days=0)
    return Settings(churn=churn, training=Training.model_validate(training))


def _assert_no_label_window_reaches_the_next_part(parts: Split) -> None:
    gap = parts.gap
    if len(parts.calibration):
        assert parts.train[-1] + gap <= parts.calibration[0]
    assert parts.development[-1] + gap <= parts.test[0]
    assert parts.last_label_end <= parts.test[0]


@given(
    st.integers(1, 200), st.integers(0, 60), st.integers(0, 60), st.integers(1, 400), st.booleans()
)
def test_no_label_window_ever_reaches_into_a_later_part(
    horizon: int, lead: int, allowed: int, floor: int, inactive: bool
) -> None:
    source = "inactivity" if inactive else "subscriptions"
    churn = Churn(horizon_days=horizon, lead_days=lead, allowed_gap_days=allowed, source=source)
    settings = Settings(churn=churn, training=Training(minimum_churns=floor))
    try:
        parts = split(EVENTFUL, settings)
    except KenshinError:
        assert label_days(settings) > np.timedelta64(0, "D")
        return
    assert parts.gap >= np.timedelta64(horizon + lead, "D")
    _assert_no_label_window_reaches_the_next_part(parts)


def test_calibration_is_later_than_training_and_test_later_still() -> None:
    parts = split(EVENTFUL, _settings())
    assert len(parts.calibration)
    assert parts.train.max() < parts.calibration.min() < parts.test.min()
    _assert_no_label_window_reaches_the_next_part(parts)


def test_a_long_history_keeps_its_calibration_dates_out_of_the_fit() -> None:
    parts = split(learnable(accounts=60, dates=30), _settings(minimum_churns=10))
    assert parts.held_back
    assert parts.fitted.tolist() == parts.train.tolist()
    assert parts.train[-1] - parts.train[0] >= np.timedelta64(330, "D")
    assert len(parts.test) == 30 // 4
    _assert_no_label_window_reaches_the_next_part(parts)


def test_a_long_history_of_few_leavers_gives_no_dates_away() -> None:
    parts = split(learnable(accounts=60, dates=30), _settings(minimum_churns=90))
    assert not parts.held_back
    assert len(parts.test) < 30 // 4


def test_a_short_history_is_fitted_whole_after_its_later_dates_were_checked() -> None:
    parts = split(EVENTFUL, _settings())
    assert not parts.held_back
    assert parts.fitted.tolist() == parts.development.tolist()


def test_a_slice_with_too_few_churns_reaches_further_back() -> None:
    short = split(EVENTFUL, _settings(minimum_churns=5))
    long = split(EVENTFUL, _settings(minimum_churns=40))
    assert len(short.calibration) < len(long.calibration)


def test_dates_of_the_settings_are_honoured() -> None:
    dates = np.unique(EVENTFUL.as_of)
    first, last, test = (dates[k].astype(datetime) for k in (1, 6, 10))
    parts = split(EVENTFUL, _settings(train=(first, last), test=(test,)))
    assert parts.test.tolist() == [test]
    assert parts.development.tolist() == dates[1:7].tolist()


def test_a_training_period_that_reaches_into_the_test_is_refused() -> None:
    dates = np.unique(EVENTFUL.as_of)
    first, last, test = (dates[k].astype(datetime) for k in (1, 9, 10))
    with pytest.raises(SettingsError, match="label window"):
        split(EVENTFUL, _settings(train=(first, last), test=(test,)))


def test_a_test_date_without_known_outcomes_is_refused() -> None:
    after = np.unique(EVENTFUL.as_of)[-1].astype(datetime) + timedelta(days=1)
    with pytest.raises(SettingsError, match="outcome"):
        split(EVENTFUL, _settings(test=(after,)))


def test_a_history_shorter_than_two_label_windows_is_refused() -> None:
    with pytest.raises(KenshinError, match="longer history"):
        split(EVENTFUL, _settings(horizon=3000))


def test_unknown_labels_belong_to_no_part() -> None:
    rows: Frame = learnable(accounts=60, dates=12)
    last = np.unique(rows.as_of)[-1]
    rows.churned[rows.as_of == last] = np.nan
    assert split(rows, _settings()).test[-1] < last
