"""`kenshin check --leaks` on a company with planted leaks, and on one without."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import ibis
import pytest
from typer.testing import CliRunner

from features import windows
from features.catalogue import existing
from features.checks import CheckReport
from features.checks.leaks import LeakReport, audit
from features.measures import How
from features.settings import Settings
from features.sources import load_tables
from features.views import VIEWS, Scope
from serving.cli import app
from tests.builders.company import random_company
from tests.builders.company_files import company
from tests.builders.tables import make_tables
from tests.features.truth.conftest import END
from tests.features.truth.test_planted_features import (
    last_event_ever,
    leaky,
    recorded_or_not,
    resolved_whenever,
    without_leaves,
)


def at_the_very_instant(scope: Scope) -> ibis.Table:
    rows = windows.placed(scope.tables["events"], "occurred_at")
    dates = scope.dates
    recorded = rows.recorded_at.isnull() | (rows.recorded_at <= dates.as_of)
    return rows.join(dates, [rows.occurred_at <= dates.as_of, recorded])


PLANTED: dict[Callable[[Scope], ibis.Table], tuple[How, str]] = {
    last_event_ever: ("max", "K410"),
    resolved_whenever: ("sum", "K410"),
    recorded_or_not: ("sum", "K411"),
    at_the_very_instant: ("max", "K412"),
}
"""Planted features and what each must be told as."""


@pytest.fixture(scope="module")
def told() -> LeakReport:
    rows = random_company(11, accounts=15)
    with pytest.MonkeyPatch.context() as patched:
        planted = [leaky(view, how) for view, (how, _) in PLANTED.items()]
        honest = [d for d in existing.everything(Settings()) if d.feature.name == "tickets_90d"]
        patched.setattr(existing, "everything", lambda settings: [*planted, *honest])
        for view in PLANTED:
            patched.setitem(VIEWS, getattr(view, "__name__", ""), without_leaves(view))
        return audit(make_tables(END, **rows), Settings(), CheckReport())


@pytest.mark.parametrize("view", PLANTED, ids=lambda view: view.__name__)
def test_a_planted_feature_is_named_with_its_kind_and_what_to_do(
    view: Any,  # noqa: ANN401
    told: LeakReport,
) -> None:
    [leak] = [leak for leak in told.leaks if leak.name == view.__name__]
    assert leak.code == PLANTED[view][1]
    assert leak.kind == "feature"
    assert "events" in leak.sources
    assert leak.cells > 0
    assert view.__name__ in leak.sentence
    assert "for example account a" in leak.sentence
    assert leak.fix


def test_an_honest_feature_beside_them_is_not_accused(told: LeakReport) -> None:
    assert "tickets_90d" in told.features
    assert "tickets_90d" not in told.leaking_features
    assert told.cut_offs == 20
    assert told.verdict.startswith("4 features know the future (")


Row = dict[str, Any]
BORN = datetime(2024, 1, 1)


def honest_company() -> dict[str, list[Row]]:
    """Return 60 accounts of which every third left, by nothing that a single column tells."""
    draw = Random(3)
    tables: dict[str, list[Row]] = {
        n: [] for n in ("accounts", "subscriptions", "events", "tickets")
    }
    for n in range(60):
        account, left = f"a{n:02}", n % 3 == 0
        end = BORN + timedelta(days=draw.randrange(150, 480))
        until = end if left else BORN + timedelta(days=500)
        employees = draw.randrange(1, 900)
        base = {"account_id": account}
        tables["accounts"].append({**base, "created_at": BORN.date(), "employees": employees})
        tables["subscriptions"].append(
            {
                **base,
                "started_at": BORN.date(),
                "ended_at": end.date() if left else "",
                "mrr": draw.randrange(10, 99),
                "auto_renew": draw.choice(("yes", "no")),
            }
        )
        for day in range(2, (until - BORN).days, 9):
            at = BORN + timedelta(days=day, hours=9)
            row = {**base, "occurred_at": at, "event": draw.choice(("login", "report"))}
            tables["events"].append({**row, "user_id": f"u{day % 3}", "recorded_at": at})
            if day % 4 == 0:
                category = draw.choice(("bug", "how_to"))
                tables["tickets"].append({**base, "opened_at": at, "category": category})
    return tables


def has_left(row: Row) -> bool:
    return bool(row["ended_at"])


def target_copy(tables: dict[str, list[Row]]) -> None:
    for account, contract in zip(tables["accounts"], tables["subscriptions"], strict=True):
        account["grade"] = "C" if has_left(contract) else "A"


def overwritten_attribute(tables: dict[str, list[Row]]) -> None:
    for account, contract in zip(tables["accounts"], tables["subscriptions"], strict=True):
        account["stage"] = "dormant" if has_left(contract) else ""


def overwritten_term(tables: dict[str, list[Row]]) -> None:
    for contract in tables["subscriptions"]:
        contract["auto_renew"] = "no" if has_left(contract) else "yes"


def overwritten_money(tables: dict[str, list[Row]]) -> None:
    for contract in tables["subscriptions"]:
        contract["mrr"] = 0 if has_left(contract) else contract["mrr"]


def overwritten_plan(tables: dict[str, list[Row]]) -> None:
    for contract in tables["subscriptions"]:
        contract["plan"] = "Cancelled" if has_left(contract) else "Pro"


def farewell_ticket(tables: dict[str, list[Row]]) -> None:
    for contract in tables["subscriptions"]:
        if has_left(contract):
            row = {"account_id": contract["account_id"], "opened_at": contract["ended_at"]}
            tables["tickets"].append({**row, "category": "data export"})


DATA = [
    (target_copy, "K403", "accounts.grade"),
    (overwritten_attribute, "K402", "accounts.stage"),
    (overwritten_term, "K408", "subscriptions.auto_renew"),
    (overwritten_money, "K408", "subscriptions.mrr"),
    (overwritten_plan, "K408", "subscriptions.plan"),
    (farewell_ticket, "K407", "tickets.category = data export"),
]


@pytest.fixture(scope="module")
def all_planted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    tables = honest_company()
    for plant, _, _ in DATA:
        plant(tables)
    folder = tmp_path_factory.mktemp("planted")
    company(folder, tables, extra="[data]\nobserved_until = 2025-06-01\n")
    done = CliRunner().invoke(
        app, ["check", "--leaks", "--json", "--config", str(folder / "kenshin.toml")]
    )
    assert done.exit_code == 0, done.output
    leaks: dict[str, Any] = json.loads(done.stdout)["leaks"]
    return leaks


@pytest.mark.parametrize(
    ("plant", "code", "name"), DATA, ids=[plant.__name__ for plant, *_ in DATA]
)
def test_a_planted_column_is_named(
    plant: Any,  # noqa: ANN401
    code: str,
    name: str,
    all_planted: dict[str, Any],
) -> None:
    [leak] = [leak for leak in all_planted["leaks"] if leak["name"] == name]
    assert leak["code"] == code
    assert leak["kind"] == "column"
    assert name.split(" = ")[0].split(".")[1] in leak["sentence"]
    assert leak["fix"]


def test_no_feature_and_no_other_column_is_accused(all_planted: dict[str, Any]) -> None:
    assert {leak["name"] for leak in all_planted["leaks"]} == {name for *_, name in DATA}
    assert all(leak["kind"] == "column" for leak in all_planted["leaks"])


def test_a_column_that_knows_the_future_is_left_out(tmp_path: Path) -> None:
    tables = honest_company()
    overwritten_money(tables)
    settings = company(tmp_path, tables, extra="[data]\nobserved_until = 2025-06-01\n")
    loaded = load_tables(settings, now=datetime(2025, 6, 1)).tables
    assert "mrr" not in loaded["subscriptions"].columns


@pytest.mark.slow
def test_an_honest_company_has_none_and_is_told_what_was_tried(tmp_path: Path) -> None:
    company(tmp_path, honest_company(), extra="[data]\nobserved_until = 2025-06-01\n")
    done = CliRunner().invoke(app, ["check", "--leaks", "--config", str(tmp_path / "kenshin.toml")])
    assert done.exit_code == 0, done.output
    said = " ".join(done.stdout.split())
    assert "No leak found (" in said
    assert "cut-offs and" in said
    assert "cannot be told for subscriptions, tickets: without recorded_at" in said
