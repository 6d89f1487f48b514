"""Tables of a PostgreSQL server, streamed as Arrow."""

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from urllib.parse import SplitResult, unquote, urlsplit

import pyarrow as pa

from features.errors import TableError

_SCHEMES = ("postgresql://", "postgres://")


def is_postgres(database: str) -> bool:
    """Return whether ``database`` names a PostgreSQL server."""
    return database.startswith(_SCHEMES)


def read_postgres(url: str, query: str) -> pa.RecordBatchReader:
    """Return the rows of ``query``, read in batches while they are consumed.

    Raises
    ------
    TableError
        Where the server cannot be reached, refuses us, or refuses the query. The password is
        in no message.
    """
    import adbc_driver_manager
    from adbc_driver_postgresql import dbapi

    _parts(url)
    with ExitStack() as opened:
        try:
            connection = opened.enter_context(dbapi.connect(url))
            cursor = opened.enter_context(connection.cursor())
            cursor.execute("SET TIME ZONE 'UTC'")
            cursor.execute(query)
            reader: pa.RecordBatchReader = cursor.fetch_record_batch()
        except adbc_driver_manager.Error as error:
            raise explained(url, error) from None
        batches = _kept_open(reader, opened.pop_all())
        return pa.RecordBatchReader.from_batches(reader.schema, batches)


def _kept_open(
    reader: pa.RecordBatchReader, opened: AbstractContextManager[object]
) -> Iterator[pa.RecordBatch]:
    """Yield the batches, then close what they came from."""
    with opened:
        yield from reader


def shown(url: str) -> str:
    """Return ``url`` without its password and its options."""
    parts = _parts(url)
    user = f"{parts.username}@" if parts.username else ""
    port = f":{parts.port}" if parts.port else ""
    return f"postgresql://{user}{parts.hostname or ''}{port}{parts.path}"


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise TableError(
            "a database as postgresql://user:password@host:5432/name",
            "one that cannot be read",
            "Write %40 for an @, %3A for a : and %2F for a / inside the password.",
        ) from None
    return parts


def explained(url: str, error: Exception) -> TableError:
    """Return what a server said about a failure, without the password."""
    said = str(error).replace(url, shown(url))
    password = _parts(url).password
    for secret in {password, unquote(password)} if password else ():
        said = said.replace(secret, "***")
    line = next((part for part in said.split("\n") if "FATAL" in part or "ERROR" in part), "")
    short = re.sub(r"^[A-Z_]+: (\[libpq\] )?(Failed to [\w ]+: )?", "", line or said.split("\n")[0])
    return TableError(
        "a PostgreSQL server that answers the query",
        f"{shown(url)} says: {short.strip()}",
        "Mend user, password, host or sql in the settings; "
        "a password can come from the environment: postgresql://user:${NAME}@host/database.",
    )
