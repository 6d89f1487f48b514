"""A real PostgreSQL server on loopback in a temporary folder, for tests marked ``postgres``."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

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


@contextmanager
def server() -> Iterator[str]:
    """Start a server and yield its URL without a database: ``postgresql://kenshin@127.0.0.1:5…``.

    Everything lies in a folder of its own, which is gone afterwards with the process.
    """
    binaries = _binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL server is installed here")
    folder = Path(tempfile.mkdtemp(prefix="kenshin-pg-"))
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    data, log, port = folder / "data", folder / "log", _free_port()
    initdb = [str(binaries / "initdb"), "-D", str(data), "-U", USER, "--auth=trust", "-E", "UTF8"]
    options = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} -F -c max_connections=60"
    control = [str(binaries / "pg_ctl"), "-D", str(data)]
    try:
        _run([*initdb, "--locale=C.UTF-8", "--no-sync"], folder)
        _run([*control, "-w", "-l", str(log), "-o", options, "start"], folder)
        yield f"postgresql://{USER}@127.0.0.1:{port}"
    finally:
        with suppress(RuntimeError):
            _run([*control, "-m", "immediate", "stop"], folder)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of one server for the whole session, without a database name."""
    with server() as url:
        yield url


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """URL of an empty database of this test's own: ``postgresql://kenshin@127.0.0.1:5…/test_…``."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(f"{postgres_server}/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        yield f"{postgres_server}/{name}"
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
