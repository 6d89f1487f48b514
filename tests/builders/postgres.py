"""A real PostgreSQL server on loopback in a temporary folder, for tests marked ``postgres``."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import psycopg
import pytest

USER = "kenshin"


def _binaries() -> Path | None:
    """Return the folder of the newest installed server, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: p.parts[-3])
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _as_server_user(command: list[str]) -> list[str]:
    """PostgreSQL refuses to run as root; its own user then runs it."""
    return ["runuser", "-u", "postgres", "--", *command] if os.geteuid() == 0 else command


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(
        _as_server_user(command), cwd=folder, capture_output=True, text=True, timeout=120
    )
    if done.returncode:
        log = folder / "log"
        raise RuntimeError(
            f"{command[0]} ended with {done.returncode}: {done.stdout}{done.stderr}"
            f"{log.read_text() if log.exists() else ''}"
        )


@dataclass(frozen=True)
class Cluster:
    """One PostgreSQL server of our own, its data and how to start it again.

    Attributes
    ----------
    url : str
        Without a database: ``postgresql://kenshin@127.0.0.1:5…``.
    """

    url: str
    folder: Path
    binaries: Path
    options: str

    def start(self, patience_seconds: float = 60) -> None:
        """Start the server; after a kill it waits until the last of the old processes is gone."""
        until = time.monotonic() + patience_seconds
        while True:
            try:
                _run([*self._control, "-w", "-l", f"{self._log}", "-o", self.options, "start"],
                     self.folder)  # fmt: skip
                return
            except RuntimeError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.2)

    def kill(self) -> None:
        """End the postmaster as a power cut would: `kill -9`."""
        os.kill(self.pid, signal.SIGKILL)

    def stop(self, mode: str = "immediate") -> None:
        """Stop the server; ``fast`` in good order."""
        _run([*self._control, "-m", mode, "stop"], self.folder)

    @property
    def pid(self) -> int:
        """The process from which all of the server's descend."""
        return int((self.folder / "data" / "postmaster.pid").read_text().split()[0])

    @property
    def _control(self) -> list[str]:
        return [str(self.binaries / "pg_ctl"), "-D", str(self.folder / "data")]

    @property
    def _log(self) -> Path:
        return self.folder / "log"


@contextmanager
def cluster(*, durable: bool = True) -> Iterator[Cluster]:
    """Start a server in a folder of its own, which is gone afterwards with the process.

    Parameters
    ----------
    durable : bool
        Whether a commit waits for the disk, as in production; tests of anything else do not care.
    """
    binaries = _binaries()
    if binaries is None:
        _without_server()
    folder = Path(tempfile.mkdtemp(prefix="kenshin-pg-"))
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    port = _free_port()
    options = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} -c max_connections=60"
    made = Cluster(
        f"postgresql://{USER}@127.0.0.1:{port}",
        folder,
        binaries,
        options if durable else f"{options} -F",
    )
    initdb = [str(binaries / "initdb"), "-D", str(folder / "data"), "-U", USER]
    try:
        _run([*initdb, "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"], folder)
        made.start(patience_seconds=0)
        yield made
    finally:
        with suppress(RuntimeError):
            made.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _without_server() -> NoReturn:
    """Skip, or fail where a server was promised: CI must not pass by skipping."""
    said = "no PostgreSQL server is installed here"
    if os.environ.get("REQUIRE_POSTGRES") == "1":
        pytest.fail(f"{said}, but REQUIRE_POSTGRES=1 promises one", pytrace=False)
    pytest.skip(said)


@contextmanager
def server() -> Iterator[str]:
    """Start a server and yield its URL without a database: ``postgresql://kenshin@127.0.0.1:5…``.

    Everything lies in a folder of its own, which is gone afterwards with the process.
    """
    with cluster(durable=False) as made:
        yield made.url


STORE_TEMPLATE = "kenshin_store_template"

ELSEWHERE = "TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'"
"""A database that orders text as English does, not by code points as the cluster of the tests."""

_UNUSUAL = {
    "timezone": "Asia/Tokyo",
    "datestyle": "SQL, DMY",
    "default_transaction_isolation": "serializable",
    "bytea_output": "escape",
}
"""What a company's own database may be set to, and no answer may depend on."""


@contextmanager
def database(url: str, made: str = "", unusual: bool = False) -> Iterator[str]:
    """Yield the URL of a new database of the server at ``url``.

    Parameters
    ----------
    made : str
        Options of ``CREATE DATABASE``; default: an empty one as the cluster makes it.
    unusual : bool
        Whether its sessions begin with `_UNUSUAL`.
    """
    name = f"test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(f"{url}/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" {made}'.encode())
        for setting, value in _UNUSUAL.items() if unusual else ():
            connection.execute(f"ALTER DATABASE \"{name}\" SET {setting} = '{value}'".encode())
    yield f"{url}/{name}"
    with psycopg.connect(f"{url}/postgres", autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def elsewhere(url: str) -> Iterator[str]:
    """Yield the URL of an empty database of a company whose database is set otherwise than ours."""
    with database(url, ELSEWHERE, unusual=True) as made:
        yield made


@contextmanager
def store(url: str) -> Iterator[str]:
    """Yield the URL of an empty score store of the server at ``url``, as `elsewhere`, migrated.

    It is copied from one that is migrated once for each server, which takes a tenth of the time.
    """
    from serving.store.engine import open_url  # every test imports this file, few need a store

    with psycopg.connect(f"{url}/postgres", autocommit=True) as connection:
        asked = "SELECT 1 FROM pg_database WHERE datname = %s"
        if connection.execute(asked, [STORE_TEMPLATE]).fetchone() is None:
            connection.execute(f"CREATE DATABASE {STORE_TEMPLATE} {ELSEWHERE}".encode())
            open_url(f"{url}/{STORE_TEMPLATE}").dispose()
    with database(url, f"TEMPLATE {STORE_TEMPLATE}", unusual=True) as made:
        yield made


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of one server for the whole session, without a database name."""
    with server() as url:
        yield url


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """URL of an empty database of this test's own: ``postgresql://kenshin@127.0.0.1:5…/test_…``."""
    with database(postgres_server) as url:
        yield url
