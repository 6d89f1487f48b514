"""A change of process measured by hand: churn and health before, after, and beside the others."""

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import sqlalchemy as sa

from features.errors import NotReadyError, SettingsError
from features.settings import Churn, Settings, Store
from serving.effects import words
from serving.effects.company import effect, means
from serving.effects.measured import Life, measured
from serving.store.engine import open_store
from tests.builders.stores import STORES, store_of
from tests.builders.tables import at, make_tables
from training import intervals

START, DAYS = at("2024-07-01"), 90


def lives(after: bool, prefix: str, left: int, stayed: int) -> list[Life]:
    return [Life(f"{prefix}{number}", after, number < left) for number in range(left + stayed)]


# Hands-on made mandatory for small customers: 20 of 100 left in the half year before, 14 of 100
# after it (30 % less, the guide's own example); of the large ones 10 of 100 and 9 of 100.
GUIDE = [
    *lives(False, "s", 20, 80), *lives(True, "s", 14, 86),
    *lives(False, "l", 10, 90), *lives(True, "l", 9, 91),
]  # fmt: skip
SMALL = {f"s{number}" for number in range(100)}
HEALTH = {"s0": (60.0, 70.0), "s1": (70.0, 74.0), "l0": (80.0, 81.0), "l1": (80.0, 83.0)}


def test_the_guides_example_counted_by_hand() -> None:
    found = measured(GUIDE, HEALTH, SMALL)
    churn = found["concerned"]["churn"]
    assert (churn["before"]["share"], churn["after"]["share"]) == (0.2, 0.14)
    assert churn["relative"] == pytest.approx(-0.3)
    assert churn["interval"] == list(intervals.newcombe(14, 100, 20, 100))
    assert found["others"]["churn"]["change"] == pytest.approx(-0.01)
    assert found["comparison"] is True
    apart = found["churn_difference"]
    assert apart["difference"] == pytest.approx(-0.05)
    (low1, high1) = churn["interval"]
    (low2, high2) = found["others"]["churn"]["interval"]
    assert apart["interval"] == [
        pytest.approx(-0.05 - math.sqrt((-0.06 - low1) ** 2 + (high2 + 0.01) ** 2)),
        pytest.approx(-0.05 + math.sqrt((high1 + 0.06) ** 2 + (-0.01 - low2) ** 2)),
    ]


def test_health_is_each_accounts_own_move() -> None:
    found = measured(GUIDE, HEALTH, SMALL)
    health = found["concerned"]["health"]
    assert (health["accounts"], health["before"], health["after"]) == (2, 65.0, 72.0)
    assert health["change"] == pytest.approx(7.0)
    half = intervals.Z90 * math.sqrt(18.0) / math.sqrt(2)  # moves of 10 and 4
    assert health["interval"] == [pytest.approx(7 - half), pytest.approx(7 + half)]
    assert found["health_difference"]["difference"] == pytest.approx(5.0)


def test_where_everybody_was_concerned_there_is_no_comparison_and_it_is_said() -> None:
    found = measured(GUIDE, HEALTH, None)
    assert found["comparison"] is False
    assert "others" not in found
    assert found["churn_difference"] is None
    told = {"from": "2024-07-01", "days": 90, "segment": None, **found}
    assert "There is no comparison group" in list(words.lines(told, "en"))[-1]
    assert "比較群はありません" in list(words.lines(told, "ja"))[-1]


def test_others_of_whom_nobody_was_there_before_are_no_comparison() -> None:
    found = measured(
        [*lives(False, "s", 1, 3), *lives(True, "s", 1, 3)], {}, {"s0", "s1", "s2", "s3"}
    )
    assert found["comparison"] is False
    assert found["concerned"]["health"]["change"] is None


