"""The bytes of a bundle: written once, hashed, and checked before anything reads them."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from features.errors import DamagedBundleError

Json = dict[str, Any]

_ALWAYS = ("schema.json", "scale.json", "reference.json", "golden.json", "evaluation.json")
SCORECARD = "scorecard.json"

FILES = ("booster.txt", "calibration.json", *_ALWAYS)
"""What a model's bundle is made of."""

HORIZONS = "horizons.json"
WITHHOLD = "withhold.json"

OPTIONAL = (SCORECARD, HORIZONS, WITHHOLD)
"""What a model's bundle may hold besides: parts that do not exist where the file does not."""

SCORECARD_FILES = (SCORECARD, *_ALWAYS)
"""What the bundle of a scorecard that serves by itself is made of."""


def write_manifest(folder: Path, about: Json) -> None:
    """Write ``manifest.json`` with the hash of every file in ``folder`` and its own seal."""
    present = [name for name in _known(about) if (folder / name).exists()]
    hashes = {name: _hash((folder / name).read_bytes()) for name in present}
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
        written = (folder / "manifest.json").read_bytes()
        manifest = json.loads(written)
        wanted = _listed(manifest)
        contents = {name: (folder / name).read_bytes() for name in wanted}
        seal = manifest.pop("seal")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(folder, f"{type(error).__name__}: {error}") from None
    contents["manifest.json"] = written
    if seal != _seal(manifest) or contents["manifest.json"] != _sealed(manifest):
        raise _damaged(folder, "other bytes in manifest.json")
    for name, promised in wanted.items():
        if _hash(contents[name]) != promised:
            raise _damaged(folder, f"other bytes in {name}")
    return contents


def _needed(manifest: Json) -> tuple[str, ...]:
    return SCORECARD_FILES if manifest.get("kind") == "scorecard" else FILES


def _known(manifest: Json) -> tuple[str, ...]:
    """Return the files that a bundle of this kind may hold."""
    needed = _needed(manifest)
    return (*needed, *(name for name in OPTIONAL if name not in needed))


def _listed(manifest: Json) -> dict[str, str]:
    """Return file → hash; what is needed must be listed, and nothing unknown may be."""
    given: dict[str, str] = manifest["files"]
    unknown = sorted(set(given) - set(_known(manifest)))
    if unknown:
        raise ValueError(f"unknown files {', '.join(unknown)}")
    return {name: given[name] for name in _needed(manifest)} | given


def _damaged(folder: Path, found: str) -> DamagedBundleError:
    return DamagedBundleError(
        f"the bytes that were shipped in bundle {folder.name}",
        found,
        "Copy the bundle again, or run `kenshin train`; `kenshin models` lists the others.",
    )
