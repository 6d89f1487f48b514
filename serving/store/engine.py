"""Opening the score store: SQLite beside the data, PostgreSQL by URL, the same tables in both."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from features.errors import NotReadyError, SettingsError
from features.settings import Settings

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_MS = 30_000
_MIGRATION_LOCK = 0x6B656E73  # any constant of our own; PostgreSQL's advisory lock needs a number


def open_store(settings: Settings) -> sa.Engine:
    """Return the store of ``settings``, its tables made or brought up to date.

    Safe to call from several processes at once: one migrates, the others wait for it.

    Raises
    ------
    SettingsError
        Where ``store.url`` names no SQLite or PostgreSQL database.
    NotReadyError
        Where the database cannot be reached or was written by a newer Kenshin.
    """
    return open_url(settings.store_url)


def open_url(url: str) -> sa.Engine:
    """Return the store at ``url``, migrated; see `open_store`."""
    engine = _engine(_parsed(url))
    try:
        _migrate(engine)
    except sa.exc.OperationalError as error:
        engine.dispose()
        raise NotReadyError(
            "a reachable score store", f"{engine.url!r}: {error.orig}", "Check [store].url."
        ) from None
    except BaseException:
        engine.dispose()
        raise
    return engine


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Yield a connection inside one write transaction: all of it is kept, or nothing.

    On SQLite the write lock is taken at the start, so that two writers wait for each other instead
    of one of them failing half way.
    """
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        yield connection


def _parsed(url: str) -> sa.URL:
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError:
        raise SettingsError(
            "a SQLAlchemy URL in [store].url",
            f"{len(url)} characters that are none",
            "Write sqlite:///store.db or postgresql://user@host/database.",
        ) from None
    if parsed.get_backend_name() == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() == "sqlite" and parsed.database not in (None, "", ":memory:"):
        return parsed
    raise SettingsError(
        "a SQLite file or a PostgreSQL database in [store].url",
        f"{parsed!r}",
        "Write sqlite:///store.db or postgresql://user@host/database.",
    )


def _engine(url: sa.URL) -> sa.Engine:
    if url.get_backend_name() == "postgresql":
        return sa.create_engine(url, pool_pre_ping=True)
    Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(url, connect_args={"timeout": BUSY_MS / 1000})
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _: object) -> None:
    """Make commits survive a power cut and leave transactions to us, not to the driver."""
    connection.isolation_level = None
    connection.execute(
        "PRAGMA page_size=16384"
    )  # a row is near 2 KB; a new file packs seven a page
    _to_wal(connection)
    for pragma in ("synchronous=FULL", "foreign_keys=ON", "recursive_triggers=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _to_wal(connection: sqlite3.Connection) -> None:
    """Switch to write-ahead logging; SQLite does not wait by itself when another process does."""
    deadline = time.monotonic() + BUSY_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _migrate(engine: sa.Engine) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    script = ScriptDirectory.from_config(config)
    with engine.connect() as connection:
        if _is_current(connection, script):
            return
    with writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
        if not _is_current(connection, script):
            _upgrade(config, connection)


def _upgrade(config: Config, connection: sa.Connection) -> None:
    from alembic import command

    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _is_current(connection: sa.Connection, script: ScriptDirectory) -> bool:
    """Whether the database is at our newest revision; a newer one is refused."""
    found = MigrationContext.configure(connection).get_current_revision()
    known: dict[str, Any] = {step.revision: step for step in script.walk_revisions()}
    if found is not None and found not in known:
        raise NotReadyError(
            f"a score store of revision {script.get_current_head()} or older",
            f"revision {found}",
            "It was written by a newer Kenshin: update this one.",
        )
    return found == script.get_current_head()
