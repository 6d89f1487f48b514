"""The form by which people hold another band against a score, and what the page shows of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from features import erased
from features.settings import Settings
from serving.accounts import lookup
from serving.overrides import kept
from serving.overrides.override import LONGEST, LONGEST_REASON, Override, OverrideError
from serving.store.engine import writing
from serving.store.schema import api_keys
from serving.store.scores import StoredRow


@dataclass(frozen=True)
class Overrides:
    """What was ever held against an account's scores.

    Attributes
    ----------
    held : mapping or None
        What is in force.
    before : tuple of mapping
        The latest that are no more, newest first.
    today, last : date
        The first and the last day that a new one may end on.
    names : mapping of str to str
        Id of a key → what it is called, of those who said any of them.
    """

    held: StoredRow | None
    before: tuple[StoredRow, ...]
    today: date
    last: date
    names: Mapping[str, str]


def overrides(engine: sa.Engine, account_id: str, now: datetime) -> Overrides:
    """Return what the account's page shows."""
    with engine.connect() as connection:
        held = kept.in_force(connection, account_id, now)
        known = kept.of_account(connection, account_id)
        names = _names(connection, {row["by"] for row in known})
    mine = None if held is None else held["override_id"]
    before = tuple(row for row in known if row["override_id"] != mine)
    return Overrides(held, before, now.date(), now.date() + LONGEST, names)


def _names(connection: sa.Connection, key_ids: set[str]) -> dict[str, str]:
    """Return what the keys are called; an id that no key has is not in it."""
    columns = (api_keys.c.key_id, api_keys.c.name)
    asked = sa.select(*columns).where(api_keys.c.key_id.in_(key_ids))
    return {row.key_id: row.name for row in connection.execute(asked)}


def record(
    settings: Settings, engine: sa.Engine, form: Mapping[str, str], now: datetime, by: str
) -> str:
    """Keep an override, or end the one in force, and return the account it is about.

    Raises
    ------
    UnknownAccountError
        Where the account is not in the latest run.
    OverrideError
        Where a field is missing or none of what was offered.
    """
    score = lookup.score_of(engine, lookup.latest_run(engine), form.get("account_id", ""))
    account_id = str(score["account_id"])
    hashed = erased.ready(settings).of(account_id)
    with writing(engine) as connection:
        if form.get("do") == "withdraw":
            kept.withdraw(connection, account_id, now, by, hashed)
        else:
            kept.keep(connection, score, _said(form, now, by), hashed)
    return account_id


def _said(form: Mapping[str, str], now: datetime, by: str) -> Override:
    try:
        until = date.fromisoformat(form.get("until", ""))
    except ValueError:
        raise OverrideError("a last day", "none", "Choose a day within a year.") from None
    reason = form.get("reason", "").encode("utf-8", "replace").decode().replace("\0", "").strip()
    return Override(now, by, form.get("band", ""), until, reason[:LONGEST_REASON])
