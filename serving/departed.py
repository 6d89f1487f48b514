"""When accounts left and the reason given, kept where their pages read it.

Both stand in the company's tables, which a serving process does not read; so the commands that read
them keep what they found and the pages show that.
"""

import json
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from features import erased
from features.settings import Settings
from training.seal import write_json

if TYPE_CHECKING:
    from features.sources import Tables

REASON_WITHIN = timedelta(days=45)
"""A reason given for leaving is that of an end so near."""


@dataclass(frozen=True)
class Departure:
    """The end of an account's last relationship.

    Attributes
    ----------
    left_at : datetime
        Naive UTC.
    confirmed : bool
        Whether it counts as left: a return within the allowed gap would have been seen.
    reason : str or None
        As the table of churns has it.
    """

    left_at: datetime
    confirmed: bool
    reason: str | None


def keep(settings: Settings, tables: "Tables") -> None:
    """Keep who has left by what ``tables`` say; who is erased is left out."""
    rows = _rows(settings, tables)
    with erased.changing(settings):
        write_json(_path(settings), {"departures": erased.read(settings).out_of(rows)})


class Departures:
    """Reads what was kept again whenever its file changes."""

    def __init__(self, settings: Settings) -> None:
        self._path = _path(settings)
        self._read: tuple[int, dict[str, Departure]] = (0, {})
        self._reading = threading.Lock()

    def of(self, account_id: str) -> Departure | None:
        """Return the end of an account's relationship; None where none is known."""
        with self._reading:
            try:
                changed = self._path.stat().st_mtime_ns
                if changed != self._read[0]:
                    self._read = (changed, _parsed(self._path.read_text(encoding="utf-8")))
            except FileNotFoundError:
                return None
            return self._read[1].get(account_id)


def _parsed(text: str) -> dict[str, Departure]:
    return {
        row["account_id"]: Departure(
            datetime.fromisoformat(row["left_at"]), row["confirmed"], row["reason"]
        )
        for row in json.loads(text)["departures"]
    }


def _rows(settings: Settings, tables: "Tables") -> list[dict[str, Any]]:
    """Return the accounts whose last relationship has ended, by id."""
    reasons = _reasons(tables)
    return [
        {
            "account_id": account,
            "left_at": spell["ended_at"].isoformat(),
            "confirmed": spell["confirmed"],
            "reason": _reason(reasons.get(account), spell["ended_at"]),
        }
        for account, spell in sorted(_last_spells(settings, tables).items())
        if spell["ended_at"] is not None
    ]


def _last_spells(settings: Settings, tables: "Tables") -> dict[str, dict[str, Any]]:
    from features import identities, spells
    from features.engines import arrow

    found = identities.of_survivors(spells.spells(tables, settings), tables)
    found = found.select("account_id", "started_at", "ended_at", "confirmed")
    rows = arrow(found.order_by("account_id", "started_at")).to_pylist()
    return {row["account_id"]: row for row in rows}


def _reasons(tables: "Tables") -> dict[str, tuple[datetime, str]]:
    """Return account → when it last gave a reason for leaving, and which."""
    from features.engines import arrow

    if "churns" not in tables or "reason" not in tables["churns"].columns:
        return {}
    churns = tables["churns"]
    given = churns.filter(churns.reason.notnull()).select("account_id", "churned_at", "reason")
    rows = arrow(given.order_by("account_id", "churned_at", "reason")).to_pylist()
    return {row["account_id"]: (row["churned_at"], row["reason"]) for row in rows}


def _reason(given: tuple[datetime, str] | None, left_at: datetime) -> str | None:
    if given is None or abs(given[0] - left_at) > REASON_WITHIN:
        return None
    return given[1]


def _path(settings: Settings) -> Path:
    return settings.workspace / "departures.json"
