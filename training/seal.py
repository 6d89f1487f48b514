"""The bytes of a bundle: written once, hashed, and checked before anything reads them."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from features.errors import DamagedBundleError

Json = dict[str, Any]

FILES = (
    "booster.txt",
    "calibration.json",
    "schema.json",
    "scale.json",
    "reference.json",
    "golden.json",
    "evaluation.json",
)


def write_manifest(folder: Path, about: Json) -> None:
    """Write ``manifest.json`` with the hash of every file in ``folder`` and its own seal."""
    hashes = {name: _hash((folder / name).read_bytes()) for name in FILES}
    manifest = {"files": hashes, **about}
    write_json(folder / "manifest.json", manifest | {"seal": _seal(manifest)})


def write_json(path: Path, content: Json) -> None:
    """Write a file that appears whole or not at all."""
    text = _text(content)
    temporary = path.with_name(f".{path.name}.tmp")
    with temporary.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _text(content: Json) -> str:
    return json.dumps(content, ensure_ascii=False, allow_nan=False, indent=1)


def _seal(manifest: Json) -> str:
    """Return the hash of a manifest without its seal, which guards the manifest itself."""
    return _hash(_text(manifest).encode())


def _sealed(manifest: Json) -> bytes:
    return _text(manifest | {"seal": _seal(manifest)}).encode()


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def checked_bytes(folder: Path) -> dict[str, bytes]:
    """Return the content of every file of a bundle, by name, as it was shipped.

    Raises
    ------
    DamagedBundleError
        Where a file is absent or has other bytes than the manifest says.
    """
    try:
        contents = {name: (folder / name).read_bytes() for name in (*FILES, "manifest.json")}
        manifest = json.loads(contents["manifest.json"])
        wanted = {name: manifest["files"][name] for name in FILES}
        seal = manifest.pop("seal")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(folder, f"{type(error).__name__}: {error}") from None
    if seal != _seal(manifest) or contents["manifest.json"] != _sealed(manifest):
        raise _damaged(folder, "other bytes in manifest.json")
    for name in FILES:
        if _hash(contents[name]) != wanted[name]:
            raise _damaged(folder, f"other bytes in {name}")
    return contents


def _damaged(folder: Path, found: str) -> DamagedBundleError:
    return DamagedBundleError(
        f"the bytes that were shipped in bundle {folder.name}",
        found,
        "Copy the bundle again, or run `kenshin train`; `kenshin models` lists the others.",
    )
