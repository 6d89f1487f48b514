"""The bytes of a bundle: written once, hashed, and checked before anything reads them."""

import hashlib
import json
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from features.errors import DamagedBundleError

Json = dict[str, Any]

FORMAT: Final = 1
"""Of the files of a bundle together; a manifest without one is of format 1."""

LARGEST: Final = 1 << 30
"""Bytes that one file of a bundle may have."""

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


class IncompatibleBundleError(DamagedBundleError):
    """A model bundle is whole, but this version cannot use it."""

    slug = "incompatible-bundle"
    title = "The model bundle is of another version"


def write_manifest(folder: Path, about: Json) -> None:
    """Write ``manifest.json`` with the hash of every file in ``folder`` and its own seal."""
    present = [name for name in _known(about) if (folder / name).exists()]
    hashes = {name: _hash((folder / name).read_bytes()) for name in present}
    manifest = {"format": FORMAT, "files": hashes, **about}
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


@dataclass(frozen=True)
class Opened:
    """A bundle that was read once and whose every byte is as it was shipped.

    Attributes
    ----------
    contents : dict of str to bytes
        File → what was hashed, and is to be parsed, whatever happens to the folder meanwhile.
    seal : str
        The hash over all hashes: two bundles of one seal are the same to the byte.
    """

    folder: Path
    contents: dict[str, bytes]
    seal: str


def opened(folder: Path, *, version: str | None = None) -> Opened:
    """Return the content of every file of a bundle.

    Parameters
    ----------
    version : str, optional
        The only version it may be; default: any.

    Raises
    ------
    DamagedBundleError
        Where a file is absent, is a link or anything else than a plain file, has other bytes than
        the manifest says, or is not in the manifest at all.
    IncompatibleBundleError
        Where the bundle is of a format that this version does not know.
    """
    try:
        written = _read(folder / "manifest.json")
        manifest = json.loads(written)
        wanted = _listed(manifest)
        _refuse_strangers(folder, wanted)
        contents = {name: _read(folder / name) for name in wanted}
        seal = str(manifest.pop("seal"))
        whole = seal == _seal(manifest) and written == _sealed(manifest)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _damaged(folder, _without_path(error)) from None
    if not whole:
        raise _damaged(folder, "other bytes in manifest.json")
    for name, promised in wanted.items():
        if _hash(contents[name]) != promised:
            raise _damaged(folder, f"other bytes in {name}")
    _check_format(folder, manifest.get("format", FORMAT))
    if version is not None and manifest.get("version") != version:
        raise unlike(folder, f"version {version}", f"version {manifest.get('version')!r}")
    return Opened(folder, {**contents, "manifest.json": written}, seal)


def _read(path: Path) -> bytes:
    """Return the bytes of a plain file; a link is not followed, a pipe not waited for."""
    with open(path, "rb", opener=_place) as file:
        state = os.fstat(file.fileno())
        if not stat.S_ISREG(state.st_mode):
            raise ValueError(f"{path.name} is not a plain file")
        if state.st_size > LARGEST:
            raise ValueError(f"{path.name} has {state.st_size:,} bytes")
        return file.read()


def _place(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)


def _refuse_strangers(folder: Path, wanted: dict[str, str]) -> None:
    strangers = sorted({path.name for path in folder.iterdir()} - {*wanted, "manifest.json"})
    if strangers:
        raise ValueError(f"files that were not shipped: {', '.join(strangers[:5])}")


def _without_path(error: Exception) -> str:
    """Return what is wrong; an error of the system names the file, not the whole path."""
    if isinstance(error, OSError) and error.filename is not None:
        return f"{Path(error.filename).name}: {error.strerror}"
    return f"{type(error).__name__}: {error}"


def _check_format(folder: Path, found: object) -> None:
    if found != FORMAT:
        raise IncompatibleBundleError(
            f"bundle {folder.name} to be of format {FORMAT}",
            f"format {found!r}",
            "It was written by another version of Kenshin: serve it with that one, or train again.",
        )


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


def unlike(folder: Path, expected: str, found: str) -> DamagedBundleError:
    """Return the refusal of a bundle that is whole, but not what it should be."""
    return DamagedBundleError(
        f"{expected} in bundle {folder.name}",
        found,
        "Copy the bundle again, or run `kenshin train`; `kenshin models` lists the others.",
    )
