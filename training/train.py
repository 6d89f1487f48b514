"""Training from end to end: rows in; a judged model, its bundle and its record out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.progress import Progress
from features.settings import Settings
from features.snapshots import Snapshot
from training import bundle as shipping
from training import (
    carded,
    checks,
    contest,
    division,
    evaluation,
    examination,
    frames,
    gate,
    horizon_fit,
    horizon_judgement,
    judging,
    leavers,
    many,
    named_misses,
    recording,
    registry,
    scale,
    scorecard,
    seal,
    shipment,
    small,
    standing_in,
    withholding,
)
from training import split as splitting
from training.answer_check.out_of_time import out_of_time
from training.choice import Choice
from training.explanation import Explanation, explain
from training.judging import Judged
from training.result import KEPT as KEPT
from training.result import NO_SIGNAL as NO_SIGNAL
from training.result import USABLE as USABLE
from training.result import TrainResult as TrainResult
from training.shares import Shares

Floats = npt.NDArray[np.float64]
Json = dict[str, Any]
History = Callable[[datetime], Snapshot]


def train(
    settings: Settings,
    snapshot: Snapshot,
    labels: pa.Table | None,
    now: datetime,
    history: History | None = None,
    departures: pa.Table | None = None,
    departures_until: datetime | None = None,
    choice: Choice | None = None,
    groups: Mapping[str, str] | None = None,
    progress: Progress = lambda what, done, steps: None,
    trials: int = 0,
) -> TrainResult:
    """Fit, judge, record and ship a model; make it champion where the checks pass.

    Parameters
    ----------
    snapshot : Snapshot
        Rows at regular instants, or a flat table (``as_of`` null, label in ``churned``).
    labels : pa.Table or None
        ``account_id``, ``as_of``, ``churned``; None where the snapshot carries ``churned``.
    now : datetime
        UTC.
    history : callable, optional
        Returns the weekly snapshots from an instant on, for the answer check.
    departures : pa.Table, optional
        ``account_id``, ``left_at``.
    departures_until : datetime, optional
        Exclusive end up to which departures are confirmed.
    choice : Choice, optional
        Which accounts the rows are of, where they are not all.
    groups : mapping of str to str, optional
        Account → group, for accounts that must not be parted between folds.
    trials : int
        Recipes to try on the development period first (`tune`); 0 follows the proposed one.

    Raises
    ------
    KenshinError
        Where nothing can be fitted: too short a history for a model; or nobody left, or everybody,
        and there is no scorecard to serve.
    """
    rows = frames.frame(snapshot.table, snapshot.features, labels, known=True)
    rows = frames.grouped(rows, groups or {})
    origin = recording.origin(settings, snapshot)
    card = carded.given(rows.features, settings)
    if card is not None and small.too_few(rows, settings):
        latest = rows if len(rows) else frames.frame(snapshot.table, snapshot.features)
        return standing_in.by_card(settings, card, rows, latest, origin, now)
    del snapshot  # the matrix takes its place: a caller that lets go of it halves the memory
    past = _Past(history, departures, departures_until)
    made = _made(settings, rows, labels, card, past, choice, progress, trials)
    progress("recording", 0, 1)
    with registry.run(settings, f"train {now:%Y-%m-%d %H:%M}") as run:
        recording.record(run, settings, made.judged, made.document, made.told, origin)
        result = _ship(run, settings, made, now)
    if card is None or result.champion:
        return result
    return standing_in.for_model(settings, card, rows, result, made.decision.why, origin, now)


@dataclass(frozen=True)
class _Past:
    """What an answer check needs, see `train`."""

    history: History | None
    departures: pa.Table | None
    until: datetime | None


@dataclass(frozen=True)
class _Made:
    """A judged model, what is said about it, and the further files of its bundle."""

    judged: Judged
    settled: scale.Scale
    told: Explanation
    document: Json
    decision: gate.Decision
    further: Mapping[str, Json]


def _made(
    settings: Settings,
    rows: frames.Frame,
    labels: pa.Table | None,
    card: scorecard.Scorecard | None,
    past: _Past,
    choice: Choice | None,
    progress: Progress,
    trials: int,
) -> _Made:
    """Fit and judge, then let the gate decide; nothing is written yet."""
    parts, judged, before = _without_leaks(rows, settings, progress, trials)
    settled = scale.settle(settings, float(judged.development.churned.mean()))
    booster = lgb.Booster(model_str=judged.bag.text)
    told = _told(booster, judged, settled, settings)
    document = evaluation.document(settings, judged, settled, told)
    document["choice"] = None if choice is None else choice.document()
    rules = withholding.learn(judged.development, booster, settings)
    document["withheld"] = withholding.document(rules, judged.test)
    fitted = horizon_fit.from_labels(rows, labels, parts, settings, progress)
    document["horizons"] = None if fitted is None else horizon_judgement.document(fitted, settings)
    document["leavers"] = leavers.compare(rows, settings.training.seed)
    found = examination.examine(settings, judged, settled, document, before, card, rows)
    decision = gate.decide(gate.Evidence(found, contest.in_service(settings), settings.gate.ignore))
    if past.history is not None and past.departures is not None and parts is not None:
        progress("answer check", 0, 1)
        since = past.history(parts.last_label_end.astype(datetime))
        document["answer_check"] = _answer_check(
            settings, judged, settled, rules, since, past, card
        )
    document |= {
        "verdict": NO_SIGNAL if decision.verdict == "no signal" else USABLE,
        "checks": [check.json() for check in decision.checks],
        "gate": decision.json(),
    }
    further = horizon_fit.files(fitted) | {seal.WITHHOLD: rules.json()} | small.files(card)
    return _Made(judged, settled, told, document, decision, further)


def _without_leaks(
    rows: frames.Frame, settings: Settings, progress: Progress, trials: int
) -> tuple[splitting.Split | None, Judged, tuple[checks.Check, ...]]:
    """Return the split, the judged model and the checks so far; a leak ends it before."""
    judging.require_both(rows, "all the history there is")
    before = examination.leaks(rows, settings)
    gate.require_no_leak(before, settings.gate.ignore)
    parts, judged = _judge(rows, settings, progress, trials)
    before += examination.folds(judged)
    gate.require_no_leak(before, settings.gate.ignore)
    return parts, judged, before


def _told(
    booster: lgb.Booster, judged: Judged, settled: scale.Scale, settings: Settings
) -> Explanation:
    """Return the reasons of the rows that the model is judged on."""
    shares = Shares(booster)
    test, threads = judged.test.matrix, settings.training.threads
    shares.prepare(test)
    return explain(shares, judged.calibration, settled, test, threads, judged.margin)


def _judge(
    rows: frames.Frame, settings: Settings, progress: Progress, trials: int
) -> tuple[splitting.Split | None, Judged]:
    parts = division.divided(rows, settings).parts
    recipe = None
    if trials:
        from training import tune

        recipe = tune.tuned(rows, parts, settings, trials, progress)
    if parts is None:
        return None, judging.cross_validated(rows, settings, progress, recipe)
    return parts, judging.out_of_time(rows, parts, settings, progress, recipe)


def _answer_check(
    settings: Settings,
    judged: Judged,
    settled: scale.Scale,
    rules: withholding.Withholding,
    since: Snapshot,
    past: _Past,
    card: scorecard.Scorecard | None,
) -> Json:
    """Return the answer check on scores of instants after the last label that was used.

    Whoever would have no score, being too young or unlike any, has none here either.
    """
    assert past.departures is not None
    rows, table = judged.development, since.table
    matrix = frames.encode(table, rows.features, rows.categories)
    booster = lgb.Booster(model_str=judged.bag.text)
    margin = many.margin(booster, matrix, settings.training.threads)
    probability = judged.calibration.probability(margin)
    score = settled.score(probability)
    by_card = None
    if card is not None:
        by_card = scorecard.score(card, table, rows.features).health_score
    why = rules.reasons(rows.features, matrix)
    left = (past.departures, past.until)
    return out_of_time(settings, table, probability, score, *left, by_card, why)


def _ship(run: registry.Run, settings: Settings, made: _Made, now: datetime) -> TrainResult:
    """Write the bundle and crown it where it may serve; without a signal say so instead."""
    judged, document, decision = made.judged, made.document, made.decision
    previous, found = decision.champion, decision.checks
    if decision.verdict == "no signal":
        reason = decision.reason
        kept = NO_SIGNAL if previous is None else KEPT
        shipping.write_verdict(settings, kept, decision.reason_words, now)
        return TrainResult(NO_SIGNAL, reason, document, found, None, False, previous, run.run_id)
    version = run.register(settings.mlflow.model)
    parts = shipment.parts(
        settings, judged, made.settled, made.told, document, version, run.run_id, now, made.further
    )
    named_misses.keep(settings, version, document)
    folder = shipping.write_bundle(parts, shipping.bundles(settings) / version)
    run.folder(folder, "bundle")
    serves = decision.verdict == "promote"
    run.alias(settings.mlflow.model, "champion" if serves else "challenger", version)
    if serves:
        _keep_scale(settings, made.settled)
        shipping.crown(settings, version, now)
        shipping.write_verdict(settings, USABLE, "", now)
    loaded = shipping.load_bundle(folder)
    return TrainResult(USABLE, "", document, found, loaded, serves, previous, run.run_id)


def _keep_scale(settings: Settings, settled: scale.Scale) -> None:
    path = scale.kept_at(settings)
    if settings.scale.p80 is None and not path.exists():
        scale.keep(settled, path)
