"""The views that measures aggregate: each source's rows, placed at the cut-offs where they count.

One function per view. It takes a `Scope` and the measures asked of the view and returns a table
with ``c``, ``account_id``, ``day`` and the columns that `catalogue` names.
"""

from __future__ import annotations

from collections.abc import Callable

from features.engines.light import ibis
from features.views import events, messages, product, relations
from features.views.scope import Leaves, Scope

View = Callable[[Scope, Leaves], "ibis.Table"]

VIEWS: dict[str, View] = {
    "days": events.days,
    "last_day": events.last_day,
    "first_named": product.first_named,
    "last_named": product.last_named,
    "named_days": product.named_days,
    "named_names": product.named_names,
    "contracts": relations.contracts,
    "tickets": relations.tickets,
    "surveys": relations.surveys,
    "messages": messages.messages,
    "last_messages": messages.last_messages,
    "invoices": relations.invoices,
    "learning": relations.learning,
    "users": events.users,
    "earlier_users": events.earlier_users,
    "named_users": product.named_users,
}
"""Every view by the name that measures give; last those that read what others computed before."""

__all__ = ["VIEWS", "Scope", "View"]
