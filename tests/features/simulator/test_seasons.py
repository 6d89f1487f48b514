from datetime import date

import numpy as np

from features.simulator.plan import CompanyPlan, grid_of
from features.simulator.seasons import holidays, seconds_of_day, work_by_day

OFFICIAL_2026 = {
    *((1, 1), (1, 12), (2, 11), (2, 23), (3, 20), (4, 29), (5, 3), (5, 4), (5, 5), (5, 6)),
    *((7, 20), (8, 11), (9, 21), (9, 22), (9, 23), (10, 12), (11, 3), (11, 23)),
}
OFFICES_CLOSED = {(1, 2), (1, 3), (8, 13), (8, 14), (8, 15), (12, 29), (12, 30), (12, 31)}


def test_the_holidays_of_2026_are_those_of_the_calendar() -> None:
    expected = {date(2026, month, day) for month, day in OFFICIAL_2026 | OFFICES_CLOSED}
    assert holidays(2026) == expected


def test_a_sunday_holiday_is_made_up_for_on_monday() -> None:
    assert date(2024, 2, 12) in holidays(2024)
    assert date(2024, 2, 13) not in holidays(2024)


def test_golden_week_and_weekends_are_quiet() -> None:
    grid = grid_of(CompanyPlan(start=date(2026, 1, 1), end=date(2026, 11, 20)))
    work = dict(
        zip(
            np.arange(grid.all_days) + np.datetime64(grid.first_day, "D"),
            work_by_day(grid),
            strict=True,
        )
    )
    usual = work[np.datetime64("2026-05-12")]
    assert work[np.datetime64("2026-05-05")] < 0.15 * usual
    assert work[np.datetime64("2026-05-10")] < 0.15 * usual


def test_work_falls_into_japans_working_day() -> None:
    seconds = seconds_of_day(np.random.default_rng(1).random(10_000))
    assert seconds.min() >= 0
    assert seconds.max() < 15 * 3600
    assert 0.5 < np.mean(seconds < 6 * 3600) < 0.75
