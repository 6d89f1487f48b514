"""One account written by hand, and what its features are at the cut-off."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from features.settings import ProductFeature, Settings

AS_OF = datetime(2026, 4, 1)
Rows = Sequence[Mapping[str, Any]]
CONTRACT: dict[str, Any] = {
    "started_at": datetime(2024, 4, 1),
    "ended_at": None,
    "plan": "Basic",
    "seats": 10,
    "mrr": 100.0,
}


def own(measure: str, event: Any, days: int | None = None, **more: Any) -> ProductFeature:  # noqa: ANN401
    """Return a feature of the settings, from named events."""
    spoken = measure.replace("_", " ")
    label = {"ja": f"{spoken}の値", "en": f"Value of {spoken}"}
    given = {"measure": measure, "event": event, "window_days": days, "label": label, **more}
    return ProductFeature.model_validate(given)


SETTINGS = Settings(
    features={
        "reports": own("count", "report", 28, good="up"),
        "sharing": own("ratio", "share", 28, per="report", good="up"),
        "never_connected": own("never", "connect", good="down"),
        "days_to_connect": own("first_use_days", "connect", good="down"),
        "calls": own("sum", "call", 28),
        "documents": own("count", ["rep*", "share"], 28, good="up"),
        "amounts": own("sum", ["call", "sh*e"], 28),
        "outcome": own("ratio", ["share", "connect"], 28, per=["report", "call"], unit="times"),
        "never_any": own("never", ["conn*", "invite"], good="down"),
        "days_to_any": own("first_use_days", ["connect", "invite"], good="down"),
        "breadth": own("breadth", ["report", "share", "connect"], 28, good="up"),
        "breadth_of_all": own("breadth", "*", 28, good="up"),
        "authors": own("users", ["report", "share"], 28, good="up"),
        "author_seats": own("share_of_seats", "report", 28, good="up"),
        "document_days": own("active_days", ["report", "share"], 28, good="up"),
        "days_since_document": own("days_since", ["report", "sh*"], good="down"),
        "top_author": own("top_user_share", "report", 28, good="down"),
        "top_user": own("top_user_share", None, 28, good="down"),
        "reports_now": own("count", "report", 28, against="own_past", good="up"),
        "reports_long": own("count", "*", 28, against="own_past", periods=3, good="up"),
        "reports_chance": own(
            "count", "report", 28, against="own_past", difference="chance", good="up"
        ),
        "all_chance": own(
            "count", "*", 28, against="own_past", periods=3, difference="chance", good="up"
        ),
        "authors_now": own("users", "*", 28, against="own_past", good="up"),
        "sharing_now": own("ratio", "share", 28, per="report", against="own_past", periods=2),
        "days_now": own("active_days", "*", 28, against="own_past", good="up"),
        "breadth_now": own("breadth", "*", 28, against="own_past", good="up"),
        "reports_peers": own("count", "*", 90, against="peers", minimum_peers=3, good="up"),
        "since_peers": own("days_since", "*", against="peers", minimum_peers=3, good="down"),
        "top_peers": own("top_user_share", None, 90, against="peers", minimum_peers=3),
    }
)


@dataclass(frozen=True)
class Case:
    """What it shows, the rows of one account, and the values expected (None: missing)."""

    shows: str
    expect: Mapping[str, Any]
    account: Mapping[str, Any] = field(default_factory=dict)
    subscriptions: Rows = (CONTRACT,)
    events: Rows = ()
    tickets: Rows = ()
    surveys: Rows = ()
    messages: Rows = ()
    invoices: Rows = ()
    learning: Rows = ()


def ago(days: float, **more: float) -> datetime:
    """Return the instant ``days`` before the cut-off."""
    return AS_OF - timedelta(days=days) + timedelta(**more)


def event(days: float, name: str = "use", **columns: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return an event ``days`` before the cut-off."""
    return {"occurred_at": ago(days), "event": name, **columns}


def message(days: float, kind: str, **columns: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return a message ``days`` before the cut-off."""
    return {"occurred_at": ago(days), "kind": kind, **columns}


def survey(days: float, kind: str, rating: float | None, **columns: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return an answer ``days`` before the cut-off."""
    return {"responded_at": ago(days), "kind": kind, "rating": rating, **columns}


def ticket(days: float, resolved: float | None = None, **columns: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return a ticket opened ``days`` before the cut-off, resolved ``resolved`` days before it."""
    end = None if resolved is None else ago(resolved)
    return {"opened_at": ago(days), "resolved_at": end, **columns}


def invoice(
    days: float,
    amount: float,
    due: float | None,
    paid: float | None = None,
    **columns: Any,  # noqa: ANN401
) -> dict[str, Any]:
    """Return an invoice; all times in days before the cut-off."""
    times = {"due_at": due, "paid_at": paid}
    found = {name: None if at is None else ago(at) for name, at in times.items()}
    return {"issued_at": ago(days), "amount": amount, **found, **columns}
