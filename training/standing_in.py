"""A scorecard in a model's place: where too few left for one, or the one that was tried may not."""

from dataclasses import replace
from datetime import datetime

from features.catalog import Words
from features.settings import Settings
from training import bundle as shipping
from training import (
    card_evaluation,
    card_shipment,
    carded,
    contest,
    examination,
    gate,
    registry,
    small,
)
from training.checks import Check, passed_over
from training.frames import Frame
from training.result import NO_SIGNAL, USABLE, TrainResult
from training.scorecard import Scorecard


def by_card(
    settings: Settings,
    card: Scorecard,
    rows: Frame,
    latest: Frame,
    origin: registry.Lineage,
    now: datetime,
) -> TrainResult:
    """Let the scorecard serve where too few left for a model to be tried.

    Parameters
    ----------
    rows : Frame
        With known outcomes; may be empty.
    latest : Frame
        Rows of the latest dates, with or without a known outcome.

    Raises
    ------
    LeakError
        Where a column that a learned scorecard reads knows the future.
    """
    fitted = carded.fit(card, rows, settings)
    leaks = _leaks(fitted, rows, settings)
    why = small.why(fitted, rows, settings)
    found = (*card_evaluation.checked(fitted, settings), *leaks)
    document = card_evaluation.document(fitted, rows, settings, why, leaks)
    previous = contest.in_service(settings)
    if previous is not None and not card_shipment.is_scorecard(settings, previous):
        reason = f"{why.en} Model {previous} goes on serving: only a better one may replace it."
        return TrainResult(NO_SIGNAL, reason, document, found, None, False, previous, "")
    if not small.says_something(fitted, rows, settings):
        said = small.nothing_to_tell(fitted, rows, settings)
        shipping.write_verdict(settings, NO_SIGNAL, said, now)
        return TrainResult(NO_SIGNAL, said.en, document, found, None, False, None, "")
    made = card_shipment.ship(settings, fitted, latest, document, origin, now)
    return TrainResult(USABLE, "", document, found, made.bundle, True, previous, made.run_id)


def for_model(
    settings: Settings,
    card: Scorecard,
    rows: Frame,
    refused: TrainResult,
    against: Words,
    origin: registry.Lineage,
    now: datetime,
) -> TrainResult:
    """Let the scorecard serve where a model was refused and no other model serves.

    Where the scorecard tells nothing either, no score may be shown.

    Parameters
    ----------
    refused : TrainResult
        Of the model.
    against : Words
        What spoke against it.
    """
    previous = refused.previous
    if previous is not None and not card_shipment.is_scorecard(settings, previous):
        return refused
    fitted = carded.fit(card, rows, settings)
    if not small.says_something(fitted, rows, settings):
        if refused.bundle is not None:
            return refused
        card_too = small.nothing_to_tell(fitted, rows, settings)
        said = Words(f"{against.ja}{card_too.ja}", f"{refused.reason} {card_too.en}")
        shipping.write_verdict(settings, NO_SIGNAL, said, now)
        return replace(refused, reason=said.en, previous=None)
    why = small.why(fitted, rows, settings, against)
    document = card_evaluation.document(fitted, rows, settings, why)
    document["refused_model"] = {
        "version": None if refused.bundle is None else refused.bundle.version,
        **{part: refused.evaluation[part] for part in ("metrics", "checks", "gate")},
    }
    made = card_shipment.ship(settings, fitted, rows, document, origin, now)
    found = refused.checks
    return TrainResult(USABLE, "", document, found, made.bundle, True, previous, made.run_id)


def _leaks(fitted: carded.Carded, rows: Frame, settings: Settings) -> tuple[Check, ...]:
    """Return the leak checks of what a learned scorecard reads, none of which found anything.

    Rules as given took nothing from these rows, so nothing in them can have told them the answer.

    Raises
    ------
    LeakError
        Where one found something that the settings do not pass over.
    """
    if fitted.scale is None:
        return ()
    inputs = {feature.name for feature in fitted.reading.inputs}
    at = [place for place, feature in enumerate(rows.features) if feature.name in inputs]
    read = replace(rows, matrix=rows.matrix[:, at], features=tuple(rows.features[i] for i in at))
    found = passed_over(examination.leaks(read, settings), settings.gate.ignore)
    gate.require_no_leak(found, settings.gate.ignore)
    return found
