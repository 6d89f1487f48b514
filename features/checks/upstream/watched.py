"""What is watched of a delivery: the tables as their sources have them, before any row is kept out.

Row checks see the rows one by one; these see whether the delivery as a whole is still the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from features.tables import TABLES, Kind

UNREAD = frozenset(
    {
        ("accounts", "parent_id"),
        ("tickets", "text"),
        ("surveys", "comment"),
        ("messages", "text"),
        ("churns", "reason"),
        ("churns", "voluntary"),
        *(("actions", column) for column in TABLES["actions"].columns),
        *(("opinions", column) for column in TABLES["opinions"].columns),
    }
)
"""Columns of the contract from which no feature, fact, label or spell is made: they only warn."""

MATURING = frozenset(
    {
        ("subscriptions", "ended_at"),
        ("tickets", "resolved_at"),
        ("tickets", "csat"),
        ("invoices", "paid_at"),
        ("learning", "completed"),
        ("actions", "outcome"),
    }
)
"""Columns filled some time after their row appears: young rows may lack them."""


NAMING = frozenset(
    {
        *("account_id", "user_id", "subscription_id", "ticket_id", "parent_id", "merged_into"),
        *("name", "name_en", "owner", "by"),
        *("text", "comment", "note"),
    }
)
"""Columns that name one customer, person or row, or hold what a person wrote: their values come and
go by themselves, and none of them is kept."""


@dataclass(frozen=True)
class WatchedColumn:
    """One column and the SQL that reads it, see `features.sources.columns.Mapped`."""

    canonical: str
    source: str
    source_type: str
    kind: Kind
    value: str
    raw: str
    unreadable: str

    @property
    def may_be_category(self) -> bool:
        """Whether its values could be kinds of rows, and not what names one of them."""
        return self.kind in ("text", "truth") and self.canonical not in NAMING


@dataclass(frozen=True)
class Known:
    """What is known of a table's rows without reading them.

    Attributes
    ----------
    days : tuple of (int or None, int)
        Each day since 1970 with its rows, ascending.
    first : datetime or None
        The time of the first row.
    sample : str
        SQL name of a relation with the rows of the sample, and perhaps others, in order.
    every : int
        Of so many rows one is in that relation.
    """

    days: tuple[tuple[int | None, int], ...]
    first: datetime | None
    sample: str
    every: int


@dataclass(frozen=True)
class WatchedTable:
    """One table of a delivery.

    Attributes
    ----------
    table : str
    relation, row_number : str
        SQL names of the source's rows and of the column that counts them from 0.
    columns : tuple of WatchedColumn
        Empty where the contract cannot be filled.
    there : dict of str to str
        Every source column → DuckDB type.
    time : WatchedColumn or None
        The column that says when a row happened.
    mapping : str
        Fingerprint of how the settings map the source.
    files : str
        Fingerprint of the files it comes from as they are now; nothing where it is not known.
    known : Known, optional
        Where the rows are stored with what was found in them.
    """

    table: str
    relation: str
    row_number: str
    columns: tuple[WatchedColumn, ...]
    there: Mapping[str, str]
    time: WatchedColumn | None
    mapping: str
    files: str = ""
    known: Known | None = None

    def reads(self, canonical: str) -> bool:
        """Return whether a feature, fact, label or spell is made from that column."""
        return (self.table, canonical) not in UNREAD


def quoted(identifier: str) -> str:
    """Return ``identifier`` quoted for SQL."""
    return '"' + identifier.replace('"', '""') + '"'
