"""Nine features that know the future, planted: the truth tests must tell each of them."""

from collections.abc import Callable
from datetime import timedelta

import ibis
import pytest

from features import windows
from features.catalogue import Declaration, declare, existing
from features.measures import How, Measured
from features.settings import Settings
from features.snapshots import Snapshot, build
from features.views import VIEWS, Scope, View
from tests.builders.company import DAYS, START, Rows, random_company
from tests.builders.opinions import opinions_of
from tests.builders.tables import make_tables
from tests.builders.unknown import copies, differences, poison, truncate

END = START + timedelta(days=DAYS)
CUTS = [START + timedelta(days=d) for d in range(230, DAYS, 70)]


def up_to_the_cut_off(scope: Scope) -> ibis.Table:
    rows = windows.placed(scope.tables["events"], "occurred_at")
    return windows.at_cuts(rows.mutate(known=rows.known - 1), scope.dates)


def recorded_or_not(scope: Scope) -> ibis.Table:
    rows = scope.tables["events"].drop("recorded_at")
    return windows.at_cuts(windows.placed(rows, "occurred_at"), scope.dates)


def last_event_ever(scope: Scope) -> ibis.Table:
    return windows.placed(scope.tables["events"], "occurred_at").cross_join(scope.dates)


def resolved_whenever(scope: Scope) -> ibis.Table:
    rows = windows.placed(scope.tables["tickets"], "opened_at")
    rows = rows.filter(rows.resolved_at.notnull())
    return windows.at_cuts(rows, scope.dates)


def paid_whenever(scope: Scope) -> ibis.Table:
    rows = windows.placed(scope.tables["invoices"], "issued_at")
    return windows.at_cuts(rows.filter(rows.paid_at.notnull()), scope.dates)


def end_of_the_contract(scope: Scope) -> ibis.Table:
    rows = windows.placed(scope.tables["subscriptions"], "started_at")
    rows = rows.filter(rows.ended_at.notnull()).mutate(end=windows.day_of(rows.ended_at))
    return windows.at_cuts(rows, scope.dates).drop("day").rename(day="end")


def next_answer(scope: Scope) -> ibis.Table:
    rows = windows.placed(scope.tables["surveys"], "responded_at")
    order = ibis.window(group_by="account_id", order_by="responded_at")
    rows = rows.mutate(after=rows.day.lead().over(order))
    return windows.at_cuts(rows.filter(rows.after.notnull()), scope.dates)


def busiest_day_of_all(scope: Scope) -> ibis.Table:
    rows = windows.placed(scope.tables["events"], "occurred_at")
    days = rows.group_by(["account_id", "day"]).aggregate(
        events=rows.count(), known=rows.known.min()
    )
    ranked = days.mutate(place=ibis.rank().over(ibis.window(order_by=ibis.desc("events"))))
    return windows.at_cuts(ranked.filter(ranked.place < 50), scope.dates)


def opinions_whenever(scope: Scope) -> ibis.Table:
    return windows.placed(scope.tables["opinions"], "stated_at").cross_join(scope.dates)


def opinions_so_far(scope: Scope) -> ibis.Table:
    return windows.at_cuts(windows.placed(scope.tables["opinions"], "stated_at"), scope.dates)


LEAKS: dict[Callable[[Scope], ibis.Table], How] = {
    up_to_the_cut_off: "max",
    recorded_or_not: "sum",
    last_event_ever: "max",
    resolved_whenever: "sum",
    paid_whenever: "sum",
    end_of_the_contract: "max",
    next_answer: "sum",
    busiest_day_of_all: "sum",
    opinions_whenever: "max",
}
HONEST: dict[Callable[[Scope], ibis.Table], How] = {opinions_so_far: "max"}


def leaky(view: Callable[[Scope], ibis.Table], how: How) -> Declaration:
    name = getattr(view, "__name__", "")
    return declare(
        name,
        Measured(name, "day", how=how),
        group="usage",
        indicator="I01",
        unit="days",
        good="none",
        needs=("events",),
        label=("漏れ", "A leak"),
        worse=("漏れ", "A leak"),
        better=("漏れ", "A leak"),
    )


def without_leaves(view: Callable[[Scope], ibis.Table]) -> View:
    return lambda scope, leaves: view(scope)


@pytest.fixture(scope="module")
def told() -> set[str]:
    """Return the planted features that truncating or poisoning changes."""
    company = random_company(11, accounts=15)
    company["opinions"] = opinions_of(company, 11)
    views = LEAKS | HONEST
    with pytest.MonkeyPatch.context() as patched:
        planted = [leaky(view, how) for view, how in views.items()]
        patched.setattr(existing, "everything", lambda settings: planted)
        for view in views:
            name = getattr(view, "__name__", "")
            patched.setitem(VIEWS, name, without_leaves(view))
        truth = snapshot_of(company)
        changed = [copies(company, change, CUTS) for change in (truncate, poison(11))]
        found = [differences(snapshot_of(rows), truth, CUTS) for rows in changed]
    return {name for differ in found for name, _, _ in differ}


def snapshot_of(rows: Rows) -> Snapshot:
    return build(make_tables(END, **rows), Settings(), CUTS)


@pytest.mark.parametrize("view", LEAKS, ids=lambda view: view.__name__)
def test_a_planted_leak_is_told(view: Callable[[Scope], ibis.Table], told: set[str]) -> None:
    assert getattr(view, "__name__", "") in told


def test_what_leaks_not_is_not_accused(told: set[str]) -> None:
    assert "industry" not in told
    assert "account_id" not in told
    assert "opinions_so_far" not in told
