"""One account's score in full: for the command line, from what is stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from features.catalog import Language, Words
from features.errors import NotFoundError, NotReadyError, UnknownAccountError
from features.settings import Settings
from serving import words
from serving.accounts.lookup import close_matches
from serving.plays import Play, plays_of
from serving.records import Driver, Record, record
from serving.reproduction import stored_bundle
from serving.store import scores
from serving.store.scores import StoredRow
from serving.values import value_text

if TYPE_CHECKING:
    from training.bundle import Bundle

THIS_COMPANY = Words("この会社", "This company")


@dataclass(frozen=True)
class Line:
    """One row of the reasons table; the points of all but the last sum to those of the last."""

    points: int
    text: str
    label: str = ""
    value: str = ""
    typical: str = ""


@dataclass(frozen=True)
class Explanation:
    """An account's stored score with everything that can be said about it."""

    record: Record
    row: StoredRow
    run: StoredRow
    bundle: "Bundle"
    play: Play
    no_longer_live: bool
    """Whether the account is missing from the latest run."""

    def lines(self, language: Language) -> list[Line]:
        """Return the reasons table: average company, reasons, the small ones, clip, total."""
        if self.record.health_score is None or self.record.baseline_points is None:
            return []
        nobody = words.NEUTRAL if self.bundle.kind == "scorecard" else words.AVERAGE
        baseline = Line(self.record.baseline_points, nobody.of(language))
        reasons = [self._line(driver, language) for driver in self.record.drivers]
        total = Line(self.record.health_score, THIS_COMPANY.of(language))
        return [baseline, *reasons, total]

    def _line(self, driver: Driver, language: Language) -> Line:
        ja = language == "ja"
        text = driver.sentence_ja if ja else driver.sentence_en
        features = {feature.name: feature for feature in self.bundle.features}
        if driver.code not in features:
            return Line(driver.points, text)
        feature, currency = features[driver.code], self.row["currency"] or "USD"
        return Line(
            driver.points,
            text,
            driver.label_ja if ja else driver.label_en,
            value_text(feature, driver.value, language, currency),
            value_text(feature, driver.typical, language, currency),
        )


def explain(
    settings: Settings, engine: sa.Engine, account_id: str, as_of: datetime | None = None
) -> Explanation:
    """Return an account's latest score, or the one of ``as_of``, with reasons and words.

    Raises
    ------
    NotReadyError
        Where nothing has been scored yet.
    NotFoundError
        Where nothing was scored at ``as_of``, or the bundle of that score is gone.
    UnknownAccountError
        Where no account of that id was scored; the nearest ids and names are named.
    """
    run = _run(engine, as_of)
    row = scores.score_of(engine, run["run_id"], account_id)
    no_longer_live = row is None
    if row is None:
        past = scores.history(engine, account_id, limit=1, until=as_of)
        if not past:
            raise _not_there(engine, run, account_id)
        row = past[0]
        run = _run_of(engine, row)
    bundle = stored_bundle(settings, run["model_version"])
    before = scores.previous_score(engine, row)
    previous = None if before is None else (before, _run_of(engine, before))
    made = record(row, run, bundle, settings, previous)
    play = next(play for play in plays_of(settings) if play.code == made.recommended_action)
    return Explanation(made, row, run, bundle, play, no_longer_live)


def plan_has_own_typical(run: StoredRow, plan: str | None) -> bool:
    """Whether typical values are those of the same plan, or of all accounts."""
    typical: Mapping[str, object] = run["typical"]
    return bool(plan) and plan in typical


def _run(engine: sa.Engine, as_of: datetime | None) -> StoredRow:
    run = scores.latest_run(engine)
    if run is None:
        raise NotReadyError("scored accounts", "none in the store", "Run `kenshin score`.")
    if as_of is None:
        return run
    chosen = scores.run_at(engine, as_of)
    if chosen is None:
        raise NotFoundError(
            f"scores as of {as_of:%Y-%m-%d}",
            f"none; the latest are of {run['as_of']:%Y-%m-%d}",
            f"Run `kenshin score --as-of {as_of:%Y-%m-%d}`, or leave --as-of out.",
        )
    return chosen


def _run_of(engine: sa.Engine, row: StoredRow) -> StoredRow:
    run = scores.run_by_id(engine, row["run_id"])
    assert run is not None, "a score's run is held by a foreign key"
    return run


def _not_there(engine: sa.Engine, run: StoredRow, account_id: str) -> UnknownAccountError:
    """Return the error for an account without a score up to the date of ``run``."""
    later = scores.history(engine, account_id, limit=10_000)
    if later:
        first = f"{later[0]['as_of']:%Y-%m-%d}"
        return UnknownAccountError(
            f"an account that was scored on {run['as_of']:%Y-%m-%d} or before",
            f"'{account_id}', first scored on {first}",
            f"Give --as-of {first} or a later scored day.",
        )
    near = []
    for known in close_matches(engine, run["run_id"], account_id):
        row = scores.score_of(engine, run["run_id"], known)
        near.append(f"{known} ({row['name']})" if row is not None and row["name"] else known)
    hint = (
        f"Did you mean {' or '.join(near)}?"
        if near
        else "The portfolio of `kenshin serve` lists all."
    )
    return UnknownAccountError("the id of a scored account", f"no account '{account_id}'", hint)
