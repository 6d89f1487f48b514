"""What Containerfile and compose.yaml say, and running it without containers."""

import os
import pwd
import re
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Instruction:
    """One instruction of a Containerfile, its lines joined."""

    stage: int
    word: str
    rest: str


def containerfile() -> list[Instruction]:
    """Return the instructions of Containerfile in order."""
    text = (ROOT / "Containerfile").read_text(encoding="utf-8")
    text = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ")
    found, stage = [], -1
    for line in filter(None, map(str.strip, text.splitlines())):
        word, _, rest = line.partition(" ")
        stage += word == "FROM"
        found.append(Instruction(stage, word, " ".join(rest.split())))
    return found


def compose() -> dict[str, Any]:
    """Return compose.yaml as its reader sees it: ``$$`` stands for ``$``."""

    def read(value: object) -> object:
        if isinstance(value, str):
            assert "$" not in value.replace("$$", ""), "a variable that nobody sets"
            return value.replace("$$", "$")
        if isinstance(value, list):
            return [read(one) for one in value]
        return {k: read(v) for k, v in value.items()} if isinstance(value, dict) else value

    document = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    made = read(document)
    assert isinstance(made, dict)
    return made


def free_port() -> int:
    """Return a port of loopback that nothing listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def instead(words: Sequence[str], places: Mapping[str, str]) -> list[str]:
    """Return a command with the container's places replaced by those of the test."""
    made = []
    for word in words:
        for inside, outside in places.items():
            word = word.replace(inside, outside)
        made.append(word)
    return made


def healthy(check: Sequence[str], environment: Mapping[str, str], seconds: float = 180) -> None:
    """Run a health check until it succeeds, as a container engine does."""
    until = time.monotonic() + seconds
    while True:
        done = subprocess.run(check, env=environment, capture_output=True, text=True, timeout=30)
        if done.returncode == 0:
            return
        assert time.monotonic() < until, done.stderr
        time.sleep(0.5)


@contextmanager
def started(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, name: str
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command of a service in ``folder`` until the block ends; its log is ``NAME.log``."""
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def database(service: Mapping[str, Any], password: str) -> Iterator[int]:
    """Run the ``database`` service on loopback and yield its port."""
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not binaries:
        pytest.skip("no PostgreSQL server is installed here")
    home, port = Path(tempfile.mkdtemp(prefix="kenshin-compose-")), free_port()
    secret = home / "password"
    secret.write_text(password)
    as_owner: list[str] = []
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        for path in (home, secret):
            os.chown(path, owner.pw_uid, owner.pw_gid)
        as_owner = ["runuser", "-u", "postgres", "--"]
    given = service["environment"]
    make = [str(binaries[-1]), "-D", str(home / "data"), "-U", given["POSTGRES_USER"]]
    made = [*make, f"--pwfile={secret}", *shlex.split(given["POSTGRES_INITDB_ARGS"]), "--no-sync"]
    subprocess.run([*as_owner, *made], cwd=home, check=True, capture_output=True)
    program, *options = service["command"]
    at = ["-D", str(home / "data"), "-p", str(port), "-k", str(home)]
    run = [*as_owner, str(binaries[-1].with_name(program)), *options, *at]
    try:
        with started(run, os.environ, home, "postgres"):
            yield port
    finally:
        shutil.rmtree(home, ignore_errors=True)
