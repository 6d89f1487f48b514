"""Keys and a real `kenshin serve`: docs/access.md as written, beyond loopback, behind a proxy."""

import os
import re
import socket
import subprocess
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from features.settings import Settings
from tests.builders.served import served
from tests.builders.server import KENSHIN, Server, running

PAGE = Path(__file__).resolve().parents[3] / "docs" / "access.md"
SHELL, TOML = (re.findall(rf"^```{kind}\n(.*?)^```", PAGE.read_text("utf-8"), re.M | re.S)
               for kind in ("sh", "toml"))  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = served(tmp_path_factory.mktemp("doors"), accounts=6, weeks=1)
    made.engine.dispose()
    return made.settings.root


def shell(folder: Path, script: str) -> str:
    path = f"{KENSHIN.parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_beyond_this_machine_nothing_starts_without_a_key(folder: Path) -> None:
    command = [str(KENSHIN), "serve", "--host", "0.0.0.0", "--port", "0"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert "kenshin keys create NAME --scope read" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    with running(folder) as made:
        yield made


def test_the_page_s_commands_do_what_it_says_while_a_server_runs(
    folder: Path, server: Server
) -> None:
    assert httpx.get(f"{server.url}/v1/model", timeout=30).status_code == 200, "open before a key"
    said = []
    for block in SHELL:
        said.append(shell(folder, block.replace("http://127.0.0.1:8000", server.url)))

    assert "crm-sync" in said[0]
    assert '"version":"v1"' in said[1].replace(" ", "")
    key = (folder / "crm-sync.key").read_text().strip()
    assert await_status(server, key, 401) <= 5.5, "seconds until a revoked key stops"
    new = (folder / "crm-sync.new.key").read_text().strip()
    assert ask(server, new) == 200
    log = server.log.read_text()
    assert key not in log
    assert new not in log


def ask(server: Server, key: str) -> int:
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.get(f"{server.url}/v1/model", headers=headers, timeout=30).status_code


def await_status(server: Server, key: str, wanted: int) -> float:
    """Return the seconds until ``wanted`` is answered."""
    began = time.monotonic()
    while ask(server, key) != wanted:
        assert time.monotonic() - began < 30
    return time.monotonic() - began


@pytest.mark.scale
@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_with_a_key_others_reach_the_server_and_are_asked_for_it(folder: Path, host: str) -> None:
    key = shell(folder, "kenshin keys create other --scope read").strip()
    with running(folder, "--host", host) as far:
        port = int(far.url.rpartition(":")[2])
        for address in ("127.0.0.1", _own_address(), *(["[::1]"] * (host == "::"))):
            url = f"http://{address}:{port}/v1/model"
            assert httpx.get(url, timeout=30).status_code == 401, address
            keyed = {"Authorization": f"Bearer {key}", "Host": "kenshin.example"}
            assert httpx.get(url, headers=keyed, timeout=30).status_code == 200, address
        assert "in the clear" in far.log.read_text()


def _own_address() -> str:
    """Return an address of this machine that is not loopback, where it has one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


@pytest.mark.scale
def test_forwarded_headers_are_believed_only_of_trusted_proxies(folder: Path) -> None:
    forged = {"X-Forwarded-For": "203.0.113.9", "Content-Type": "application/x-www-form-urlencoded",
              "Sec-Fetch-Site": "same-origin"}  # fmt: skip
    for trusted, pauses in ((None, True), ('["127.0.0.1"]', False)):
        settings = folder / "kenshin.toml"
        before = settings.read_text("utf-8")
        if trusted:
            settings.write_text(f"{before}\n[serving]\ntrusted_proxies = {trusted}\n", "utf-8")
        with running(folder) as server:
            statuses = []
            for number in range(12):
                headers = forged | {"X-Forwarded-For": f"203.0.113.{number}"}
                answer = httpx.post(f"{server.url}/sign-in", headers=headers, content=b"key=x")
                statuses.append(answer.status_code)
        settings.write_text(before, "utf-8")
        assert (429 in statuses) is pauses, statuses


def test_the_settings_on_the_page_are_settings(folder: Path) -> None:
    (text,) = TOML
    serving = Settings(**tomllib.loads(text)).serving
    assert serving.trusted_proxies == ("127.0.0.1",)
    assert serving.hosts == ("kenshin.example",)
