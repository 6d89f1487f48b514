"""Plays: which action answers which cause, from a table people can edit."""

import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from features.catalog import Feature, Group, Language
from features.errors import SettingsError
from features.settings import Settings

BandName = Literal["red", "yellow", "green", "no_data"]
Steps = Annotated[list[str], Field(min_length=1, max_length=7)]

FILE = Path(__file__).parent / "plays.toml"
"""The plays that are shipped; a ``plays.toml`` beside ``kenshin.toml`` replaces them."""

LEAST_LOSS = 0.5
"""Points a reason must cost before an action is based on it."""

FELL = 1.0
"""Points a reason must have lost since the run before to count as a recent change."""


class Play(BaseModel):
    """A prepared action: what to do, in which steps, by when."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    groups: list[Group | Literal["any"]]
    bands: list[BandName]
    due_hours: Annotated[int, Field(ge=1)]
    title: dict[Language, str]
    steps: dict[Language, Steps]

    def answers(self, group: str | None, band: str) -> bool:
        """Whether this play is for a reason of ``group`` in ``band``."""
        return band in self.bands and ("any" in self.groups or group in self.groups)


@dataclass(frozen=True)
class Reason:
    """One feature of an account as a possible cause."""

    feature: Feature
    points: float
    missing: bool
    fell_by: float = 0.0
    """Points lost since the run before."""


@dataclass(frozen=True)
class Choice:
    """The play for an account and the cause it was chosen for (None for bands without one)."""

    play: Play
    feature: Feature | None


def choose(plays: Iterable[Play], band: str, reasons: Iterable[Reason]) -> Choice:
    """Return the play for an account in ``band``.

    Only what a person can influence and what is known is a cause; what fell lately comes before
    what has long been low. A healthy account gets its growth play, whatever its smallest reason.
    """
    table = list(plays)
    cause = None if band in ("green", "no_data") else _cause(reasons)
    group = cause.group if cause else None
    play = next(play for play in table if play.answers(group, band))
    return Choice(play, cause)


def plays_of(settings: Settings) -> tuple[Play, ...]:
    """Return the company's plays: its own ``plays.toml``, else those shipped.

    Raises
    ------
    SettingsError
        Where the file is no TOML, breaks the form, or leaves a band without a play.
    """
    try:
        # A new Path costs more than the question, which is asked for every answer.
        state = os.stat(f"{settings.root}/plays.toml")  # noqa: PTH116
    except FileNotFoundError:
        return shipped()
    return _read_once(settings.root / "plays.toml", state.st_mtime_ns, state.st_ino, state.st_size)


@lru_cache(maxsize=8)
def _read_once(path: Path, *_state: int) -> tuple[Play, ...]:
    """Return the plays of a file, read again only when the file has changed."""
    return read_plays(path)


def read_plays(path: Path) -> tuple[Play, ...]:
    """Return the plays of a file; see `plays_of`."""
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
        plays = tuple(Play.model_validate(entry) for entry in given.get("play", []))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError("a TOML file in UTF-8", f"{path}: {error}", "Mend that line.") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SettingsError(
            f"plays in {path.name} as shipped", f"'{where}': {first['msg']}", "Mend that entry."
        ) from None
    _require_all_bands(plays, path)
    return plays


def _require_all_bands(plays: tuple[Play, ...], path: Path) -> None:
    for band in ("red", "yellow", "green", "no_data"):
        if not any(play.answers("any", band) for play in plays):
            raise SettingsError(
                f"a play with groups = ['any'] for every band in {path.name}",
                f"none for {band}",
                f"Add a [[play]] with bands = ['{band}'] and groups = ['any'].",
            )


@cache
def shipped() -> tuple[Play, ...]:
    """Return the plays that come with Kenshin."""
    return read_plays(FILE)


def _cause(reasons: Iterable[Reason]) -> Feature | None:
    open_to_action = [
        reason
        for reason in reasons
        if reason.feature.actionable and not reason.missing and reason.points <= -LEAST_LOSS
    ]
    if not open_to_action:
        return None
    return min(open_to_action, key=_urgency).feature


def _urgency(reason: Reason) -> tuple[bool, float, float]:
    fell = reason.fell_by >= FELL
    return (not fell, -reason.fell_by if fell else reason.points, reason.points)


def titles(plays: Iterable[Play]) -> Mapping[str, dict[Language, str]]:
    """Return play code → title in both languages."""
    return {play.code: play.title for play in plays}
