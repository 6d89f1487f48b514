"""How a company stands in a few lines: for the mail of a nightly job, not for an alarm."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from features.settings import Settings
from serving.access import keys
from serving.drift import kept
from serving.instant import rfc3339
from serving.store import scores as stored
from serving.store.promotions import latest
from serving.store.schema import scores
from training import bundle as shipping

SOON: Final = timedelta(days=14)
"""A key that ends within this time is told."""

OLD: Final = timedelta(hours=36)
"""Scores older than this mean that a night was missed."""

Json = dict[str, Any]


@dataclass(frozen=True)
class Line:
    """One line: what, how it stands, and whether somebody should look."""

    name: str
    said: str
    look: bool


@dataclass(frozen=True)
class Status:
    """How a company stands.

    Attributes
    ----------
    document : dict
        The same for programs.
    """

    lines: tuple[Line, ...]
    document: Json

    @property
    def look(self) -> bool:
        """Whether any line asks for somebody to look."""
        return any(line.look for line in self.lines)


def status(settings: Settings, engine: sa.Engine, now: datetime) -> Status:
    """Return how the company of ``settings`` stands ``now`` (naive UTC)."""
    parts = {
        "model": _model(settings, engine),
        "scores": _scores(engine, now),
        "feeds": _feeds(engine),
        "drift": _drift(settings, now),
        "keys": _keys(engine, now),
    }
    lines = tuple(line for line, _ in parts.values())
    document: Json = {name: found for name, (_, found) in parts.items()}
    look = [line.name for line in lines if line.look]
    return Status(lines, {"at": rfc3339(now), "look": look, **document})


def _model(settings: Settings, engine: sa.Engine) -> tuple[Line, Json]:
    version, last = shipping.champion_version(settings), latest(engine)
    if version is None:
        return Line("model", "none; run `kenshin train`", look=True), {"version": None}
    since = last.at if last is not None and last.to_version == version else None
    said = version if since is None else f"{version}, in service since {since:%Y-%m-%d}"
    found = {"version": version, "since": None if since is None else rfc3339(since)}
    return Line("model", said, look=False), found


def _scores(engine: sa.Engine, now: datetime) -> tuple[Line, Json]:
    run = stored.latest_run(engine)
    if run is None:
        return Line("scores", "none; run `kenshin score`", look=True), {"as_of": None}
    counts = _counted(engine, run["run_id"])
    told = ", ".join(f"{n:,} {band}" for band, n in sorted(counts.items()))
    said = f"{run['accounts']:,} accounts at {run['as_of']:%Y-%m-%d}: {told}"
    found = {"as_of": rfc3339(run["as_of"]), "accounts": run["accounts"], "bands": counts}
    behind = now - run["as_of"]
    if behind > OLD:
        said += "; older than 36 hours, run `kenshin score`"
    return Line("scores", said, look=behind > OLD), found


def _counted(engine: sa.Engine, run_id: str) -> dict[str, int]:
    query = sa.select(scores.c.band, sa.func.count()).where(scores.c.run_id == run_id)
    with engine.connect() as connection:
        found = connection.execute(query.group_by(scores.c.band))
        return {str(row[0]): int(row[1]) for row in found}


def _feeds(engine: sa.Engine) -> tuple[Line, Json]:
    run = stored.latest_run(engine)
    stale: Mapping[str, float] = (run["stale_feeds"] or {}) if run is not None else {}
    told = ", ".join(f"{table} silent for {days:.0f} days" for table, days in stale.items())
    return Line("feeds", told or "none has stopped", look=bool(stale)), {"stale": dict(stale)}


def _drift(settings: Settings, now: datetime) -> tuple[Line, Json]:
    try:
        verdict = json.loads(kept.path(settings).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Line("drift", "never looked; run `kenshin drift`", look=True), {"word": None}
    word = str(verdict["word"])
    made = datetime.fromisoformat(verdict["made_at"]).replace(tzinfo=None)
    said = f"{word}, looked at {(now - made).days} days ago"
    look = word in ("drifted", "broken") or now - made > timedelta(days=3)
    return Line("drift", said, look), {"word": word, "made_at": verdict["made_at"]}


def _keys(engine: sa.Engine, now: datetime) -> tuple[Line, Json]:
    live = [key for key in keys.listed(engine) if key.state(now) == "live"]
    ending = [key for key in live if key.expires_at is not None and key.expires_at - now < SOON]
    told = ", ".join(f"{key.name} ends {key.expires_at:%Y-%m-%d}" for key in ending)
    found = {"live": len(live), "ending": [key.key_id for key in ending]}
    return Line("keys", told or f"{len(live)} live, none ends soon", look=bool(ending)), found
