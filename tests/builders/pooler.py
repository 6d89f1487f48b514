"""PgBouncer in front of a PostgreSQL server of the tests, lending connections by transaction."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.builders.container import free_port
from tests.builders.postgres import USER

PATIENCE_SECONDS = 20


def _program() -> str:
    """Return PgBouncer; skip, or fail where one was promised, without it."""
    found = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    if found is None and os.environ.get("REQUIRE_POSTGRES") == "1":
        pytest.fail("no PgBouncer is installed here, but REQUIRE_POSTGRES=1 promises one")
    if found is None:
        pytest.skip("no PgBouncer is installed here")
    return found


@contextmanager
def pooled(url: str, connections: int) -> Iterator[str]:
    """Yield ``url`` of a database by way of a pooler with so many connections to it."""
    place = urlsplit(url)
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="kenshin-pooler-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "users").write_text(f'"{USER}" ""\n')
        (folder / "pooler.ini").write_text(
            f"[databases]\n* = host={place.hostname} port={place.port}\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
            f"auth_type = trust\nauth_file = {folder / 'users'}\npool_mode = transaction\n"
            f"default_pool_size = {connections}\n"
        )
        command = [_program(), "--quiet", str(folder / "pooler.ini")]
        if os.geteuid() == 0:  # it refuses to run as root
            command += ["--user", "nobody"]
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            _await(process, port)
            yield f"postgresql://{USER}@127.0.0.1:{port}{place.path}"
        finally:
            process.kill()
            process.wait()


def _await(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError("PgBouncer does not start")
