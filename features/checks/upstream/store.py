"""What is remembered of the deliveries: the accepted profile, the latest one, what was accepted."""

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from features.checks.upstream.profile import TableProfile, read_profile
from features.checks.violations import Violation
from features.settings import Settings

_FORMAT = 2


@dataclass(frozen=True)
class Remembered:
    """The deliveries so far.

    Attributes
    ----------
    accepted, latest : dict of str to TableProfile
        By table: the first delivery or the last one accepted by hand, and the last good one.
    known : frozenset of (code, table, column)
        Breaks inside the data that were accepted.
    taken_at : str
        ISO time at which the latest was recorded, or nothing.
    inside : dict of str to tuple of Violation
        By table: what was found inside the latest delivery, accepted or not.
    """

    accepted: dict[str, TableProfile] = field(default_factory=dict)
    latest: dict[str, TableProfile] = field(default_factory=dict)
    known: frozenset[tuple[str, str, str]] = frozenset()
    taken_at: str = ""
    inside: dict[str, tuple[Violation, ...]] = field(default_factory=dict)


def profile_file(settings: Settings) -> Path:
    """Return where the profiles are kept."""
    return settings.workspace / "upstream.json"


def acceptance_file(settings: Settings) -> Path:
    """Return where it is written who accepted what: one JSON document a line, never rewritten."""
    return settings.workspace / "acceptances.jsonl"


def recall(settings: Settings) -> Remembered:
    """Return what is remembered; nothing where there is no file or one of another version."""
    try:
        found: dict[str, Any] = json.loads(profile_file(settings).read_text(encoding="utf-8"))
        if found["format"] != _FORMAT:
            return Remembered()
        return Remembered(
            {table: read_profile(p) for table, p in found["accepted"].items()},
            {table: read_profile(p) for table, p in found["latest"].items()},
            frozenset((code, table, column) for code, table, column in found["known"]),
            found["taken_at"],
            {table: tuple(Violation(**v) for v in said) for table, said in found["inside"].items()},
        )
    except FileNotFoundError:
        return Remembered()


def remember(settings: Settings, remembered: Remembered) -> None:
    """Write what is remembered; an interrupted write leaves the old file."""
    document = {
        "format": _FORMAT,
        "taken_at": remembered.taken_at,
        "known": sorted(remembered.known),
        "accepted": {table: p.document() for table, p in remembered.accepted.items()},
        "latest": {table: p.document() for table, p in remembered.latest.items()},
        "inside": {table: [asdict(v) for v in said] for table, said in remembered.inside.items()},
    }
    file = profile_file(settings)
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(f"{file.name}.{os.getpid()}.part")
    partial.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    partial.replace(file)


def note_acceptance(
    settings: Settings, at: str, by: str, reason: str, accepted: Iterable[Violation]
) -> None:
    """Append who accepted what to the log, and have it on disk before returning."""
    what = [
        {"code": v.code, "table": v.table, "column": v.column, "sentence": v.sentence}
        for v in accepted
    ]
    line = json.dumps({"at": at, "by": by, "reason": reason, "accepted": what}, ensure_ascii=False)
    file = acceptance_file(settings)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as log:
        log.write(line + "\n")
        log.flush()
        os.fsync(log.fileno())
