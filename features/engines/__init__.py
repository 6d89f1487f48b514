"""Where tables are checked and features computed: the embedded DuckDB, PostgreSQL or Spark."""

from features.engines.keeping import in_any_order, keep
from features.engines.reading import arrow, batches

__all__ = ["arrow", "batches", "in_any_order", "keep"]
