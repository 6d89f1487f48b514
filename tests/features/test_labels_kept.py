"""Labels and departures whose queries an earlier run wrote: the same answers, of any dates."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pytest

from features import labels, spells
from features.settings import Churn, Settings
from features.sources import Tables
from tests.builders.company import DAYS, START, random_company
from tests.builders.tables import at, make_tables

ROWS = random_company(8, accounts=8)
CUTS = [START + timedelta(days=d) for d in (300, 365, 500)]
LATER = [START + timedelta(days=d) for d in (310, 380, 520, 620)]
HORIZONS = (30, 180)


def company(days: int = DAYS, **more: Any) -> Tables:  # noqa: ANN401
    return make_tables(START + timedelta(days=days), **(ROWS | more))


def told(tables: Tables, settings: Settings, cuts: list[datetime]) -> list[pa.Table]:
    return [
        labels.labels(tables, settings, cuts, HORIZONS),
        labels.departures(tables, settings),
    ]


def files(settings: Settings) -> list[Path]:
    return sorted((settings.workspace / "cache" / "compiled").glob("*.json"))


@pytest.fixture
def unwritten(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return what makes writing a query of spells an error from now on."""
    return lambda: monkeypatch.setattr(spells, "spells", None)


@pytest.mark.parametrize("source", ["subscriptions", "inactivity"])
def test_other_dates_and_a_later_end_are_answered_by_queries_written_before(
    tmp_path: Path, source: Literal["subscriptions", "inactivity"], unwritten: Callable[[], None]
) -> None:
    churn = Churn(source=source, horizon_days=60, allowed_gap_days=20)
    kept, apart = Settings(root=tmp_path, churn=churn), Settings(churn=churn)
    wanted = [told(company(days), apart, cuts) for days, cuts in ((DAYS, LATER), (660, CUTS))]
    told(company(), kept, CUTS)
    there = files(kept)
    unwritten()
    assert [told(company(), kept, LATER), told(company(660), kept, CUTS)] == wanted
    assert files(kept) == there


def test_other_rules_of_leaving_have_queries_of_their_own(tmp_path: Path) -> None:
    for gap in (20, 40):
        churn = Churn(horizon_days=60, allowed_gap_days=gap)
        kept, apart = Settings(root=tmp_path, churn=churn), Settings(churn=churn)
        assert told(company(), kept, CUTS) == told(company(), apart, CUTS)


def test_damaged_queries_are_written_anew(tmp_path: Path) -> None:
    kept = Settings(root=tmp_path)
    wanted = told(company(), kept, CUTS)
    for file in files(kept):
        file.write_text(file.read_text(encoding="utf-8").replace("SELECT", "SELECT 1,", 1))
    assert told(company(), kept, CUTS) == wanted


def test_queries_that_name_merged_accounts_are_not_kept(tmp_path: Path) -> None:
    first, second = (row["account_id"] for row in ROWS["accounts"][:2])
    merge = {"account_id": first, "merged_into": second, "merged_at": at("2024-06-01")}
    tables, kept = company(identities=[merge]), Settings(root=tmp_path)
    assert told(tables, kept, CUTS) == told(tables, Settings(), CUTS)
    assert files(kept) == []
