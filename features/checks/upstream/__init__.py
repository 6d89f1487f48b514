"""Whether a delivery is still the same kind of data: what upstream broke, named before use."""

from features.checks.upstream.delivery import Delivery, accept, inspect, record
from features.checks.upstream.watched import WatchedColumn, WatchedTable

__all__ = ["Delivery", "WatchedColumn", "WatchedTable", "accept", "inspect", "record"]
