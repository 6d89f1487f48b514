"""The changes of process measured so far, kept where the pages read them.

Measuring reads the company's tables, which a serving process does not; so the command keeps what
it found and the process shows that. Counts and intervals are kept, no account.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from features import erased
from features.settings import Settings
from serving.instant import rfc3339
from training.seal import write_json

Json = dict[str, Any]

MOST = 20
"""Measurements that are kept, the latest."""
FEWEST = 2
"""Customers that a group needs to be kept: figures of a single one would be about it."""
NAMES_ONE = ("name", "name_en", "parent_id")
"""Columns of accounts whose values name a customer."""


def keep(settings: Settings, found: Mapping[str, Any], now: datetime) -> bool:
    """Keep a measurement made ``now`` (naive UTC); the same one measured before goes.

    Returns
    -------
    bool
        Whether it was kept: not what is about one customer by its name or by its number.
    """
    if _about_one(found):
        return False
    with erased.changing(settings):
        others = [one for one in read(settings) if _asked(one) != _asked(found)]
        some = [{**found, "made_at": rfc3339(now)}, *others]
        write_json(settings.workspace / "effects.json", {"effects": some[:MOST]})
    return True


def read(settings: Settings) -> list[Json]:
    """Return the measurements that are kept, the latest first."""
    path = settings.workspace / "effects.json"
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    found: list[Json] = json.loads(text)["effects"]
    return found


class Kept:
    """Reads the kept measurements again whenever their file changes."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._read: tuple[tuple[int, int], list[Json]] = ((0, 0), [])

    def shown(self) -> list[Json]:
        """Return the measurements, the latest first."""
        try:
            seen = (self._settings.workspace / "effects.json").stat()
        except FileNotFoundError:
            return []
        stamp = (seen.st_mtime_ns, seen.st_ino)
        if stamp != self._read[0]:
            self._read = (stamp, read(self._settings))
        return self._read[1]


def _asked(one: Mapping[str, Any]) -> tuple[Any, ...]:
    segment = one["segment"] or {}
    return one["from"], one["days"], segment.get("column"), segment.get("value")


def _about_one(found: Mapping[str, Any]) -> bool:
    segment = found["segment"]
    if segment is not None and segment["column"] in NAMES_ONE:
        return True
    groups = [found[name] for name in ("concerned", "others") if name in found]
    sizes = [group["churn"][when]["accounts"] for group in groups for when in ("before", "after")]
    return any(0 < size < FEWEST for size in sizes)
