"""What lies in a folder: data files, their columns, and a look at the first rows."""

import os
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from features.encoding import EncodingError
from features.errors import KenshinError
from features.mapping.synonyms import plain
from features.mapping.writing import quoted
from features.settings import Settings
from features.sources.connection import connect, first_line, name
from features.sources.origin import open_file

_SUFFIXES = (".csv", ".tsv", ".parquet", ".pq", ".csv.zip", ".zip")
_LOOKED_AT = 5000
_FEW = 12


@dataclass(frozen=True)
class Column:
    """A column as its first rows show it.

    Attributes
    ----------
    name : str
        As the source calls it.
    time : bool
        Whether nearly all its values are times.
    number : bool
        Whether nearly all its values are numbers.
    distinct : int
        Different values among the rows looked at.
    values : tuple of str
        They, where they are few.
    filled : float
        Share of rows that have a value.
    """

    name: str
    time: bool
    number: bool
    distinct: int
    values: tuple[str, ...]
    filled: float


@dataclass(frozen=True)
class Found:
    """One source: a file, or several with the same columns and a common name.

    Attributes
    ----------
    file : str
        Path or glob as the settings should have it, relative to their folder.
    stem : str
        What the name says: the file's, without numbers and endings.
    rows : int
        How many rows were looked at.
    columns : dict of str to Column
        By plain name.
    encoding : str, optional
        Of a CSV file that is not in UTF-8.
    """

    file: str
    stem: str
    rows: int
    columns: dict[str, Column]
    encoding: str | None = None

    @property
    def origin(self) -> dict[str, str]:
        """The lines of a settings file that name the source, as TOML."""
        named = {"file": quoted(self.file)}
        return named if self.encoding is None else named | {"encoding": quoted(self.encoding)}


def look(folder: Path, root: Path) -> tuple[list[Found], list[str]]:
    """Return the sources in ``folder`` and a sentence for each file that could not be read.

    Parameters
    ----------
    root : Path
        Folder of the settings file to be; paths are written relative to it.
    """
    found, unread = [], []
    with TemporaryDirectory() as passing:
        settings = Settings(root=root, workspace_folder=passing)
        with connect(settings) as con:
            for number, files in enumerate(_grouped(_files(folder))):
                pattern = files[0] if len(files) == 1 else _pattern(files)
                try:
                    found.append(_look_at(con, number, pattern, settings))
                except (KenshinError, duckdb.Error) as error:
                    unread.append(f"{pattern.name} cannot be read: {first_line(error)}")
    return found, unread


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden and path.name.lower().endswith(_SUFFIXES):
            yield path


def _grouped(files: Iterator[Path]) -> list[list[Path]]:
    """Return the files of one table together: same folder, same name but for the numbers."""
    groups: dict[tuple[Path, str], list[Path]] = defaultdict(list)
    for file in files:
        groups[(file.parent, re.sub(r"\d+", "*", file.name))].append(file)
    return list(groups.values())


def _pattern(files: list[Path]) -> Path:
    return files[0].with_name(re.sub(r"\d+([-_.]?\d+)*", "*", files[0].name))


def _look_at(con: duckdb.DuckDBPyConnection, number: int, path: Path, settings: Settings) -> Found:
    encoding = None
    try:
        origin = open_file(con, f"file {number}", path, settings)
    except EncodingError as error:
        if error.encoding is None:
            raise
        encoding = error.encoding
        origin = open_file(con, f"file {number}", path, settings, encoding)
    con.execute(
        f"CREATE OR REPLACE TABLE looked AS SELECT * FROM {origin.relation} LIMIT {_LOOKED_AT}"
    )
    rows = con.execute("SELECT count(*) FROM looked").fetchall()[0][0]
    columns = {plain(c): _column(con, c, kind, rows) for c, kind in origin.columns.items()}
    stem = plain(re.sub(r"[\d*]+", "", path.name.split(".")[0]))
    return Found(_relative(path, settings.root), stem, rows, columns, encoding)


def _relative(path: Path, root: Path) -> str:
    return Path(os.path.relpath(path.resolve(), root.resolve())).as_posix()


def _column(con: duckdb.DuckDBPyConnection, column: str, kind: str, rows: int) -> Column:
    held = f"nullif(trim(CAST({name(column)} AS VARCHAR)), '')"
    filled, times, numbers, distinct = con.execute(
        f"SELECT count({held}), count(try_cast({held} AS TIMESTAMP)), "
        f"count(try_cast({held} AS DOUBLE)), count(DISTINCT {held}) FROM looked"
    ).fetchall()[0]
    values: tuple[str, ...] = ()
    if 0 < distinct <= _FEW:
        listed = con.execute(
            f"SELECT DISTINCT {held} AS v FROM looked WHERE {held} IS NOT NULL ORDER BY v"
        ).fetchall()
        values = tuple(value for (value,) in listed)
    typed_time = kind == "DATE" or kind.startswith("TIMESTAMP")
    return Column(
        name=column,
        time=typed_time or (filled > 0 and times >= 0.9 * filled and numbers < filled),
        number=filled > 0 and numbers >= 0.9 * filled,
        distinct=distinct,
        values=values,
        filled=filled / rows if rows else 0.0,
    )
