"""One SQLite file: how it is connected to, and how it is noticed that it is another one now."""

import os
import sqlite3
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa

Identity = tuple[int, int, bool]
"""Device, inode, and whether it may be written."""


class SqliteFile:
    """The file behind an engine.

    SQLite goes on writing to a file that was deleted or replaced under it, and makes an empty one
    where there is none: what is acknowledged then is lost. So a connection is dropped as soon as
    its file is no longer the one at that path, and only the first connection may make the file.
    A connection to a file that may only be read never writes, even when the file may be written
    again: so it is dropped then as well.

    Parameters
    ----------
    path : Path
    patience_seconds : float
        So long is waited for another writer.
    """

    def __init__(self, path: Path, patience_seconds: float) -> None:
        self.path, self.patience_seconds = path.absolute(), patience_seconds
        self._mode = "rwc"

    def engine(self, url: sa.URL) -> sa.Engine:
        """Return an engine over the file."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        waits = {"timeout": self.patience_seconds}
        # Parameters are rows of customers, which an error would print.
        engine = sa.create_engine(url, connect_args=waits, hide_parameters=True)
        sa.event.listen(engine, "do_connect", self._address)
        sa.event.listen(engine, "connect", self._prepare)
        sa.event.listen(engine, "checkout", self._check)
        sa.event.listen(engine, "begin", _begin)
        return engine

    def keep(self) -> None:
        """From now on a file that is gone is an error, not a reason to make an empty one."""
        self._mode = "rw"

    def _address(self, _: object, __: object, place: list[Any], options: dict[str, Any]) -> None:
        place[:] = [f"file:{quote(str(self.path))}?mode={self._mode}"]
        options["uri"] = True

    def _prepare(self, connection: sqlite3.Connection, record: sa.pool.ConnectionPoolEntry) -> None:
        """Make commits survive a power cut and leave transactions to us, not to the driver."""
        connection.isolation_level = None
        # A row is near 2 KB; a new file packs seven a page.
        connection.execute("PRAGMA page_size=16384")
        _to_wal(connection, self.patience_seconds)
        for pragma in ("synchronous=FULL", "foreign_keys=ON", "recursive_triggers=ON"):
            connection.execute(f"PRAGMA {pragma}")
        record.info["file"] = identity(self.path)

    def _check(self, _: object, record: sa.pool.ConnectionPoolEntry, __: object) -> None:
        """Drop a connection whose file was deleted, replaced, locked up or opened again."""
        if record.info.get("file") != identity(self.path):
            raise sa.exc.DisconnectionError("the file of the store is another one now")


def identity(path: Path) -> Identity | None:
    """Return what tells a file from another one at its path; None where there is none."""
    try:
        state = path.stat()
    except OSError:
        return None
    return state.st_dev, state.st_ino, os.access(path, os.W_OK)


def _to_wal(connection: sqlite3.Connection, patience_seconds: float) -> None:
    """Switch to write-ahead logging; SQLite does not wait by itself when another process does."""
    deadline = time.monotonic() + patience_seconds
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _begin(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
