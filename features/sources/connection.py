"""The embedded DuckDB that reads and checks a company's tables."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

import duckdb

from features.errors import SettingsError
from features.settings import Settings

_VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")


def connect(settings: Settings) -> duckdb.DuckDBPyConnection:
    """Return a new in-memory DuckDB in UTC that spills into the workspace.

    Relative paths start at the settings' folder; nothing is ever fetched from the internet.
    """
    spill = settings.workspace / "cache" / "spill"
    spill.mkdir(parents=True, exist_ok=True)
    options: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": settings.data.memory_limit,
        "temp_directory": str(spill),
        "autoinstall_known_extensions": False,
        # Of a database in memory there is nothing to be kept; to pack its tables takes a moment.
        "checkpoint_threshold": "1GB",
    }
    if settings.data.threads is not None:
        options["threads"] = settings.data.threads
    try:
        con = duckdb.connect(":memory:", config=options)
    except (duckdb.Error, RuntimeError) as error:
        raise SettingsError(
            "a memory limit such as '4GB' and a positive number of threads under [data]",
            f"memory_limit = {settings.data.memory_limit!r}, threads = {settings.data.threads!r}",
            f"DuckDB says: {first_line(error)}",
        ) from None
    con.execute("CREATE SCHEMA raw; CREATE SCHEMA typed")
    return _told(con, settings)


def beside(con: duckdb.DuckDBPyConnection, settings: Settings) -> duckdb.DuckDBPyConnection:
    """Return another connection to the same database, at work at the same time.

    It sees all but the temporary tables of ``con``.
    """
    return _told(con.cursor(), settings)


def _told(con: duckdb.DuckDBPyConnection, settings: Settings) -> duckdb.DuckDBPyConnection:
    """Return the connection with what each has to be told."""
    con.execute("SET TimeZone = 'UTC'")
    # Of a local file the system reads ahead; DuckDB would hold a row group's columns in memory.
    con.execute("LOAD parquet; SET disable_parquet_prefetching = true")
    con.execute("SET python_enable_replacements = false")
    con.execute(f"SET file_search_path = {text(str(settings.root.resolve()))}")
    return con


def expand(value: str, environ: Mapping[str, str] = os.environ) -> str:
    """Return ``value`` with ``${NAME}`` and ``${NAME:-default}`` replaced from ``environ``.

    Raises
    ------
    SettingsError
        Where a variable is not set and has no default.

    Examples
    --------
    >>> expand("${DATA:-../data}/events.csv", {})
    '../data/events.csv'
    """

    def replaced(match: re.Match[str]) -> str:
        name, default = match.group(1), match.group(2)
        found = environ.get(name) or default
        if found is None:
            raise SettingsError(
                f"the environment variable {name}, which the settings name",
                "it is not set",
                f"Set it, or write a default: ${{{name}:-default}}.",
            )
        return found

    return _VARIABLE.sub(replaced, value)


def located(settings: Settings, file: str) -> Path:
    """Return ``file`` of the settings as a path: variables replaced, relative to the settings."""
    return settings.root.resolve() / expand(file)


def name(identifier: str) -> str:
    """Return ``identifier`` quoted for SQL."""
    return '"' + identifier.replace('"', '""') + '"'


def text(value: str) -> str:
    """Return ``value`` as an SQL text literal."""
    return "'" + value.replace("'", "''") + "'"


def first_line(error: BaseException) -> str:
    """Return what a database said, without its hints and its drawing of the query."""
    return str(error).strip().split("\n", 1)[0]


def copy_to(con: duckdb.DuckDBPyConnection, query: str, target: Path) -> None:
    """Write the rows of ``query`` as compressed Parquet."""
    con.execute(f"COPY ({query}) TO {text(str(target))} (FORMAT parquet, COMPRESSION zstd)")
