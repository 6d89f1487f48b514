"""Erasing one subject from everything Kenshin wrote, so that nothing brings it back.

The order is such that an interruption anywhere is mended by asking again: first the keyed hash is
noted, so that no run brings the account back; then the files; the store last, in one transaction
with the entry of the audit log.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from features import erased as forgotten
from features.errors import KenshinError, UnknownAccountError
from features.settings import Settings
from serving.subjects import files, rows, snapshots, wiping
from serving.subjects.subject import Subject

BY_API = "asked for over the API"


@dataclass(frozen=True)
class Erasure:
    """What was taken out where.

    Attributes
    ----------
    subject_hash : str
        The keyed hash under which the audit log keeps it.
    rows : dict of str to int
        Rows of the store, by table.
    snapshots : int
        Snapshots that were written anew or removed.
    files : list of str
        Other files and folders that were changed or removed.
    left_in : list of str
        Files that still hold the id or a name and could not be cleaned: to be looked at.
    wiped : bool
        Whether no freed page and no write-ahead log holds old bytes any more.
    """

    at: datetime
    subject_hash: str
    rows: dict[str, int]
    snapshots: int
    files: list[str]
    left_in: list[str]
    wiped: bool


def erase(
    settings: Settings,
    engine: sa.Engine,
    account_id: str,
    why: str,
    now: datetime,
    by: str,
    *,
    wait: bool = True,
    written_anew: Callable[[Settings, str], int] = snapshots.take_out,
) -> Erasure:
    """Take an account out of the store, the workspace and the registry's folder.

    Parameters
    ----------
    why : str
        Kept in the audit log, which cannot be erased: it must not name the subject.
    wait : bool
        See `features.erased.changing`.
    written_anew : callable
        Writes the snapshots without the account and returns how many; a server has
        `serving.subjects.apart.written_anew` do it in another process.

    Raises
    ------
    UnknownAccountError
        Where Kenshin holds nothing of it and never erased it.
    KenshinError
        Where no reason is given, or one that names the subject.
    """
    with forgotten.changing(settings, wait=wait):
        subject = found(settings, engine, account_id)
        _require_usable(why, subject)
        return _erased(settings, engine, subject, why, now, by, written_anew)


def _erased(
    settings: Settings,
    engine: sa.Engine,
    subject: Subject,
    why: str,
    now: datetime,
    by: str,
    written_anew: Callable[[Settings, str], int],
) -> Erasure:
    """Take everything out while nobody else does."""
    account_id = subject.account_id
    noted = forgotten.ready(settings)
    name = noted.of(account_id)
    noted = replace(noted, subjects=noted.subjects | {name})
    forgotten.keep(settings, noted)
    count = written_anew(settings, account_id)
    changed = files.remove(settings, subject)
    details = {"why": why, "snapshots": count, "files": len(changed)}
    removed = rows.remove(engine, subject, rows.Entry(now, by, name, details))
    wiped = wiping.wipe(engine)
    left = files.residues(settings, subject)
    return Erasure(now, name, dict(vars(removed)), count, changed, left, wiped)


def found(settings: Settings, engine: sa.Engine, account_id: str) -> Subject:
    """Return the subject with all its names; ask inside `features.erased.changing`.

    Raises
    ------
    UnknownAccountError
        Where nothing is held of it and it was never erased.
    """
    subject = rows.named(engine, account_id)
    subject = Subject(account_id, subject.names | snapshots.names(settings, account_id))
    noted = forgotten.read(settings)
    known = (
        subject.names
        or noted.among([account_id])
        or rows.scores_of(engine, account_id)
        or rows.feedback_of(engine, account_id)
        or snapshots.rows_of(settings, account_id)
        or files.mentions(settings, subject)
    )
    if not known:
        raise UnknownAccountError(
            "the id of an account that Kenshin holds something of",
            "one that is nowhere",
            "Write the id as `kenshin explain` and the pages show it.",
        )
    return subject


def _require_usable(why: str, subject: Subject) -> None:
    if not why.strip():
        raise KenshinError("a reason for the erasure", "none", 'Say it: --why "…".')
    if subject.mentioned(why):
        raise KenshinError(
            "a reason that does not name the subject",
            "its id or name in it",
            "The reason stays in the audit log for ever: say it without the name.",
        )
