"""Compiled queries kept between runs: ``<workspace>/cache/compiled``, a file each.

What is compiled depends on the code, the settings and the tables' columns, which are in the key; a
file that is absent, damaged or another user's is as none, and what it held is compiled again.
"""

import json
import os
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import duckdb

MOST_FILES = 256
"""So many are kept; beyond, those unused for the longest time are removed."""


def key(*said: object) -> str:
    """Return a name of all that a compiled query depends on, this code and this DuckDB included."""
    text = json.dumps([said, CODE, duckdb.__version__], ensure_ascii=False, default=repr)
    return sha256(text.encode()).hexdigest()[:32]


def _code() -> str:
    from importlib.metadata import version

    root = Path(__file__).parent.parent
    digest = sha256(f"{version('ibis-framework')} {version('sqlglot')}".encode())
    for file in sorted(root.rglob("*.py")):
        if file.parent.name != "simulator":
            digest.update(file.read_bytes())
    return digest.hexdigest()


CODE = _code()
"""A hash of the code that features are made by, and of what compiles it.

Read as soon as this is imported: whoever upgrades a program that is running must not have what the
old code writes kept under the name of the new one."""


class Compiled:
    """The files of one workspace."""

    def __init__(self, workspace: Path) -> None:
        self.folder = workspace / "cache" / "compiled"

    def found(self, key: str) -> str | None:
        """Return the text that was kept under ``key``; None where there is none to be trusted."""
        file = self.folder / f"{key}.json"
        try:
            if file.stat().st_uid != os.geteuid():
                return None
            digest, _, text = file.read_text(encoding="utf-8").partition("\n")
            os.utime(file)
        except (OSError, UnicodeDecodeError):
            return None
        return text if digest == _digest(key, text) else None

    def texts(self, key: str, write: Callable[[], list[str]]) -> list[str]:
        """Return the queries kept under ``key``; those of ``write``, and keep them, without."""
        found = _texts(self.found(key))
        if found:
            return found
        written = write()
        self.keep({key: json.dumps(written, ensure_ascii=False)})
        return written

    def keep(self, texts: dict[str, str]) -> None:
        """Keep texts by their keys; a workspace that cannot be written to goes without."""
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            for key, text in texts.items():
                self._write(key, f"{_digest(key, text)}\n{text}")
            self._sweep()

    def _write(self, key: str, text: str) -> None:
        """Write a file whole or not at all, for this user alone."""
        descriptor, unfinished = tempfile.mkstemp(prefix=".", dir=self.folder)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
            Path(unfinished).replace(self.folder / f"{key}.json")
        except BaseException:
            Path(unfinished).unlink(missing_ok=True)
            raise

    def _sweep(self) -> None:
        for file in _oldest(list(self.folder.iterdir()))[:-MOST_FILES]:
            file.unlink(missing_ok=True)


def _texts(said: str | None) -> list[str]:
    """Return the texts of a JSON list; none where it is something else."""
    try:
        found = json.loads(said or "[]")
    except ValueError:
        return []
    whole = isinstance(found, list) and all(isinstance(text, str) for text in found)
    return found if whole else []


def _oldest(files: Sequence[Path]) -> list[Path]:
    return sorted(files, key=lambda file: file.stat().st_mtime)


def _digest(key: str, text: str) -> str:
    return sha256(f"{key}\n{text}".encode()).hexdigest()
