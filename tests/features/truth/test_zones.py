"""Local times become instants by the written rule, in four zones and on the days that are odd."""

from datetime import datetime
from pathlib import Path

import pytest

from features.sources import load_tables
from tests.builders.company_files import company, only

NEW_YORK, TOKYO, CHATHAM = "America/New_York", "Asia/Tokyo", "Pacific/Chatham"
CASES = [
    ("UTC", "2025-03-31 23:59:59", "2025-03-31 23:59:59", "the last second of a month"),
    ("UTC", "2025-03-30 02:30", "2025-03-30 02:30", "a zone that never changes"),
    (TOKYO, "2025-04-01 00:00", "2025-03-31 15:00", "a month begins the day before in UTC"),
    (TOKYO, "2025-04-01 08:59:59", "2025-03-31 23:59:59", "still the day before in UTC"),
    (TOKYO, "2025-04-01 09:00", "2025-04-01 00:00", "midnight in UTC is nine in the morning"),
    (TOKYO, "2025-05-29 23:00", "2025-05-29 14:00", "an ordinary evening"),
    (TOKYO, "2025-05-29T23:00:00Z", "2025-05-29 23:00", "an offset is believed"),
    (NEW_YORK, "2025-03-09 01:59:59", "2025-03-09 06:59:59", "before the clocks go forward"),
    (NEW_YORK, "2025-03-09 02:30", "2025-03-09 07:30", "the hour that is not: the offset before"),
    (NEW_YORK, "2025-03-09 03:00", "2025-03-09 07:00", "after the clocks went forward"),
    (NEW_YORK, "2025-11-02 00:59:59", "2025-11-02 04:59:59", "before the clocks go back"),
    (NEW_YORK, "2025-11-02 01:30", "2025-11-02 06:30", "the hour that is twice: its second time"),
    (NEW_YORK, "2025-11-02T01:30:00-04:00", "2025-11-02 05:30", "its first time, by its offset"),
    (NEW_YORK, "2025-11-02 02:00", "2025-11-02 07:00", "after the clocks went back"),
    (NEW_YORK, "2025-06-30 20:00", "2025-07-01 00:00", "a month ends the day after in UTC"),
    (NEW_YORK, "2025-06-30 19:59:59", "2025-06-30 23:59:59", "a second earlier it does not"),
    (CHATHAM, "2025-09-28 02:44", "2025-09-27 13:59", "a quarter of an hour counts"),
    (CHATHAM, "2025-09-28 03:00", "2025-09-27 14:15", "the hour that is not: the offset before"),
    (CHATHAM, "2025-09-28 03:45", "2025-09-27 14:00", "after the clocks went forward"),
    (CHATHAM, "2025-04-06 02:50", "2025-04-05 14:05", "the hour that is twice: its second time"),
    (CHATHAM, "2025-04-06 03:45", "2025-04-05 15:00", "after the clocks went back"),
    (CHATHAM, "2025-12-31 23:59:59", "2025-12-31 10:14:59", "a year ends"),
]


@pytest.mark.parametrize("zone", sorted({case[0] for case in CASES}))
def test_a_local_time_is_the_instant_that_the_rule_says(zone: str, tmp_path: Path) -> None:
    mine = [case for case in CASES if case[0] == zone]
    tables = only("events")
    for row, case in zip(tables["events"], mine, strict=False):
        row["occurred_at"] = case[1]
    settings = company(tmp_path, tables, extra=f'[company]\ntimezone = "{zone}"\n')
    events = load_tables(settings, now=datetime(2026, 2, 1)).tables["events"]
    found = events.to_pyarrow().to_pylist()[: len(mine)]
    for row, (_, local, instant, why) in zip(found, mine, strict=True):
        assert row["occurred_at"] == datetime.fromisoformat(instant), (zone, local, why)


def test_a_leap_day_is_a_day_in_every_zone(tmp_path: Path) -> None:
    found = {}
    for zone in ("UTC", TOKYO, NEW_YORK, CHATHAM):
        folder = tmp_path / zone.replace("/", "-")
        folder.mkdir()
        tables = only("events")
        for name in ("accounts", "subscriptions"):
            for row in tables[name]:
                row |= {c: "2024-01-02" for c in ("created_at", "started_at") if c in row}
        tables["events"][0]["occurred_at"] = "2024-02-29 12:00"
        settings = company(folder, tables, extra=f'[company]\ntimezone = "{zone}"\n')
        events = load_tables(settings, now=datetime(2026, 2, 1)).tables["events"]
        found[zone] = events.to_pyarrow().to_pylist()[0]["occurred_at"]
    assert found == {
        "UTC": datetime(2024, 2, 29, 12),
        TOKYO: datetime(2024, 2, 29, 3),
        NEW_YORK: datetime(2024, 2, 29, 17),
        CHATHAM: datetime(2024, 2, 28, 22, 15),
    }
