"""The files of a source, and how a file is known to be the same as before."""

from dataclasses import dataclass
from pathlib import Path

from features.errors import SettingsError
from features.settings import Settings, Source
from features.sources.connection import located

PARQUET = (".parquet", ".pq")


@dataclass(frozen=True)
class SourceFile:
    """One file as it is now; equal to what it was where nobody wrote to it.

    Attributes
    ----------
    path : str
        Absolute.
    size : int
        Bytes.
    mtime_ns : int
        When it was written last.
    """

    path: str
    size: int
    mtime_ns: int

    @property
    def parquet(self) -> bool:
        """Whether it is a Parquet file by its name."""
        return self.path.lower().endswith(PARQUET)


def inventory(settings: Settings, source: Source) -> list[SourceFile] | None:
    """Return the files of a source given as a glob, in the order in which they are read.

    None where the source is something else: one file, a database, SQL, or a mixture of kinds.
    """
    if source.file is None:
        return None
    try:
        path = located(settings, source.file)
    except SettingsError:
        return None
    if path.exists() or not any(sign in path.name for sign in "*?["):
        return None
    pattern = str(path.relative_to(path.anchor))
    found = [_file(part) for part in sorted(map(str, Path(path.anchor).glob(pattern)))]
    if not found or len({file.parquet for file in found}) > 1:
        return None
    return found


def _file(path: str) -> SourceFile:
    said = Path(path).stat()
    return SourceFile(path, said.st_size, said.st_mtime_ns)
