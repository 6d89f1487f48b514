"""A large file in the order of its accounts, of which a sample holds blocks of few accounts."""

from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from features.checks.upstream import sampling
from features.sources import examine
from tests.builders.deliveries import Company

END = datetime(2026, 2, 5)
TABLES = ("accounts", "events")


def refused(folder: Path, account: str) -> list[str]:
    """Write 60 accounts with an event a day each for 400 days, and return what is refused.

    ``account`` is SQL for who did what, of the numbers ``a`` and ``d``.
    """
    with duckdb.connect() as con:
        con.execute(
            f"COPY (SELECT {account} AS account_id, "
            f"TIMESTAMP '{END}' - INTERVAL 400 DAY + d * INTERVAL 1 DAY "
            "+ INTERVAL 9 HOUR AS occurred_at, "
            "CASE d % 3 WHEN 0 THEN 'login' ELSE 'report' END AS event "
            "FROM range(60) accounts(a), range(400) days(d) ORDER BY a, d) "
            f"TO '{folder / 'events.parquet'}' (FORMAT parquet)"
        )
        con.execute(
            "COPY (SELECT 'A' || a AS account_id FROM range(60) accounts(a)) "
            f"TO '{folder / 'accounts.parquet'}' (FORMAT parquet)"
        )
    inactive = '[churn]\nsource = "inactivity"\nhorizon_days = 60\n'
    settings = Company(folder, folder).settings(TABLES, inactive)
    return [v.sentence for v in examine(settings, now=END).report.refused]


def test_the_last_days_of_one_account_in_the_sample_are_no_frozen_column(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Every 64th block: of the last days it holds the events of account 40 and no others.
    monkeypatch.setattr(sampling, "SAMPLE", 400)
    assert refused(tmp_path, "'A' || a") == []


def test_one_account_in_all_rows_of_the_last_days_is_a_frozen_column(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampling, "SAMPLE", 400)
    found = refused(tmp_path, "CASE WHEN d >= 380 THEN 'A40' ELSE 'A' || a END")
    assert any("account_id repeats one value ('A40')" in sentence for sentence in found)
