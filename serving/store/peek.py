"""Look-ups short enough for the event loop: one SQLite connection that waits for nobody."""

import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import sqlalchemy as sa

from serving.store.sqlite_file import Identity, identity

Found = list[tuple[Any, ...]]

_OPENED: Final = "?mode=rw"
"""What may not be written to is not tidied up either by the last who closes it."""


class Peek:
    """One look-up in the store of an engine, asked where no thread may be waited for.

    Only SQLite, which has the answer in this process: a database elsewhere is never asked, and a
    file that is locked, gone or another one now is left to those who can wait. The connection
    closes with the engine.

    Parameters
    ----------
    engine : sa.Engine
    statement : sa.Select
        Its rows are what the file holds: dates are texts.
    """

    def __init__(self, engine: sa.Engine, statement: sa.Select[Any]) -> None:
        compiled: Any = statement.compile(dialect=engine.dialect)
        self._text, self._names = compiled.string, tuple(compiled.positiontup or ())
        self._fixed = {name: value for name, value in compiled.params.items() if value is not None}
        database = engine.url.database if engine.dialect.name == "sqlite" else None
        self._path = None if database is None else Path(database).absolute()
        self._connection: sqlite3.Connection | None = None
        self._file: Identity | None = None
        sa.event.listen(engine, "engine_disposed", self._close)

    def ask(self, **asked: str) -> Found | None:
        """Return the rows; None where they cannot be had at once."""
        if self._path is None:
            return None
        try:
            file = identity(self._path)
            if file is None:
                return None
            if self._connection is None or file != self._file:
                self._connection, self._file = self._opened(self._path), file
            values = self._fixed | asked
            found = self._connection.execute(self._text, [values[name] for name in self._names])
            return found.fetchall()
        except sqlite3.Error:
            self._close()
            return None

    def _opened(self, path: Path) -> sqlite3.Connection:
        self._close()
        connection = sqlite3.connect(
            f"file:{quote(str(path))}{_OPENED}",
            uri=True,
            timeout=0,
            isolation_level=None,
            check_same_thread=False,
        )
        connection.execute("PRAGMA query_only=ON")
        return connection

    def _close(self, _: object = None) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()
