"""Bundles that must never serve, each broken in its own way."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from training.seal import write_manifest


def copied(good: Path, folder: Path, **about: object) -> Path:
    """Copy a whole bundle to ``folder``, named in its manifest as the folder is, and return it."""
    shutil.copytree(good, folder)
    resealed(folder, version=folder.name, **about)
    return folder


def resealed(folder: Path, **about: object) -> None:
    """Write the manifest anew, as whoever knows this code could."""
    said = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    kept = {name: value for name, value in said.items() if name not in ("files", "seal", "format")}
    write_manifest(folder, {**kept, **about})


def flipped(folder: Path) -> None:
    path = folder / "booster.txt"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def truncated(folder: Path) -> None:
    path = folder / "booster.txt"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def swapped(folder: Path) -> None:
    one, other = folder / "calibration.json", folder / "scale.json"
    spare = folder.with_name(f"{folder.name}-spare")
    one.rename(spare)
    other.rename(one)
    spare.rename(other)


def missing(folder: Path) -> None:
    (folder / "golden.json").unlink()


def renamed(folder: Path) -> None:
    (folder / "booster.txt").rename(folder / "booster-1.txt")


def added(folder: Path) -> None:
    (folder / "notes.txt").write_text("not shipped", encoding="utf-8")


def linked(folder: Path) -> None:
    elsewhere = folder.with_name(f"{folder.name}-elsewhere")
    (folder / "schema.json").rename(elsewhere)
    (folder / "schema.json").symlink_to(elsewhere)


def of_another(folder: Path) -> None:
    """Give it the manifest of another bundle: a seal that is right, over another model."""
    path = folder / "booster.txt"
    own = path.read_bytes()
    path.write_bytes(own.replace(b"leaf_value=", b"leaf_value=0 ", 1))
    resealed(folder)
    path.write_bytes(own)


def another_version(folder: Path) -> None:
    resealed(folder, version="v1")


def another_format(folder: Path) -> None:
    resealed(folder, format=2)


def other_golden_rows(folder: Path) -> None:
    path = folder / "golden.json"
    golden = json.loads(path.read_text(encoding="utf-8"))
    golden["probability"][0] += 1e-6
    path.write_text(json.dumps(golden), encoding="utf-8")
    resealed(folder)


def poisonous(folder: Path) -> None:
    """Make a model whose hashes are right and on which LightGBM ends the process."""
    path = folder / "booster.txt"
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: len(text) // 2], encoding="utf-8")
    resealed(folder)


def of_another_shape(folder: Path) -> None:
    (folder / "calibration.json").write_text('{"slope": "steep"}', encoding="utf-8")
    resealed(folder)


DAMAGES: dict[str, Callable[[Path], None]] = {
    "a flipped bit": flipped,
    "half a file": truncated,
    "two files swapped": swapped,
    "a file missing": missing,
    "a file renamed": renamed,
    "a file added": added,
    "a file that is a link": linked,
    "the manifest of another": of_another,
    "the version of another": another_version,
    "a format to come": another_format,
    "golden rows that answer otherwise": other_golden_rows,
    "parts of another shape": of_another_shape,
    "a model that ends the process": poisonous,
}
"""What is wrong → how to make it so; the last four have hashes that are right."""
