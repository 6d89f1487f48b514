"""A unit that changes on some day is named, whatever the factor."""

from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from features.sources import examine
from tests.builders.company_files import Row, company

BORN, DAYS, CHANGE = datetime(2024, 1, 1), 480, 330


def measured(factor: float) -> dict[str, list[Row]]:
    """Return 30 accounts whose seconds of use are written in another unit from a day on."""
    draw = Random(5)
    tables: dict[str, list[Row]] = {"accounts": [], "subscriptions": [], "events": []}
    for n in range(30):
        base = {"account_id": f"a{n:02}"}
        tables["accounts"].append({**base, "created_at": BORN.date()})
        end = BORN + timedelta(days=200) if n % 3 == 0 else None
        terms = {"started_at": BORN.date(), "ended_at": end.date() if end else "", "mrr": 10 + n}
        tables["subscriptions"].append({**base, **terms})
        for day in range(2, 200 if end else DAYS, 4):
            at = BORN + timedelta(days=day, hours=n % 24)
            seconds = draw.randrange(300, 900) * (factor if day >= CHANGE else 1)
            tables["events"].append(
                {**base, "occurred_at": at, "event": "session", "duration_s": seconds}
            )
    return tables


@pytest.mark.parametrize("factor", [100, 1000, 0.001])
def test_a_jump_of_unit_is_named(factor: float, tmp_path: Path) -> None:
    settings = company(tmp_path, measured(factor))
    found = examine(settings, now=BORN + timedelta(days=DAYS)).report.of("K705", "events")
    assert [violation.column for violation in found] == ["duration_s"]
    assert "duration_s" in found[0].sentence


def test_no_jump_is_named_where_there_is_none(tmp_path: Path) -> None:
    settings = company(tmp_path, measured(1))
    assert examine(settings, now=BORN + timedelta(days=DAYS)).report.of("K705") == ()