def test_with_a_comparison_its_limits_are_said_as_well() -> None:
    segment = {"column": "size", "value": "small"}
    told = {"from": "2024-07-01", "days": 90, "segment": segment, **measured(GUIDE, HEALTH, SMALL)}
    en, ja = (" ".join(words.lines(told, language)) for language in ("en", "ja"))
    assert "churn 20 of 100 20.0%" in en
    assert "−30% relative to before" in en
    assert "Beside the others: churn −5.0 points" in en
    assert "not drawn by lot" in en
    assert "対象外と比べた差：解約率 −5.0ポイント" in ja


def test_a_score_counts_on_the_side_of_the_day_it_is_of() -> None:
    scores = [("a", -91, 10.0), ("a", -90, 60.0), ("a", -1, 80.0), ("a", 0, 90.0), ("a", 89, 70.0),
              ("a", 90, 0.0), ("b", -1, 50.0), ("c", 1, None), ("c", -1, 5.0)]  # fmt: skip
    table = pa.table(
        {
            "account_id": [account for account, _, _ in scores],
            "as_of": pa.array(
                [START + timedelta(days=days) for _, days, _ in scores], pa.timestamp("us")
            ),
            "health_score": pa.array([score for *_, score in scores], pa.float64()),
        }
    )
    assert means(table, START, timedelta(days=DAYS)) == {"a": (70.0, 80.0)}


def company() -> Any:  # noqa: ANN401
    """Return four small and two large customers; one small one left before, none after."""
    begun = at("2023-01-01")
    ends = {
        "a": at("2024-05-01"),
        "b": None,
        "c": None,
        "d": None,
        "e": at("2024-08-01"),
        "f": None,
    }
    rows = [
        {"account_id": name, "started_at": begun, "ended_at": end} for name, end in ends.items()
    ]
    sizes = {name: "small" if name in "abcd" else "large" for name in ends}
    accounts = [{"account_id": name, "size": size} for name, size in sizes.items()]
    return make_tables(at("2025-01-01"), accounts=accounts, subscriptions=rows)


@pytest.fixture(params=STORES)
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Settings, sa.Engine]]:
    # With notice and a horizon of its own: neither may shift the periods that are compared.
    churn = Churn(horizon_days=30, lead_days=14, allowed_gap_days=30)
    with store_of(request) as url:
        settings = Settings(root=tmp_path, churn=churn, store=Store(url=url))
        yield settings, open_store(settings)


def test_a_companys_own_tables_counted_by_hand(opened: tuple[Settings, sa.Engine]) -> None:
    settings, engine = opened
    found = effect(settings, engine, company(), START, DAYS, ("size", "small"))
    mine, others = found["concerned"]["churn"], found["others"]["churn"]
    assert [(mine[when]["left"], mine[when]["accounts"]) for when in ("before", "after")] == [
        (1, 4), (0, 3),
    ]  # fmt: skip
    assert [(others[when]["left"], others[when]["accounts"]) for when in ("before", "after")] == [
        (0, 2), (1, 2),
    ]  # fmt: skip
    assert found["health_difference"] is None
    engine.dispose()


@pytest.mark.parametrize("segment", [("size", "tiny"), ("colour", "red"), ("account_id", "a")])
def test_a_segment_that_nobody_is_in_is_refused(
    opened: tuple[Settings, sa.Engine], segment: tuple[str, str]
) -> None:
    settings, engine = opened
    with pytest.raises(SettingsError):
        effect(settings, engine, company(), START, DAYS, segment)
    engine.dispose()


def test_a_period_whose_departures_are_not_all_known_is_refused(
    opened: tuple[Settings, sa.Engine],
) -> None:
    settings, engine = opened
    late = datetime(2024, 9, 3)  # 90 days and the allowed gap end with 2025-01-01
    assert (
        effect(settings, engine, company(), late, DAYS, None)["concerned"]["churn"]["change"]
        == -0.2
    )
    with pytest.raises(NotReadyError, match="2024-09-03"):
        effect(settings, engine, company(), late + timedelta(days=1), DAYS, None)
    engine.dispose()
