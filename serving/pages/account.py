"""What the account page shows, put together from the stored scores and the model."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import sqlalchemy as sa

from features.settings import Bands, Settings
from serving import feedback, words
from serving.pages import changes as moving
from serving.pages import record
from serving.pages import similar as past_cases
from serving.pages.events import Event, events
from serving.pages.filters import Filters
from serving.pages.issuer import Issuer
from serving.pages.override import Overrides, overrides
from serving.pages.roster import BANDS, Moves, Roster
from serving.pages.signals import by_name
from serving.pages.similar import PastReasons, Similar
from serving.pages.timeline import Run
from serving.pages.waterfall import Waterfall, waterfall
from serving.pages.what_if import Estimate, estimates
from training.bundle import Bundle

SERIES_WEEKS = 26


@dataclass(frozen=True)
class Queue:
    """Place in the list of the account's band by expected loss, and who comes next."""

    place: int
    length: int
    following: str


@dataclass(frozen=True)
class AccountPage:
    """All that the template needs; numbers, not words."""

    account: record.Account
    state: moving.State | None
    before: moving.State | None
    before_score: int | None
    queue: Queue | None
    higher: float | None
    """Share of the companies on the same plan that score higher."""
    present: int
    missing: tuple[str, ...]
    """Features without a value."""
    waterfall: Waterfall | None
    changes: moving.Changes | None
    estimates: tuple[Estimate, ...]
    past: Mapping[str, Any] | None
    """What became of past accounts in this score range."""
    events: list[Event]
    similar: Similar | None
    said: list[feedback.Said]
    overrides: Overrides
    bundle: Bundle
    cuts: Bands
    """Where the bands of this account's score begin."""
    explained: bool
    """Whether the model that gave the score is still there to read its reasons."""


def build(
    settings: Settings,
    engine: sa.Engine,
    model: Issuer,
    account: record.Account,
    roster: Roster,
    moves: Moves,
    past: PastReasons,
    now: datetime,
) -> AccountPage:
    """Return the page of ``account``; ``model`` is the one of its latest score."""
    bundle, earlier = model.bundle, account.before
    state = record.state(account.run, account.row, bundle) if model.explains else None
    before = record.state(*earlier, bundle) if earlier and model.explains else None
    values = by_name(account.run, account.row["values"])
    cuts = bundle.cuts_of(values) if model.explains else bundle.bands
    features = {feature.name: feature for feature in bundle.features}
    groups = {name: features[name].group if name in features else "profile" for name in values}
    typical = account.run.typical.get(account.row["plan"] or "") or account.run.typical.get("", {})
    return AccountPage(
        account=account,
        state=state,
        before=before,
        before_score=earlier[1]["health_score"] if earlier else None,
        queue=queue(roster, moves, account.row["account_id"]),
        higher=higher_share(roster, account.row["account_id"]),
        present=sum(not math.isnan(value) for value in values.values()),
        missing=tuple(name for name, value in values.items() if math.isnan(value)),
        waterfall=waterfall(state.baseline, state.points, state.score, groups, cuts, bundle.bends)
        if state
        else None,
        changes=moving.changes(state, before, bundle.bends) if state and before else None,
        estimates=estimates(bundle, state, typical)
        if state and account.is_current and account.row["band"] != "green"
        else (),
        past=range_of(bundle, account.row["health_score_exact"]),
        events=events(account.weeks, features),
        similar=_similar(settings, engine, account, state, past),
        said=feedback.latest(engine, account.row["account_id"]),
        overrides=overrides(engine, account.row["account_id"], now),
        bundle=bundle,
        cuts=cuts,
        explained=model.explains,
    )


def queue(roster: Roster, moves: Moves, account_id: str) -> Queue | None:
    """Return the account's place among those of its band, None where nobody need act."""
    at = roster.place.get(account_id)
    if at is None or BANDS[roster.band[at]] not in ("red", "yellow"):
        return None
    order = Filters(band=BANDS[roster.band[at]]).select(roster, moves)
    place = int(np.flatnonzero(order == at)[0])
    following = roster.account_id[int(order[(place + 1) % len(order)])]
    return Queue(place + 1, len(order), following)


def higher_share(roster: Roster, account_id: str) -> float | None:
    """Return the share of scored companies on the same plan whose score is higher."""
    at = roster.place.get(account_id)
    if at is None or math.isnan(roster.score[at]):
        return None
    plan = roster.text["plan"][at]
    same = np.array([name == plan for name in roster.text["plan"]], bool)
    same &= np.isfinite(roster.score)
    others = int(same.sum()) - 1
    return float((roster.score[same] > roster.score[at]).sum() / others) if others > 0 else None


def range_of(bundle: Bundle, score: float | None) -> Mapping[str, Any] | None:
    """Return the record of the ten points around ``score``, None where it held nobody."""
    if score is None:
        return None
    for past in bundle.evaluation.get("ranges", ()):
        last = past["to"] >= 100
        if past["rows"] and past["from"] <= score and (score < past["to"] or last):
            found: Mapping[str, Any] = past
            return found
    return None


def series(account: record.Account, name: str) -> list[float | None]:
    """Return a feature's last 26 weekly values, oldest first, None where there is none."""
    values: list[float | None] = []
    for run, row in account.weeks[-SERIES_WEEKS:]:
        value = by_name(run, row["values"]).get(name, math.nan)
        values.append(None if math.isnan(value) else value)
    return values


def group_totals(fall: Waterfall) -> list[tuple[str, int]]:
    """Return the families the model has, in their usual order, with their subtotals in tenths."""
    return [(group, fall.groups[group]) for group in words.GROUPS if group in fall.groups]


def _similar(
    settings: Settings,
    engine: sa.Engine,
    account: record.Account,
    now: moving.State | None,
    past: PastReasons,
) -> Similar | None:
    then: Run | None = past_cases.past_run(account.timeline, settings.churn.horizon_days)
    if then is None or now is None or not account.is_current:
        return None
    return past_cases.similar(
        engine,
        past.of(then),
        account.timeline,
        account.row["account_id"],
        now.points,
        settings.churn.horizon_days,
    )
