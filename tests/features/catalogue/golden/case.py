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
SETTINGS = Settings(
    features={
        "reports": ProductFeature(
            measure="count", event="report", window_days=28, good="up", label={"en": "Reports"}
        ),
        "sharing": ProductFeature(
            measure="ratio",
            event="share",
            per="report",
            window_days=28,
            good="up",
            label={"ja": "共有率", "en": "Sharing"},
        ),
        "never_connected": ProductFeature(
            measure="never", event="connect", good="down", label={"ja": "連携なし"}
        ),
        "days_to_connect": ProductFeature(
            measure="first_use_days", event="connect", good="down", label={"en": "Connection"}
        ),
        "calls": ProductFeature(
            measure="sum", event="call", window_days=28, good="none", label={"en": "Calls"}
        ),
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
