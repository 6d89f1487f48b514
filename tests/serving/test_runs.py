"""Scoring flat tables: one row per account, with or without dates."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pytest
import sqlalchemy as sa

from features.checks import CheckReport
from features.errors import NotReadyError
from features.flat import FlatTable
from features.settings import Settings
from serving import runs
from serving.store import scores
from serving.store.engine import open_store
from tests.builders.small_catalogue import CATEGORIES, FEATURES
from tests.builders.store import PaperBundle, settings_in

NOW = datetime(2026, 11, 22, 9, 30)
BUNDLE = cast(Any, PaperBundle())


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[tuple[Settings, sa.Engine]]:
    """Settings and the empty store of a workspace."""
    settings = settings_in(tmp_path)
    engine = open_store(settings)
    yield settings, engine
    engine.dispose()


def flat(dates: list[datetime | None], accounts: int = 4) -> FlatTable:
    """Return a flat table with every account at each of ``dates``."""
    rows = [(f"a{i}", date) for date in dates for i in range(accounts)]
    columns: dict[str, Any] = {
        "account_id": [account for account, _ in rows],
        "as_of": pa.array([date for _, date in rows], pa.timestamp("us")),
        "fact_plan": pa.array([None] * len(rows), pa.string()),
    }
    for feature in FEATURES:
        known = CATEGORIES.get(feature.name)
        columns[feature.name] = [known[0] if known else float(i % 5) for i in range(len(rows))]
    columns["churned"] = pa.array([i % 3 == 0 for i in range(len(rows))])
    report = CheckReport(violations=(), rows_read={}, rows_kept={}, quarantine_files={})
    return FlatTable(pa.table(columns), FEATURES, report)


def test_a_flat_table_without_dates_is_scored_as_of_today(
    opened: tuple[Settings, sa.Engine],
) -> None:
    settings, engine = opened
    [stored] = runs.score_flat(settings, engine, BUNDLE, flat([None]), NOW)
    assert (stored.kind, stored.accounts, stored.new) == ("issued", 4, True)
    assert stored.as_of == datetime(2026, 11, 22)
    [again] = runs.score_flat(settings, engine, BUNDLE, flat([None]), NOW + timedelta(hours=3))
    assert not again.new
    assert again.run_id == stored.run_id


def test_a_flat_table_with_dates_is_scored_at_the_latest_and_replayed_before(
    opened: tuple[Settings, sa.Engine],
) -> None:
    settings, engine = opened
    dates: list[datetime | None] = [datetime(2026, month, 1) for month in (8, 9, 10, 11)]
    stored = runs.score_flat(settings, engine, BUNDLE, flat(dates), NOW, dates=2)
    assert [run.kind for run in stored] == ["replay", "replay", "issued"]
    assert [run.as_of for run in stored] == dates[1:]
    row = scores.history(engine, "a1")[-1]
    assert row["band_since"] <= row["as_of"]


def test_a_date_that_was_issued_is_not_replayed(opened: tuple[Settings, sa.Engine]) -> None:
    settings, engine = opened
    first, second = datetime(2026, 10, 1), datetime(2026, 11, 1)
    runs.score_flat(settings, engine, BUNDLE, flat([first, second]), NOW, as_of=first)
    stored = runs.score_flat(settings, engine, BUNDLE, flat([first, second]), NOW, dates=5)
    assert [(run.kind, run.as_of) for run in stored] == [("issued", second)]


def test_a_date_the_flat_table_does_not_have_is_refused(
    opened: tuple[Settings, sa.Engine],
) -> None:
    settings, engine = opened
    table = flat([datetime(2026, 11, 1)])
    with pytest.raises(NotReadyError, match="the latest are of 2026-11-01"):
        runs.score_flat(settings, engine, BUNDLE, table, NOW, as_of=datetime(2026, 11, 2))


def test_an_empty_flat_table_is_refused(opened: tuple[Settings, sa.Engine]) -> None:
    settings, engine = opened
    with pytest.raises(NotReadyError, match="none"):
        runs.score_flat(settings, engine, BUNDLE, flat([], accounts=0), NOW)


def test_the_bands_before_are_those_of_the_last_earlier_run(
    opened: tuple[Settings, sa.Engine],
) -> None:
    settings, engine = opened
    assert runs.bands_before(engine, NOW) == {}
    runs.score_flat(settings, engine, BUNDLE, flat([None]), NOW)
    assert set(runs.bands_before(engine, NOW)) == {"a0", "a1", "a2", "a3"}
    assert runs.bands_before(engine, datetime(2026, 11, 22)) == {}
