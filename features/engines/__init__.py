"""Where tables are checked and features computed: the embedded DuckDB, PostgreSQL or Spark."""

from features.engines.keeping import finished, fork, in_any_order, keep
from features.engines.ranges import Ranges, each
from features.engines.reading import ahead, arrow, batches, counted, size, soon

__all__ = [
    "Ranges",
    "ahead",
    "arrow",
    "batches",
    "counted",
    "each",
    "finished",
    "fork",
    "in_any_order",
    "keep",
    "size",
    "soon",
]
