"""A small company drawn at random, with everything that makes time difficult.

Instants fall on midnights as often as between them, rows are recorded late, contracts end, overlap
and begin again, tickets and invoices are settled at, before and after any cut-off.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any

Rows = dict[str, Any]
START = datetime(2024, 1, 1)
DAYS = 800


def random_company(seed: int, accounts: int = 30) -> Rows:
    """Return rows of every table that features are made of, by table name."""
    draw = Random(seed)
    rows: Rows = {name: [] for name in _TABLES}
    for number in range(accounts):
        account = f"a{number}"
        for name, make in _TABLES.items():
            rows[name] += [{"account_id": account, **row} for row in make(draw)]
    return rows


def _instant(draw: Random, first: int = 0) -> datetime:
    at = START + timedelta(days=draw.randrange(first, DAYS))
    return (
        at if draw.random() < 0.5 else at + timedelta(microseconds=draw.randrange(86_400_000_000))
    )


def _recorded(draw: Random, at: datetime) -> dict[str, Any]:
    if draw.random() < 0.7:
        return {"recorded_at": None}
    late = timedelta(days=draw.choice((0, 0, 1, 3, 40, 200)), hours=draw.choice((0, 5, 23)))
    return {"recorded_at": at + late}


def _after(draw: Random, at: datetime, days: int) -> datetime | None:
    return None if draw.random() < 0.3 else at + timedelta(days=draw.randrange(days))


def _accounts(draw: Random) -> list[dict[str, Any]]:
    created = None if draw.random() < 0.3 else _instant(draw)
    industry = draw.choice(("retail", "public", None))
    return [{"created_at": created, "industry": industry, "employees": draw.randrange(1, 500)}]


def _subscriptions(draw: Random) -> list[dict[str, Any]]:
    rows = []
    at = START + timedelta(days=draw.randrange(200), hours=draw.choice((0, 9)))
    for _ in range(draw.randrange(1, 6)):
        end = at + timedelta(days=draw.choice((30, 90, 200, 365)))
        rows.append(
            {
                "started_at": at,
                "ended_at": None if draw.random() < 0.1 else end,
                "plan": draw.choice(("Basic", "Pro", None)),
                "seats": draw.choice((1, 5, 20, None)),
                "mrr": draw.choice((10.1, 99.99, 500.0, None)),
                "renews_at": draw.choice((end, None)),
                "term_months": draw.choice((1, 12, None)),
                "auto_renew": draw.choice((True, False, None)),
                **_recorded(draw, at),
            }
        )
        at = end + timedelta(days=draw.choice((-10, 0, 0, 1, 29, 30, 31, 100)))
    return rows


def _events(draw: Random) -> list[dict[str, Any]]:
    names = ("login", "login", "use", "report", "share", "connect", "call", "setup_completed")
    rows = []
    for _ in range(draw.randrange(150)):
        at = _instant(draw)
        rows.append(
            {
                "occurred_at": at,
                "event": draw.choice(names),
                "user_id": draw.choice(("u1", "u2", "u3", "u4", None)),
                "quantity": draw.choice((1.0, 0.125, -3.5, None)),
                "duration_s": draw.choice((0.001, 60.0, 7200.5, None)),
                **_recorded(draw, at),
            }
        )
    return rows


def _tickets(draw: Random) -> list[dict[str, Any]]:
    rows = []
    for _ in range(draw.randrange(8)):
        at = _instant(draw)
        rows.append(
            {
                "opened_at": at,
                "resolved_at": _after(draw, at, 60),
                "priority": draw.choice(("high", "low", None)),
                "category": draw.choice(("bug", "billing", "how_to", "other", None)),
                "csat": draw.choice((1.0, 4.5, None)),
                **_recorded(draw, at),
            }
        )
    return rows


def _surveys(draw: Random) -> list[dict[str, Any]]:
    rows = []
    for _ in range(draw.randrange(8)):
        at = _instant(draw)
        kind = draw.choice(("nps", "csat", "ease"))
        rows.append(
            {
                "responded_at": at,
                "kind": kind,
                "rating": draw.choice((0.0, 3.5, 9.0, None)),
                **_recorded(draw, at),
            }
        )
    return rows


def _messages(draw: Random) -> list[dict[str, Any]]:
    kinds = "email_sent email_open email_click event_invited event_attended community_post meeting"
    rows = []
    for _ in range(draw.randrange(40)):
        at = _instant(draw)
        rows.append(
            {
                "occurred_at": at,
                "kind": draw.choice(kinds.split()),
                "direction": draw.choice(("inbound", "outbound", None)),
                **_recorded(draw, at),
            }
        )
    return rows


def _invoices(draw: Random) -> list[dict[str, Any]]:
    rows = []
    for _ in range(draw.randrange(12)):
        at = _instant(draw)
        rows.append(
            {
                "issued_at": at,
                "amount": draw.choice((0.1, 100.0, 33.33)),
                "due_at": _after(draw, at, 45),
                "paid_at": _after(draw, at, 90),
                **_recorded(draw, at),
            }
        )
    return rows


def _learning(draw: Random) -> list[dict[str, Any]]:
    rows = []
    for _ in range(draw.randrange(5)):
        at = _instant(draw)
        course = draw.choice(("first_steps", "hands_on"))
        completed = draw.choice((True, False, None))
        rows.append(
            {"occurred_at": at, "course": course, "completed": completed, **_recorded(draw, at)}
        )
    return rows


_TABLES: dict[str, Callable[[Random], list[dict[str, Any]]]] = {
    "accounts": _accounts,
    "subscriptions": _subscriptions,
    "events": _events,
    "tickets": _tickets,
    "surveys": _surveys,
    "messages": _messages,
    "invoices": _invoices,
    "learning": _learning,
}
