"""Money in other currencies: the same features once rates are given, named where there is none."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from features.settings import Settings
from features.snapshots import build
from features.sources import examine
from tests.builders.company_files import NOW, Row, company, sound

CUT = datetime(2025, 10, 1)
RATES = """
[[company.rates]]
currency = "EUR"
rate = 1.25
[[company.rates]]
currency = "EUR"
rate = 1.6
valid_from = 2025-01-10
[[company.rates]]
currency = "JPY"
rate = 0.0064
"""
ONLY = ("mrr", "mrr_change_90d", "mrr_per_seat")


def rate_of(code: str, day: str) -> float:
    later = {"JPY": 0.0064, "EUR": 1.6}[code]
    return 1.25 if code == "EUR" and day < "2025-01-10" else later


def told(folder: Path, tables: dict[str, list[Row]], extra: str = RATES) -> tuple[Any, list[Row]]:
    folder.mkdir(exist_ok=True)
    read = examine(company(folder, tables, extra=extra), now=NOW)
    return read.report, build(read.tables, Settings(), [CUT], only=ONLY).table.to_pylist()


def test_amounts_times_the_rate_with_another_code_give_the_same_features(tmp_path: Path) -> None:
    foreign = sound()
    for table, money, time in (
        ("subscriptions", "mrr", "started_at"),
        ("invoices", "amount", "issued_at"),
    ):
        for number, row in enumerate(foreign[table]):
            if number % 3:
                code = ("EUR", "JPY")[number % 2]
                row[money] = row[money] / rate_of(code, str(row[time]))
                row["currency"] = code.lower() if number % 5 else code
    report, rows = told(tmp_path / "foreign", foreign)
    same_report, same = told(tmp_path / "own", sound())
    assert [v.code for v in report.violations if v.code.startswith(("K1", "K2", "K3"))] == []
    assert report.rows_kept == same_report.rows_kept
    assert len(rows) == len(same) > 20
    for found, expected in zip(rows, same, strict=True):
        for name, value in expected.items():
            close = pytest.approx(value, rel=1e-9) if isinstance(value, float) else value
            assert found[name] == close, name
    assert {row["fact_currency"] for row in rows} == {"USD"}


def test_a_code_without_a_rate_is_named_and_its_money_does_not_count(tmp_path: Path) -> None:
    tables = sound()
    tables["subscriptions"][0]["currency"] = "CHF"
    tables["invoices"][0]["currency"] = "CHF"
    report, rows = told(tmp_path / "unknown", tables)
    [missing] = report.of("K306", "subscriptions")
    assert (missing.severity, missing.example_value) == ("warning", "CHF")
    assert report.of("K306", "invoices")[0].severity == "quarantined"
    assert "no rate on that day" in missing.sentence
    assert rows[0]["mrr"] is None
    assert rows[1]["mrr"] == 1002.0


def test_a_rate_that_holds_only_later_is_none_for_earlier_rows(tmp_path: Path) -> None:
    tables = sound()
    for row in tables["subscriptions"][:2]:
        row["currency"] = "GBP"
    late = '[[company.rates]]\ncurrency = "GBP"\nrate = 2.0\nvalid_from = 2025-01-03\n'
    report, rows = told(tmp_path / "late", tables, late)
    assert report.of("K306", "subscriptions")[0].rows == 1
    assert [row["mrr"] for row in rows[:2]] == [None, 2004.0]


def test_without_rates_a_foreign_currency_stays_out_as_before(tmp_path: Path) -> None:
    tables = sound()
    tables["subscriptions"][0]["currency"] = "EUR"
    report, _ = told(tmp_path / "none", tables, "")
    assert report.of("K303", "subscriptions")
    assert report.of("K306") == ()
