"""A company whose events arrive in files, some late, some rewritten."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as pq

from features.checks import CheckReport
from features.settings import Settings, load_settings
from features.sources import examine
from tests.builders.company import DAYS, START, random_company
from tests.builders.tables import as_arrow

Row = dict[str, Any]
END = START + timedelta(days=DAYS)
CUTS = [END - timedelta(days=n) for n in (400, 200, 90, 28, 1, 0)]
SETTINGS = """\
[data]
observed_until = {end}
[snapshots]
windows_days = [7, 28, 90]
[features.shared]
measure = "ratio"
event = "share"
per = "report"
window_days = 90
label = {{ ja = "共有", en = "Shared" }}
"""


class Company:
    """A folder with a settings file; its events are ``events/*.parquet`` or ``events/*.csv``."""

    def __init__(self, folder: Path, kind: str = "parquet", end: datetime = END) -> None:
        self.folder, self.kind = folder, kind
        (folder / "events").mkdir(parents=True)
        self.extra = SETTINGS.format(end=end.isoformat())
        self.tables: dict[str, Sequence[Row]] = {}

    def fill(self, rows: Mapping[str, Sequence[Row]]) -> None:
        """Write every table but the events, and the settings."""
        for table, given in rows.items():
            if table != "events":
                self.table(table, given)
        text = self.extra + f'[tables.events]\nfile = "events/*.{self.kind}"\n'
        for table in self.tables:
            text += f'[tables.{table}]\nfile = "{table}.parquet"\n'
        (self.folder / "kenshin.toml").write_text(text, encoding="utf-8")

    def table(self, table: str, rows: Sequence[Row]) -> None:
        """Write one table."""
        self.tables[table] = rows
        pq.write_table(as_arrow(table, rows), self.folder / f"{table}.parquet")

    def file(self, name: str) -> Path:
        """Return where a file of events is."""
        return self.folder / "events" / f"{name}.{self.kind}"

    def events(self, name: str, rows: Sequence[Row]) -> None:
        """Write one file of events, as a whole."""
        every = ("user_id", "quantity", "duration_s", "recorded_at")
        table = as_arrow("events", [dict.fromkeys(every) | row for row in rows])
        if self.kind == "parquet":
            pq.write_table(table, self.file(name))
        else:
            csv.write_csv(_plain(table), self.file(name))

    @property
    def config(self) -> Path:
        """The settings file."""
        return self.folder / "kenshin.toml"

    @property
    def settings(self) -> Settings:
        """The settings, with a workspace of the folder's own."""
        return load_settings(self.config)


def company(folder: Path, seed: int, kind: str = "parquet", accounts: int = 12) -> Company:
    """Return a random company whose events are in three to eight files."""
    draw = Random(seed)
    rows = random_company(seed, accounts)
    made = Company(folder, kind)
    made.fill(rows)
    files: list[list[Row]] = [[] for _ in range(draw.randrange(3, 9))]
    for event in [*rows["events"], *wrong(draw)]:
        draw.choice(files).append(event)
    for number, part in enumerate(files):
        made.events(f"part-{number}", part)
    return made


def wrong(draw: Random) -> list[Row]:
    """Return rows that the checks keep out, or of which they blank a value."""
    at = START + timedelta(days=draw.randrange(300, DAYS))
    sound = {"account_id": "a1", "occurred_at": at, "event": "use"}
    return [
        sound | {"account_id": "nobody"},
        sound | {"account_id": None},
        sound | {"event": None},
        sound | {"quantity": -4.0},
        sound | {"duration_s": float("inf")},
        sound | {"occurred_at": START - timedelta(days=3000)},
        sound | {"occurred_at": datetime(1960, 1, 1)},
        sound | {"occurred_at": END + timedelta(days=2)},
    ]


def by_every_row(made: Company) -> tuple[Any, CheckReport]:
    """Return tables and report as reading every row gives them, in a workspace of their own."""
    settings = made.settings.model_copy(update={"workspace_folder": ".every-row"})
    loaded = examine(settings, digested=False)
    return loaded.tables, loaded.report


def said(report: CheckReport) -> str:
    """Return all that a report says, the rows kept out included, but not where they are.

    What it says by comparison with earlier deliveries is left out: that depends on those.
    """
    out = {
        table: sorted(map(repr, pq.read_table(file).to_pylist()))
        for table, file in report.quarantine_files.items()
    }
    parts = [
        [repr(violation) for violation in report.violations if violation.code < "K7"],
        report.rows_read,
        report.rows_kept,
        out,
        sorted(report.leaking_columns),
    ]
    return json.dumps(parts, indent=1)


def _plain(table: pa.Table) -> pa.Table:
    texts = {"occurred_at", "recorded_at"}
    columns = {
        name: table[name].cast(pa.string()) if name in texts else table[name]
        for name in table.column_names
    }
    return pa.table(columns)
