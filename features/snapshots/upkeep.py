"""Stored snapshots kept up with the data: built where missing, repaired where wrong, else left."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from features import erased
from features.collector import uncollected
from features.engines import size
from features.progress import Progress
from features.settings import Settings
from features.snapshots import files
from features.snapshots.build import build_each
from features.snapshots.differences import differences
from features.snapshots.files import Manifest
from features.snapshots.forgetting import without_erased
from features.snapshots.inputs import states
from features.snapshots.snapshot import Snapshot, content_id

if TYPE_CHECKING:
    from features.sources import Tables

What = Literal["written", "unchanged", "repaired", "issued"]

ROWS_AT_ONCE = 1_000_000
"""Rows that are built together; what is built is written before the next are begun."""


@dataclass(frozen=True)
class Outcome:
    """What became of one instant.

    Attributes
    ----------
    what : {"written", "unchanged", "repaired", "issued"}
        ``written``: it had no snapshot. ``repaired``: it has another one now. ``issued``: scores
        were issued from the one it has, so that one stays. ``unchanged``: it is as it was.
    manifest : Manifest or None
        The snapshot it has; None where no account lives.
    accounts : int
        How many accounts differ from what would be built today; 0 but for ``issued`` and
        ``repaired``.
    built : bool
        Whether it was built to know this.
    """

    as_of: datetime
    what: What
    manifest: Manifest | None
    accounts: int = 0
    built: bool = True


@dataclass(frozen=True)
class Upkeep:
    """What became of all instants.

    Attributes
    ----------
    outcomes : tuple of Outcome
        Of the instants asked for and of those repaired, ascending.
    suspects : tuple of datetime
        Other stored snapshots that may have changed and were left as they are.
    """

    outcomes: tuple[Outcome, ...]
    suspects: tuple[datetime, ...]


def keep_up(
    tables: "Tables",
    settings: Settings,
    as_ofs: Sequence[datetime],
    *,
    issued: Collection[str] = (),
    repair: bool = True,
    progress: Progress | None = None,
) -> Upkeep:
    """Build what is missing or may have changed, write what is new, and say what was done.

    A snapshot whose inputs are what they were is not built. One that is built and has the same
    content is not written. Each turn is written before the next is built, so an interrupted run
    goes on where it was.

    Parameters
    ----------
    issued : collection of str
        Ids of snapshots from which scores were issued: they stay current whatever the data say.
    repair : bool
        Whether stored snapshots of other instants that may have changed are built as well;
        otherwise they are named.
    """
    asked = set(as_ofs)
    others = [date for date in files.stored_dates(settings) if date not in asked]
    with uncollected():
        named = states(tables, settings, sorted({*asked, *others}))
    changed = [date for date in others if not _as_it_was(settings, date, named[date], issued)]
    wanted = sorted({*asked, *(changed if repair else [])})
    stale = [date for date in wanted if not _as_it_was(settings, date, named[date], issued)]
    outcomes = [_left(settings, date) for date in wanted if date not in set(stale)]
    for turn in _in_turns(tables, stale):
        each = build_each(tables, settings, turn, progress=progress)
        outcomes += [
            _settled(settings, date, built, named[date], issued)
            for date, built in zip(turn, each, strict=True)
        ]
    suspects = () if repair else tuple(changed)
    return Upkeep(tuple(sorted(outcomes, key=lambda o: o.as_of)), suspects)


def _as_it_was(
    settings: Settings, as_of: datetime, inputs: str | None, issued: Collection[str]
) -> bool:
    """Return whether building ``as_of`` could not change anything."""
    made = files.made_from(settings, as_of)
    there = files.current(settings, as_of)
    if inputs is None or made.get("inputs") != inputs:
        return False
    now = there.snapshot_id if there else ""
    return made["snapshot_id"] == now or now in issued


def _left(settings: Settings, as_of: datetime) -> Outcome:
    there = files.current(settings, as_of)
    accounts = int(files.made_from(settings, as_of).get("accounts", "0"))
    what: What = "issued" if accounts else "unchanged"
    return Outcome(as_of, what, there, accounts, built=False)


def _in_turns(tables: "Tables", dates: Sequence[datetime]) -> Iterator[Sequence[datetime]]:
    if not dates:
        return
    accounts = max(1, size(tables.tables, "accounts"))
    at_once = max(1, ROWS_AT_ONCE // accounts)
    for start in range(0, len(dates), at_once):
        yield dates[start : start + at_once]


def _settled(
    settings: Settings,
    as_of: datetime,
    built: Snapshot,
    inputs: str | None,
    issued: Collection[str],
) -> Outcome:
    """Write what was built unless it is there already or scores were issued from another.

    Who was erased since the tables were read is left out; until it is written, nobody is erased.
    """
    with erased.changing(settings):
        return _kept(settings, as_of, without_erased(settings, built), inputs, issued)


def _kept(
    settings: Settings,
    as_of: datetime,
    built: Snapshot,
    inputs: str | None,
    issued: Collection[str],
) -> Outcome:
    there = files.current(settings, as_of)
    name = content_id(built.table) if built.table.num_rows else ""
    if there is not None and there.snapshot_id in issued and name != there.snapshot_id:
        accounts = _accounts(settings, there, built)
        files.note(settings, as_of, inputs=inputs or "", snapshot_id=name, accounts=str(accounts))
        return Outcome(as_of, "issued", there, accounts)
    outcome = _written(settings, as_of, built, name, there)
    files.note(settings, as_of, inputs=inputs or "", snapshot_id=name)
    return outcome


def _written(
    settings: Settings, as_of: datetime, built: Snapshot, name: str, there: Manifest | None
) -> Outcome:
    if there is not None and name == there.snapshot_id:
        return Outcome(as_of, "unchanged", there)
    accounts = _accounts(settings, there, built) if there is not None else 0
    if name:
        manifest = files.write_named(built, settings, as_of, name)
        return Outcome(as_of, "repaired" if there else "written", manifest, accounts)
    files.withdraw(settings, as_of)
    return Outcome(as_of, "repaired" if there else "unchanged", None, accounts)


def _accounts(settings: Settings, there: Manifest, built: Snapshot) -> int:
    stored = files.read_by_id(settings, there.snapshot_id)
    return len({one.account_id for one in differences(stored, built)})
