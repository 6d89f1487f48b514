"""Which instants are fitted on, which settle the level, which judge.

``train | gap | calibrate | gap | test``: every label window of an earlier part ends before the
next part begins, so nothing that is judged was ever seen. Accounts never straddle the folds inside
a part (`model.account_folds`).

How the test dates are chosen: the latest dates with known labels; with two years of history and
enough leavers their latest quarter, so that seasons and the answer check have room; otherwise as
few as hold `Training.minimum_churns` churns.

How the calibration dates are chosen: the latest development dates whose label windows end before
the test. With a long history the slice is **held back**: it holds `CALIBRATION_CHURNS` churns, at
most a quarter of the development dates, a whole year is left to train on, and the released model
never sees it. With a shorter one giving dates away costs more than it buys (`calibration` has the
figures): the slice then checks a model fitted before it, and the released model is fitted on both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from features.errors import KenshinError, SettingsError
from features.settings import Settings
from training.frames import Frame

Instants = npt.NDArray[np.datetime64]

CALIBRATION_CHURNS = 200
"""So many leavers settle two parameters; the level is then sure to about 7 %."""

RICH = 10
"""So many times `Training.minimum_churns` rows of leavers must remain before dates are given away;
a leaver is seen at several dates, so that is a third as many accounts or fewer."""

YEAR = np.timedelta64(330, "D")
"""From the first to the last of twelve monthly dates."""


@dataclass(frozen=True)
class Split:
    """Instants of each part, ascending.

    Attributes
    ----------
    train : ndarray of datetime64[us]
        What the check model is fitted on.
    calibration : ndarray of datetime64[us]
        The later slice; empty where history is too short for one.
    development : ndarray of datetime64[us]
        Everything whose labels were settled at the test.
    test : ndarray of datetime64[us]
    gap : timedelta64
        Least distance between the parts: lead + horizon, and the allowed gap after which an end
        is known to be one.
    held_back : bool
        Whether the history is long enough to keep the calibration slice out of the fit.
    """

    train: Instants
    calibration: Instants
    development: Instants
    test: Instants
    gap: np.timedelta64
    held_back: bool

    @property
    def fitted(self) -> Instants:
        """What the released model is fitted on."""
        return self.train if self.held_back else self.development

    @property
    def last_label_end(self) -> np.datetime64:
        """The end of the last label window that fit or calibration used."""
        return np.datetime64(self.development[-1] + self.gap, "us")


def split(rows: Frame, settings: Settings) -> Split:
    """Return the parts for ``rows``, several instants with known labels.

    ``settings.training.train`` and ``test`` are honoured where given.

    Raises
    ------
    KenshinError
        Where no instant lies a whole label window before the test.
    SettingsError
        Where the dates of the settings have no labels or overlap.
    """
    known = ~np.isnan(rows.churned)
    dates = np.unique(rows.as_of[known])
    churns = np.array([rows.churned[known & (rows.as_of == date)].sum() for date in dates])
    gap = label_days(settings)
    test = _test(dates, churns, gap, settings)
    development = _development(dates, test, gap, settings)
    counted = dict(zip(dates.tolist(), churns.tolist(), strict=True))
    left = [counted[date] for date in development.tolist()]
    floor = settings.training.minimum_churns
    calibration = _latest(development, left, max(floor, CALIBRATION_CHURNS), len(development) // 4)
    train = _before(development, calibration, gap)
    enough = sum(counted[date] for date in train.tolist()) >= RICH / 2 * floor
    if len(train) and train[-1] - train[0] >= YEAR and enough:
        return Split(train, calibration, development, test, gap, held_back=True)
    calibration = _latest(development, left, floor, len(development) // 2)
    train = _before(development, calibration, gap)
    if not len(train):
        train, calibration = development, development[:0]
    return Split(train, calibration, development, test, gap, held_back=False)


def label_days(settings: Settings) -> np.timedelta64:
    """Return how long after an instant its labels are settled."""
    churn = settings.churn
    given = settings.training.train is not None or settings.training.test
    confirmed = 0 if churn.source == "inactivity" or given else churn.allowed_gap_days
    return np.timedelta64(churn.lead_days + churn.horizon_days + confirmed, "D")


def _test(
    dates: Instants,
    churns: npt.NDArray[np.float64],
    gap: np.timedelta64,
    settings: Settings,
) -> Instants:
    if settings.training.test:
        wanted = _instants(settings.training.test)
        absent = np.setdiff1d(wanted, dates)
        if len(absent):
            raise SettingsError(
                "test dates whose label windows are observed",
                f"{_day(absent[0])} in [training].test; labels are known from {_day(dates[0])} to "
                f"{_day(dates[-1])}",
                "Name dates at which the outcome is known.",
            )
        return wanted
    quarter = dates[-max(1, len(dates) // 4) :]
    rich = churns[dates + gap <= quarter[0]].sum() >= RICH * settings.training.minimum_churns
    if dates[-1] - dates[0] >= 2 * YEAR and rich:
        return quarter
    return _latest(dates, churns.tolist(), settings.training.minimum_churns, len(dates) // 4)


def _development(
    dates: Instants, test: Instants, gap: np.timedelta64, settings: Settings
) -> Instants:
    before: Instants = dates[dates + gap <= test[0]]
    if settings.training.train is not None:
        first, last = _instants(settings.training.train)
        if last + gap > test[0]:
            raise SettingsError(
                f"[training].train to end {gap} before the first test date {_day(test[0])}",
                f"{_day(last)}",
                "A label window of training would reach into the test.",
            )
        before = before[(before >= first) & (before <= last)]
    if not len(before):
        raise KenshinError(
            f"history of at least two label windows ({gap} each) with known outcomes",
            f"labels from {_day(dates[0])} to {_day(dates[-1])}, tested at {_day(test[0])}",
            "Bring a longer history, or shorten [churn].horizon_days.",
        )
    return before


def _latest(dates: Instants, churns: Sequence[float], floor: int, most: int) -> Instants:
    """Return the latest dates that together hold ``floor`` churns: at least 1, at most ``most``."""
    count = 1
    while sum(churns[-count:]) < floor and count < most:
        count += 1
    return dates[-count:]


def _before(development: Instants, calibration: Instants, gap: np.timedelta64) -> Instants:
    """Return the dates whose labels are settled when the calibration slice begins."""
    settled: Instants = development[development + gap <= calibration[0]]
    return settled


def _day(instant: np.datetime64) -> str:
    return str(instant.astype("datetime64[D]"))


def _instants(given: Sequence[datetime]) -> Instants:
    naive = [d.replace(tzinfo=None) for d in given]
    instants: Instants = np.sort(np.array(naive, dtype="datetime64[us]"))
    return instants
