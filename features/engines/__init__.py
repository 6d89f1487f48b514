"""Where tables are checked and features computed: the embedded DuckDB, PostgreSQL or Spark."""

from features.engines.keeping import finished, in_any_order, keep
from features.engines.reading import Parts, ahead, arrow, batches, parts, soon

__all__ = [
    "Parts",
    "ahead",
    "arrow",
    "batches",
    "finished",
    "in_any_order",
    "keep",
    "parts",
    "soon",
]
