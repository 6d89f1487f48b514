"""Files inside zip archives, unpacked once into the workspace."""

import hashlib
import os
import shutil
import zipfile
from pathlib import Path

from features.errors import TableError


def unpacked(path: Path, cache: Path) -> Path:
    """Return ``path`` itself, or the file of the archive it names, unpacked under ``cache``.

    ``name.csv.zip`` and ``name.zip`` mean the only data file inside; ``name.zip/inner.csv`` means
    that member. A second call with an unchanged archive unpacks nothing.

    Raises
    ------
    TableError
        Where the archive is damaged, holds no such file, or more than one without saying which.
    """
    archive, member = _split(path)
    if archive is None:
        return path
    try:
        with zipfile.ZipFile(archive) as opened:
            return _unpack(opened, _chosen(opened, archive, member), archive, cache)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        raise TableError("a readable zip archive", f"{archive}: {error}", "Pack it anew.") from None


def _split(path: Path) -> tuple[Path | None, str]:
    for part in (path, *path.parents):
        if part.suffix.lower() == ".zip" and part.is_file():
            return part, path.relative_to(part).as_posix() if part != path else ""
    return None, ""


def _chosen(opened: zipfile.ZipFile, archive: Path, member: str) -> zipfile.ZipInfo:
    files = [info for info in opened.infolist() if not info.is_dir()]
    data = [i for i in files if i.filename.lower().endswith((".csv", ".tsv", ".txt", ".parquet"))]
    wanted = [info for info in files if info.filename == member] if member else data
    if len(wanted) == 1:
        return wanted[0]
    names = ", ".join(info.filename for info in files) or "nothing"
    raise TableError(
        f"the file {member} in the archive" if member else "one CSV or Parquet file in the archive",
        f"{archive} holds {names}",
        f"Name the file: '{archive.name}/{files[0].filename if files else 'data.csv'}'.",
    )


def _unpack(opened: zipfile.ZipFile, info: zipfile.ZipInfo, archive: Path, cache: Path) -> Path:
    identity = f"{archive.resolve()}|{archive.stat().st_mtime_ns}|{info.filename}|{info.CRC}"
    folder = cache / "unpacked" / hashlib.sha256(identity.encode()).hexdigest()[:16]
    target = folder / Path(info.filename).name
    if target.exists():
        return target
    folder.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.{os.getpid()}.part")
    with opened.open(info) as packed, partial.open("wb") as plain:
        shutil.copyfileobj(packed, plain)
    partial.replace(target)
    return target
