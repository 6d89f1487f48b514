"""A segment: some source files, what was found in each, and where their rows are kept."""

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from features.digests.inventory import SourceFile

PARTS = ("rows", "account_days", "user_days", "event_days", "accounts")
"""The Parquet files of every segment with a column ``file``. Beside them lie ``firsts`` and what
`rollups` makes, and ``rejected`` and ``unread`` where there are such rows."""
ORDER = {
    "rows": "",
    "account_days": "ORDER BY known // 32, account_id, day",
    "user_days": "ORDER BY known // 32, account_id, user_id, day",
    "event_days": "ORDER BY known // 32, account_id, event, day",
    "accounts": "ORDER BY account_id, file",
}
"""How each part is sorted: by the month from which it counts, so that little is read for a day."""


@dataclass(frozen=True)
class Found:
    """What a source file held.

    Attributes
    ----------
    file : SourceFile
    number : int
        How the segment's rows name it.
    rows, bad : int
        All of its rows, and those kept out.
    unread : tuple of int
        The numbers of the lines that are no rows.
    rules : dict of str to list
        By rule: how many rows break it, the first such row counted from 0, what it has there.
    days : dict of str to str
        UTC day → the last time of that day, as ISO 8601; of all rows with a time.
    known : dict of str to list
        First cut-off day at which rows count → their number, and a sum of hashes of their values.
    sound : dict of str to list
        Day since 1970 → its sound rows, and the time of the first of them.
    verdict : str
        What the other tables say against its rows: empty for nothing.
    """

    file: SourceFile
    number: int
    rows: int = 0
    bad: int = 0
    unread: tuple[int, ...] = ()
    rules: dict[str, list[Any]] = field(default_factory=dict)
    days: dict[str, str] = field(default_factory=dict)
    known: dict[str, list[int]] = field(default_factory=dict)
    sound: dict[str, list[Any]] = field(default_factory=dict)
    verdict: str = ""


@dataclass(frozen=True)
class Segment:
    """A folder of Parquet files that never changes once it has its name.

    Attributes
    ----------
    folder : Path
    columns : dict of str to str
        Source column → type, over all its files.
    found : tuple of Found
    events : tuple of str
        Names of all events in its rows.
    signature : str
        What its rows were made by: columns and rules.
    every : int
        Of so many rows one is in its sample.
    """

    folder: Path
    columns: dict[str, str]
    found: tuple[Found, ...]
    events: tuple[str, ...] = ()
    signature: str = ""
    every: int = 1

    @property
    def name(self) -> str:
        """Name of the folder."""
        return self.folder.name

    @property
    def rows(self) -> int:
        """How many rows its files had."""
        return sum(found.rows for found in self.found)

    def part(self, name: str) -> Path:
        """Return where one of its Parquet files is."""
        return self.folder / f"{name}.parquet"

    def save(self) -> None:
        """Write what is said about the files beside their rows."""
        said = {
            "columns": self.columns,
            "events": list(self.events),
            "signature": self.signature,
            "every": self.every,
            "found": [asdict(found) for found in self.found],
        }
        (self.folder / "segment.json").write_text(
            json.dumps(said, ensure_ascii=False), encoding="utf-8"
        )

    def at(self, folder: Path) -> "Segment":
        """Return the same segment in another place."""
        return replace(self, folder=folder)


def load(folder: Path) -> Segment:
    """Return the segment in ``folder``."""
    said = json.loads((folder / "segment.json").read_text(encoding="utf-8"))
    return Segment(
        folder,
        said["columns"],
        tuple(_found(one) for one in said["found"]),
        tuple(said["events"]),
        said["signature"],
        said["every"],
    )


def _found(said: dict[str, Any]) -> Found:
    file = SourceFile(**said["file"])
    return Found(**(said | {"file": file, "unread": tuple(said["unread"])}))
