"""Where tables are checked and features computed: the embedded DuckDB, PostgreSQL or Spark."""

from features.engines.keeping import keep

__all__ = ["keep"]
