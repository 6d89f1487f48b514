"""What is said of a subject in files under the workspace and the registry, and taking it out.

Four kinds: documents (JSON, JSON lines), from which entries and words are taken out; bundles, which
are sealed again afterwards; tables (Parquet), which lose rows; and copies of the sources, which are
removed whole, because the next reading makes them again.
"""

import json
import os
import shutil
from collections.abc import Collection, Iterator
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
DOCUMENTS = {".json", ".jsonl"}
IDS = ("account_id", "account_external_id")
PROSE = {"upstream.json": ("inside",), "acceptances.jsonl": ("accepted", "reason")}
"""Documents with sentences about single rows, and under which keys these are. Elsewhere only whole
entries are taken out: a company may be called as a plan or an industry is."""
_OURS = {"erased.json", "erasure.key"}
_SHORTEST_ID, _SHORTEST_NAME = 6, 12
_PART_BYTES = 1 << 20


def mentions(settings: Settings, subject: Subject) -> list[dict[str, Any]]:
    """Return the entries about the subject in documents and bundles, with the file of each."""
    found = []
    for file in _documents(settings, subject):
        for content in _read(file):
            found += [
                {"file": str(file.relative_to(settings.root)), "entry": entry}
                for entry in _entries(content, subject, PROSE.get(file.name, ()))
            ]
    return found


def remove(settings: Settings, subject: Subject) -> list[str]:
    """Take the subject out of every file; return the names of those that were changed."""
    changed = []
    for name in COPIES:
        if _removed(settings.workspace / name):
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


def _removed(folder: Path) -> bool:
    """Remove a folder that others may be writing in; return whether it was there."""
    aside = folder.with_name(f".{folder.name}.gone-{os.getpid()}")
    there = folder.exists()
    if there:
        # Out of the writers' sight first: what they go on to write has no place to be.
        folder.rename(aside)
    for path in folder.parent.glob(f".{folder.name}.gone-*"):
        shutil.rmtree(path)
    return there


def residues(settings: Settings, subject: Subject) -> list[str]:
    """Return the files that still hold the id or a name, as bytes: what could not be cleaned.

    Ids shorter than six bytes and names shorter than twelve are no proof, and not looked for: bytes
    come together by chance, and short names are words.
    """
    names = [name.encode() for name in subject.names if len(name.encode()) >= _SHORTEST_NAME]
    account = subject.account_id.encode()
    marks = [*names, *([account] if len(account) >= _SHORTEST_ID else [])]
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


def _holds(file: Path, marks: Collection[bytes]) -> bool:
    """Return whether one of ``marks`` is in a file, however large: a part is in memory at a time.

    The end of each part is looked at again with the next, for a mark may lie across both.
    """
    overlap = max(map(len, marks), default=1) - 1
    before = b""
    try:
        with file.open("rb", buffering=0) as opened:
            while part := opened.read(_PART_BYTES):
                content = before + part
                if any(mark in content for mark in marks):
                    return True
                before = content[-overlap:] if overlap else b""
    except FileNotFoundError:
        pass
    return False


def _read(file: Path) -> list[Any]:
    """Return the JSON documents of a file; nothing where it holds none."""
    text = file.read_text(encoding="utf-8")
    try:
        if file.suffix == ".jsonl":
            return [json.loads(line) for line in text.splitlines() if line]
        return [json.loads(text)]
    except ValueError:
        return []


def _rewritten(file: Path, subject: Subject) -> bool:
    """Take the subject out of one document; return whether anything changed."""
    contents = _read(file)
    prose = PROSE.get(file.name, ())
    clean = [_without(content, subject, prose) for content in contents]
    if clean == contents:
        return False
    if file.suffix == ".jsonl":
        text = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in clean)
    else:
        text = json.dumps(clean[0], ensure_ascii=False, indent=1)
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


def _entries(content: Any, subject: Subject, prose: tuple[str, ...]) -> Iterator[Any]:  # noqa: ANN401
    """Yield the objects in ``content`` that are about the subject, and sentences that name it."""
    if _is_about(content, subject):
        yield content
    elif isinstance(content, dict):
        for key, value in content.items():
            if key in prose:
                yield from (text for text in _texts(value) if subject.mentioned(text))
            else:
                yield from _entries(value, subject, prose)
    elif isinstance(content, list):
        for value in content:
            yield from _entries(value, subject, prose)


def _without(content: Any, subject: Subject, prose: tuple[str, ...]) -> Any:  # noqa: ANN401
    """Return ``content`` without entries about the subject; under ``prose``, without its names."""
    if isinstance(content, dict):
        return {
            key: _renamed(value, subject) if key in prose else _without(value, subject, prose)
            for key, value in content.items()
            if key != subject.account_id and not _is_about(value, subject)
        }
    if isinstance(content, list):
        return [_without(one, subject, prose) for one in content if not _is_about(one, subject)]
    return content


def _renamed(content: Any, subject: Subject) -> Any:  # noqa: ANN401
    if isinstance(content, dict):
        return {key: _renamed(value, subject) for key, value in content.items()}
    if isinstance(content, list):
        return [_renamed(value, subject) for value in content]
    return subject.without(content) if isinstance(content, str) else content


def _texts(content: Any) -> Iterator[str]:  # noqa: ANN401
    if isinstance(content, dict):
        content = list(content.values())
    if isinstance(content, list):
        for value in content:
            yield from _texts(value)
    elif isinstance(content, str):
        yield content


def _is_about(one: Any, subject: Subject) -> bool:  # noqa: ANN401
    """Return whether an entry is the subject's own; in lists of hashes, whether it is its hash."""
    if isinstance(one, dict):
        return any(one.get(key) == subject.account_id for key in IDS)
    return isinstance(one, str) and one == subject.fingerprint
