"""Opening the score store: SQLite beside the data, PostgreSQL by URL, the same tables in both."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from features.errors import NotReadyError, SettingsError
from features.settings import Settings
from serving.store.sqlite_file import SqliteFile

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_MS = 30_000
IN_A_REQUEST: Final = 3.0
"""Seconds that a request waits for the store before it is answered 503."""
CONNECTIONS: Final = 15
"""To PostgreSQL, at most and of each process; it takes a hundred of all unless told otherwise."""
POOLER: Final = "pooler"
"""In the query of a PostgreSQL URL, ``?pooler=transaction``: connections change hands there."""
_MIGRATION_LOCK = 0x6B656E73  # any constant of our own; PostgreSQL's advisory lock needs a number


def open_store(settings: Settings, patience_seconds: float = BUSY_MS / 1000) -> sa.Engine:
    """Return the store of ``settings``, its tables made or brought up to date.

    Safe to call from several processes at once: one migrates, the others wait for it.

    Parameters
    ----------
    patience_seconds : float
        So long is waited for another writer, for the database and for a free connection. A command
        can wait; a request cannot.

    Raises
    ------
    SettingsError
        Where ``store.url`` names no SQLite or PostgreSQL database.
    NotReadyError
        Where the database cannot be reached or was written by a newer Kenshin.
    """
    return open_url(settings.store_url, patience_seconds)


def open_url(url: str, patience_seconds: float = BUSY_MS / 1000) -> sa.Engine:
    """Return the store at ``url``, migrated; see `open_store`."""
    parsed = _parsed(url)
    file = None
    if parsed.get_backend_name() == "sqlite":
        file = SqliteFile(Path(str(parsed.database)), patience_seconds)
    engine = _postgresql(parsed, patience_seconds) if file is None else file.engine(parsed)
    try:
        _migrate(engine)
    except sa.exc.OperationalError as error:
        engine.dispose()
        raise NotReadyError(
            "a reachable score store", f"{engine.url!r}: {error.orig}", "Check [store].url."
        ) from None
    except sa.exc.ProgrammingError as error:
        engine.dispose()
        raise _not_ours(engine.url, error) from None
    except BaseException:
        engine.dispose()
        raise
    if file is not None:
        file.keep()
    return engine


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Yield a connection inside one write transaction: all of it is kept, or nothing.

    On SQLite the write lock is taken at the start, so that two writers wait for each other instead
    of one of them failing half way.
    """
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        yield connection


def looking_up(engine: sa.Engine) -> sa.Engine:
    """Return the same store for single look-ups, which need no transaction around them.

    PostgreSQL is then asked once instead of three times: each statement sees what was committed
    before it, as in a transaction of ours. Of SQLite, which is in this process, it is ``engine``.
    """
    if engine.dialect.name != "postgresql":
        return engine
    return engine.execution_options(isolation_level="AUTOCOMMIT")


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
        if parsed.query.get(POOLER, "transaction") != "transaction":
            raise SettingsError(
                f"?{POOLER}=transaction in [store].url, where a pooler lends its connections for "
                "one transaction each",
                f"another {POOLER}",
                "Leave it out where every connection is lent for as long as it is open.",
            )
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() == "sqlite" and parsed.database not in (None, "", ":memory:"):
        return parsed
    raise SettingsError(
        "a SQLite file or a PostgreSQL database in [store].url",
        f"{parsed!r}",
        "Write sqlite:///store.db or postgresql://user@host/database.",
    )


def _postgresql(given: sa.URL, patience_seconds: float) -> sa.Engine:
    """Return an engine whose connections are tried before they are used, and never hang."""
    url = given.difference_update_query([POOLER])
    patience = max(2, round(patience_seconds))  # libpq takes one second for "for ever"
    limits: dict[str, Any] = {
        "connect_timeout": patience,
        "keepalives_idle": patience,
        "tcp_user_timeout": patience * 1000,  # to a host that has gone without a word
        "client_encoding": "utf8",  # whatever PGCLIENTENCODING says
    }
    is_pooled, in_request = POOLER in given.query, patience_seconds < BUSY_MS / 1000
    if is_pooled:
        limits["prepare_threshold"] = None  # the next statement may go to another connection
    elif in_request:
        limits["options"] = f"-c lock_timeout={patience}s"
    engine = sa.create_engine(
        url,
        pool_pre_ping=True,
        hide_parameters=True,  # rows of customers, which an error would print
        # Whatever a database's default is: under a stricter one, writers that wait for each other
        # here would fail instead.
        isolation_level="READ COMMITTED",
        # All are kept: a connection costs the database a process, and a hundred look-ups.
        pool_size=CONNECTIONS,
        max_overflow=0,
        pool_timeout=patience_seconds,
        connect_args={name: value for name, value in limits.items() if name not in url.query},
    )
    if is_pooled and in_request:
        sa.event.listen(engine, "begin", partial(_limit_waits, seconds=patience))
    return engine


def _limit_waits(connection: sa.Connection, seconds: int) -> None:
    """Limit how long one transaction waits for a lock: a pooled connection is nobody's own."""
    if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{seconds}s'")


def _not_ours(url: sa.URL, error: sa.exc.ProgrammingError) -> Exception:
    """Return what to say where PostgreSQL lets us in and lets us make or read no tables."""
    if getattr(error.orig, "sqlstate", "") != "42501":  # insufficient_privilege
        return error
    return NotReadyError(
        "a database whose owner is the user of [store].url",
        f"{url!r}: {error.orig}",
        "Make one: createdb --encoding=UTF8 --template=template0 --owner=USER DATABASE.",
    )


def _require_utf8(connection: sa.Connection) -> None:
    """Refuse a database that cannot hold every name, before anything is written to it.

    Raises
    ------
    NotReadyError
    """
    if connection.dialect.name != "postgresql":
        return
    encoding = str(connection.execute(sa.text("SHOW server_encoding")).scalar_one())
    if encoding != "UTF8":
        raise NotReadyError(
            "a database in UTF8, so that it can hold every name",
            f"one in {encoding}",
            "Make one: createdb --encoding=UTF8 --template=template0 DATABASE.",
        )


def newest_revision() -> str:
    """Return the revision of the newest migration, from the names of the files."""
    return max(path.name[1:5] for path in (MIGRATIONS / "versions").glob("r[0-9]*.py"))


def _revision(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    version = sa.table("alembic_version", sa.column("version_num"))
    revision: str | None = connection.execute(sa.select(version.c.version_num)).scalar()
    return revision


def _migrate(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        if _revision(connection) == newest_revision():
            return  # the usual start, without the half second and the memory of Alembic
        _require_utf8(connection)
    from alembic.config import Config
    from alembic.script import ScriptDirectory

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


def _upgrade(config: "Config", connection: sa.Connection) -> None:
    from alembic import command

    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _is_current(connection: sa.Connection, script: "ScriptDirectory") -> bool:
    """Whether the database is at our newest revision; a newer one is refused."""
    found = _revision(connection)
    known: dict[str, Any] = {step.revision: step for step in script.walk_revisions()}
    if found is not None and found not in known:
        raise NotReadyError(
            f"a score store of revision {script.get_current_head()} or older",
            f"revision {found}",
            "It was written by a newer Kenshin: update this one.",
        )
    return found == script.get_current_head()
