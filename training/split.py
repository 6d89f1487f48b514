"""Which instants are fitted on, which settle the level, which judge.

``train | gap | calibrate | gap | test``: every label window of an earlier part ends before the
next part begins, so nothing that is judged was ever seen. Accounts never straddle the folds inside
a part (`model.account_folds`).

How the calibration dates are chosen: the latest development dates whose label windows end before
the test date, going back until the slice holds `Training.minimum_churns` churns, but never more
than half of the development dates. A longer slice makes the level surer and leaves the check model
less to learn from; the released model is fitted again on both parts.
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
        What the released model is fitted on: everything whose labels were settled at the test.
    test : ndarray of datetime64[us]
    gap : timedelta64
        Least distance between the parts: lead + horizon, and the allowed gap after which an end
        is known to be one.
    """

    train: Instants
    calibration: Instants
    development: Instants
    test: Instants
    gap: np.timedelta64

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
    test = _test(dates, churns, settings)
    development = _development(dates, test, gap, settings)
    floor = settings.training.minimum_churns
    counted = dict(zip(dates.tolist(), churns.tolist(), strict=True))
    calibration = _calibration(development, [counted[d] for d in development.tolist()], floor)
    train = development[development + gap <= calibration[0]]
    if not len(train):
        train, calibration = development, development[:0]
    return Split(train, calibration, development, test, gap)


def label_days(settings: Settings) -> np.timedelta64:
    """Return how long after an instant its labels are settled."""
    churn = settings.churn
    given = settings.training.train is not None or settings.training.test
    confirmed = 0 if churn.source == "inactivity" or given else churn.allowed_gap_days
    return np.timedelta64(churn.lead_days + churn.horizon_days + confirmed, "D")


def _test(dates: Instants, churns: npt.NDArray[np.float64], settings: Settings) -> Instants:
    if settings.training.test:
        wanted = _instants(settings.training.test)
        absent = np.setdiff1d(wanted, dates)
        if len(absent):
            raise SettingsError(
                "test dates whose label windows are observed",
                f"{absent[0]} in [training].test; labels are known from {dates[0]} to {dates[-1]}",
                "Name dates at which the outcome is known.",
            )
        return wanted
    count = 1
    while churns[-count:].sum() < settings.training.minimum_churns and count < len(dates) // 4:
        count += 1
    return dates[-count:]


def _development(
    dates: Instants, test: Instants, gap: np.timedelta64, settings: Settings
) -> Instants:
    before: Instants = dates[dates + gap <= test[0]]
    if settings.training.train is not None:
        first, last = _instants(settings.training.train)
        if last + gap > test[0]:
            raise SettingsError(
                f"[training].train to end {gap} before the first test date {test[0]}",
                f"{last}",
                "A label window of training would reach into the test.",
            )
        before = before[(before >= first) & (before <= last)]
    if not len(before):
        raise KenshinError(
            f"history of at least two label windows ({gap} each) with known outcomes",
            f"labels from {dates[0]} to {dates[-1]}, tested at {test[0]}",
            "Bring a longer history, or shorten [churn].horizon_days.",
        )
    return before


def _calibration(development: Instants, churns: Sequence[float], floor: int) -> Instants:
    most = max(1, len(development) // 2)
    count = 1
    while sum(churns[-count:]) < floor and count < most:
        count += 1
    return development[-count:]


def _instants(given: Sequence[datetime]) -> Instants:
    naive = [d.replace(tzinfo=None) for d in given]
    instants: Instants = np.sort(np.array(naive, dtype="datetime64[us]"))
    return instants
