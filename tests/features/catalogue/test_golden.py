"""Every indicator on accounts written by hand."""

from typing import Any

import pytest

from features.catalogue import everything
from features.snapshots import build
from tests.builders.tables import make_tables
from tests.features.catalogue.golden import business, product, relations, usage
from tests.features.catalogue.golden.case import AS_OF, SETTINGS, Case

CASES = (*usage.CASES, *product.CASES, *relations.CASES, *business.CASES)
TABLES = ("subscriptions", "events", "tickets", "surveys", "messages", "invoices", "learning")


def account_id(case: Case) -> str:
    return f"a{CASES.index(case):03d}"


@pytest.fixture(scope="module")
def rows() -> dict[str, dict[str, Any]]:
    tables: dict[str, Any] = {
        "accounts": [{"account_id": account_id(case), **case.account} for case in CASES]
    }
    for name in TABLES:
        tables[name] = [
            {"account_id": account_id(case), **row} for case in CASES for row in getattr(case, name)
        ]
    snapshot = build(make_tables(AS_OF, **tables), SETTINGS, [AS_OF])
    return {row["account_id"]: row for row in snapshot.table.to_pylist()}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.shows)
def test_golden(case: Case, rows: dict[str, dict[str, Any]]) -> None:
    row = rows[account_id(case)]
    found = {name: row[name] for name in case.expect}
    expected = {
        name: pytest.approx(value, rel=1e-12) if isinstance(value, float) else value
        for name, value in case.expect.items()
    }
    assert found == expected


def test_every_declared_feature_has_a_golden_value() -> None:
    tested = {name for case in CASES for name, value in case.expect.items() if value is not None}
    assert {d.feature.name for d in everything(SETTINGS)} - tested == set()


def test_every_feature_that_can_be_missing_has_a_golden_missing_value() -> None:
    tested = {name for case in CASES for name, value in case.expect.items() if value is None}
    can_be = {
        d.feature.name
        for d in everything(SETTINGS)
        if not d.feature.missing_means.startswith("Never missing")
    }
    assert can_be - tested == set()


def test_every_indicator_has_a_feature() -> None:
    found = {d.feature.indicator for d in everything(SETTINGS)}
    assert {f"I{n:02d}" for n in range(1, 22)} - found == set()
