"""Processes that may talk to this machine alone: every other address is noted and refused."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]

HOOK = '''\
"""Notes every attempt to reach another machine, by address or by name, and refuses it."""

import os
import sys

_HERE = {"localhost", "127.0.0.1", "::1", "", None, b"localhost"}
_NAMES = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}
_ADDRESSES = {"socket.connect", "socket.sendto", "socket.sendmsg"}


def _refuse(event, host):
    with open(os.environ["KENSHIN_TEST_ATTEMPTS"], "a", encoding="utf-8") as file:
        file.write(f"{event} {host!r} by {sys.argv[:2]}\\n")
    raise OSError(f"refused by the test: {event} {host!r}")


def _watch(event, args):
    if event in _NAMES and args[0] not in _HERE:
        _refuse(event, args[0])
    elif event in _ADDRESSES and isinstance(args[1], tuple):
        host = args[1][0]
        if not (host in _HERE or str(host).startswith("127.")):
            _refuse(event, host)


sys.addaudithook(_watch)
with open(os.environ["KENSHIN_TEST_ATTEMPTS"] + ".watched", "a", encoding="utf-8") as file:
    file.write(f"{sys.argv[:1]}\\n")
'''
"""Python starts with this module, in every process and in every child that is Python."""

_WITHOUT = ("CI", "PYTEST", "MLFLOW_", "DO_NOT_TRACK", "GITHUB_", "KENSHIN_", "PYTHONPATH")
"""Variables by which libraries tell a test from a user's machine, and those that would help us."""


def environment(folder: Path) -> dict[str, str]:
    """Return the environment of a newcomer's shell, with every Python process watched."""
    hook = folder / "hook"
    hook.mkdir(parents=True, exist_ok=True)
    (hook / "sitecustomize.py").write_text(HOOK, encoding="utf-8")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(_WITHOUT)}
    return kept | {
        "PYTHONPATH": os.pathsep.join([str(hook), str(ROOT)]),
        "KENSHIN_TEST_ATTEMPTS": str(folder / "attempts"),
        "HOME": str(folder),
    }


def attempts(folder: Path) -> list[str]:
    """Return every attempt to reach another machine."""
    file = folder / "attempts"
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


def watched(folder: Path) -> int:
    """Return how many Python processes were watched."""
    file = folder / "attempts.watched"
    return len(file.read_text(encoding="utf-8").splitlines()) if file.exists() else 0


def without_network() -> list[str]:
    """Return what to put before a command so that it has no network but loopback at all.

    Nothing where the system does not permit it: native code is then not held back, only Python.
    """
    unshare, ip = shutil.which("unshare"), shutil.which("ip")
    if unshare is None or ip is None:
        return []
    wrapped = [unshare, "--net", "sh", "-c", f'{ip} link set lo up && exec "$0" "$@"']
    tried = subprocess.run([*wrapped, "true"], capture_output=True, check=False)
    return wrapped if tried.returncode == 0 else []


def run(
    command: list[str], folder: Path, env: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, watched, and without a network where that is permitted."""
    return subprocess.run(
        [*without_network(), *command],
        cwd=folder,
        env=dict(env),
        capture_output=True,
        text=True,
        check=False,
        timeout=1000,
    )
