"""What the commands of a scorecard read: the card, and the accounts as they stand."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from features.arrow import pa, pc
from features.catalog import Feature, Language
from features.clock import utc_now
from features.errors import NotReadyError
from features.settings import Settings
from serving.commands.progress import progress

if TYPE_CHECKING:
    from training.scorecard import Scorecard


@dataclass(frozen=True)
class Standing:
    """The accounts of a company at one instant.

    Attributes
    ----------
    as_of : datetime or None
        None for a flat table without dates.
    """

    table: "pa.Table"
    features: tuple[Feature, ...]
    as_of: datetime | None

    @property
    def day(self) -> str:
        """The day for people."""
        return "today" if self.as_of is None else f"{self.as_of:%Y-%m-%d}"


def standing(settings: Settings, as_of: datetime | None = None) -> Standing:
    """Return the live accounts at ``as_of``, by default the latest midnight that was observed.

    Raises
    ------
    NotReadyError
        Where no account is live then.
    """
    table, features, day = (
        _flat(settings, as_of) if settings.flat is not None else _tables(settings, as_of)
    )
    if not table.num_rows:
        raise NotReadyError(
            f"at least one live account on {day:%Y-%m-%d}" if day else "at least one account",
            "none",
            "Give --as-of with a day on which accounts are customers.",
        )
    return Standing(table, features, day)


def file_of(settings: Settings, given: Path | None) -> Path | None:
    """Return the file the scorecard is read from; None where it is the starter card."""
    if given is not None:
        return given
    path = settings.root / (settings.scorecard.file or "scorecard.toml")
    return path if path.exists() or settings.scorecard.file is not None else None


def card_of(settings: Settings, given: Path | None, features: tuple[Feature, ...]) -> "Scorecard":
    """Return the scorecard of a file, or the company's.

    Raises
    ------
    SettingsError
        Where it cannot be used.
    """
    from training import scorecard

    if given is None:
        return scorecard.of_company(settings, features)
    card = scorecard.load(given)
    scorecard.require_features(card, features)
    return card


def called(settings: Settings, given: Path | None, language: Language = "en") -> str:
    """Return what the scorecard is called: its file, or the starter."""
    from training.scorecard import default_kind

    path = file_of(settings, given)
    if path is not None:
        return str(path)
    kind = default_kind(settings)
    return f"標準のスコアカード「{kind}」" if language == "ja" else f"starter card '{kind}'"


def _tables(
    settings: Settings, as_of: datetime | None
) -> tuple["pa.Table", tuple[Feature, ...], datetime]:
    from features import snapshots, windows
    from features.sources import load_tables

    with progress("Reading the tables") as tell:
        now = utc_now()
        tables = load_tables(settings, now=now).tables
        latest = windows.midnight(min(now, tables.observed_until))
        day = windows.require_midnights([as_of or latest])[0]
        built = snapshots.build(tables, settings, [day], tell)
    return built.table, built.features, day


def _flat(
    settings: Settings, as_of: datetime | None
) -> tuple["pa.Table", tuple[Feature, ...], datetime | None]:
    from features.flat import load_flat

    flat = load_flat(settings)
    dates = sorted(set(flat.table["as_of"].drop_null().to_pylist()))
    if not dates:
        return flat.table, flat.features, None
    day = as_of or dates[-1]
    return flat.table.filter(pc.equal(flat.table["as_of"], day)), flat.features, day
