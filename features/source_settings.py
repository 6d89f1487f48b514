"""Where the tables come from: one section each, and the rules for all of them together."""

from datetime import datetime
from typing import Literal

from pydantic import Field, model_validator

from features.encoding import Encoding
from features.section import Section


class Source(Section):
    """Where one table comes from and how its columns and values are called there.

    Exactly one of ``file`` (path or glob of CSV or Parquet; ``name.csv.zip`` and
    ``archive.zip/inner.csv`` are unpacked), ``table`` (in ``database``) or ``sql`` is given.
    ``sql`` without ``database`` runs on the embedded DuckDB from the settings' folder, so it may
    read files by relative path. ``${NAME}`` and ``${NAME:-default}`` in ``file``, ``sql`` and
    ``database`` are replaced from the environment, so that no password need be written here.
    """

    file: str | None = None
    database: str | None = None
    """``duckdb:relative/path.db`` or ``postgresql://…``; default ``[data].database``."""
    table: str | None = None
    sql: str | None = None
    columns: dict[str, str] = Field(default={})
    """Canonical column → the name it has in the source."""
    values: dict[str, dict[str, str]] = Field(default={})
    """Canonical column → source value → canonical value."""
    encoding: Encoding | None = None
    """Of CSV files; default: UTF-8. ``cp932`` is Shift-JIS as Excel and Windows write it."""
    date_format: str | None = None
    """strptime format of text times that are not ISO 8601."""

    @model_validator(mode="after")
    def _one_origin(self) -> "Source":
        given = [n for n in ("file", "table", "sql") if getattr(self, n) is not None]
        if len(given) != 1:
            raise ValueError(f"give exactly one of file, table, sql (given: {given or 'none'})")
        if self.encoding is not None and self.file is None:
            raise ValueError("'encoding' goes with 'file'; in sql write it into read_csv(…)")
        return self


class Data(Section):
    """Rules for all tables together."""

    engine: Literal["duckdb", "postgres", "spark"] = "duckdb"
    """Where the tables are checked and the features computed: in the embedded DuckDB, in the
    PostgreSQL database that holds the tables, or on Spark (extra ``spark``)."""
    database: str | None = None
    observed_until: datetime | None = None
    """Exclusive end of what was observed, in UTC unless an offset is given; rows from then on are
    future rows. Default: the midnight after the last row of the event-like tables (those that say
    what happened; subscriptions and churns, which may be known ahead, only where there is nothing
    else). Rows dated after tomorrow cannot have been observed and never count as the last."""
    memory_limit: str = "3GB"
    """What DuckDB may hold before it spills; Python and Arrow come on top of it."""
    threads: int | None = None


class Spark(Section):
    """The Spark session of ``[data].engine = "spark"``."""

    master: str = "local[*]"
    """Where Spark runs: ``local[4]``, ``spark://host:7077``, ``yarn``, ``k8s://…``."""
    config: dict[str, str] = Field(default={})
    """Further options of the session, as Spark calls them: ``"spark.driver.memory" = "8g"``."""
