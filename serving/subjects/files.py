"""What is said of a subject in files under the workspace and the registry, and taking it out.

Four kinds: documents (JSON, JSON lines), from which entries and words are taken out; bundles, which
are sealed again afterwards; tables (Parquet), which lose rows; and copies of the sources, which are
removed whole, because the next reading makes them again.
"""

import json
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from features.settings import Settings
from features.sources.erasures import rows_without
from serving.subjects.subject import Subject
from training import seal

COPIES = ("cache", "digests")
"""Folders of the workspace with copies of the sources' rows, made again whenever they are missing.
"""
DOCUMENTS = {".json", ".jsonl", ".md", ".txt", ".toml", ".csv", ".html"}
IDS = ("account_id", "account_external_id")
_OURS = {"erased.json", "erasure.key"}
_SHORTEST_TELLING = 6


def mentions(settings: Settings, subject: Subject) -> list[dict[str, Any]]:
    """Return the entries about the subject in documents and bundles, with the file of each."""
    found = []
    for file in _documents(settings, subject):
        for content in _read(file):
            found += [
                {"file": str(file.relative_to(settings.root)), "entry": entry}
                for entry in _entries(content, subject)
            ]
    return found


def remove(settings: Settings, subject: Subject) -> list[str]:
    """Take the subject out of every file; return the names of those that were changed."""
    changed = []
    for name in COPIES:
        folder = settings.workspace / name
        if folder.exists():
            shutil.rmtree(folder)
            changed.append(f"{settings.workspace_folder}/{name}/")
    for file in _documents(settings, subject):
        if _rewritten(file, subject):
            changed.append(str(file.relative_to(settings.root)))
    for file in (settings.workspace / "quarantine").glob("*.parquet"):
        table = pq.read_table(file, partitioning=None)
        kept = rows_without(table, {subject.account_id})
        if kept.num_rows < table.num_rows:
            partial = _partial(file)
            pq.write_table(kept, partial)
            partial.replace(file)
            changed.append(str(file.relative_to(settings.root)))
    return changed


def residues(settings: Settings, subject: Subject) -> list[str]:
    """Return the files that still hold the id or a name, as bytes: what could not be cleaned.

    Marks shorter than six bytes are no proof in binary files and are looked for in documents only.
    """
    marks = [m for m in subject.marks if len(m) >= _SHORTEST_TELLING]
    return [
        str(file.relative_to(settings.root))
        for file in _every(settings)
        if marks and file.name not in _OURS and _holds(file, marks)
    ]


def _every(settings: Settings) -> Iterator[Path]:
    """Yield every file under the workspace and the folder of the registry."""
    for root in (settings.workspace, settings.root / settings.mlflow.folder):
        yield from sorted(path for path in root.rglob("*") if path.is_file())


def _documents(settings: Settings, subject: Subject) -> list[Path]:
    return [
        file
        for file in _every(settings)
        if file.suffix in DOCUMENTS and file.name not in _OURS and _holds(file, subject.marks)
    ]


def _holds(file: Path, marks: Iterable[bytes]) -> bool:
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return False
    return any(mark in content for mark in marks)


def _read(file: Path) -> list[Any]:
    """Return the JSON documents of a file; nothing where it holds none."""
    text = file.read_text(encoding="utf-8")
    try:
        if file.suffix == ".jsonl":
            return [json.loads(line) for line in text.splitlines() if line]
        return [json.loads(text)] if file.suffix == ".json" else []
    except ValueError:
        return []


def _rewritten(file: Path, subject: Subject) -> bool:
    """Take the subject out of one document; return whether anything changed."""
    before = file.read_text(encoding="utf-8")
    contents = _read(file)
    clean = [_without(content, subject) for content in contents]
    if contents and clean == contents:
        return False
    if file.suffix == ".jsonl":
        text = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in clean)
    elif contents:
        text = json.dumps(clean[0], ensure_ascii=False, indent=1)
    else:
        text = subject.without(before)
    if text == before:
        return False
    _replace(file, text)
    _seal_again(file.parent)
    return True


def _replace(file: Path, text: str) -> None:
    partial = _partial(file)
    with partial.open("w", encoding="utf-8") as opened:
        opened.write(text)
        opened.flush()
        os.fsync(opened.fileno())
    partial.replace(file)


def _partial(file: Path) -> Path:
    return file.with_name(f".{file.name}.{os.getpid()}")


def _seal_again(folder: Path) -> None:
    """Give a bundle whose evaluation was cleaned the hashes and the seal it needs.

    Only bundles of before misses were kept apart come here. Between the two files a server refuses
    the bundle and goes on with the one in its memory.
    """
    manifest = folder / "manifest.json"
    if not manifest.exists():
        return
    said = json.loads(manifest.read_text(encoding="utf-8"))
    if "seal" in said:
        about = {key: value for key, value in said.items() if key not in ("files", "seal")}
        seal.write_manifest(folder, about)


def _entries(content: Any, subject: Subject) -> Iterator[Any]:  # noqa: ANN401
    """Yield the objects in ``content`` that are about the subject."""
    if isinstance(content, dict):
        if any(content.get(key) == subject.account_id for key in IDS):
            yield content
            return
        for value in content.values():
            yield from _entries(value, subject)
    elif isinstance(content, list):
        for value in content:
            yield from _entries(value, subject)
    elif isinstance(content, str) and subject.mentioned(content):
        yield content


def _without(content: Any, subject: Subject) -> Any:  # noqa: ANN401
    """Return ``content`` without entries about the subject, and its names out of every text.

    An entry about another account keeps its own name, even where the two are called the same.
    """
    if isinstance(content, dict):
        if any(isinstance(content.get(key), str) for key in IDS):
            return content
        return {
            key: _without(value, subject)
            for key, value in content.items()
            if key not in subject.called
            and not (isinstance(value, dict) and _is_about(value, subject))
        }
    if isinstance(content, list):
        kept = (one for one in content if not _is_about(one, subject))
        return [_without(one, subject) for one in kept]
    return subject.without(content) if isinstance(content, str) else content


def _is_about(one: Any, subject: Subject) -> bool:  # noqa: ANN401
    if isinstance(one, dict):
        return any(one.get(key) == subject.account_id for key in IDS)
    return one in (subject.account_id, subject.fingerprint)
