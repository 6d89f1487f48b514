"""``kenshin train``: fit, judge, record and ship a model."""

import getpass
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from features.clock import utc_now
from features.progress import Progress
from features.settings import Settings, load_settings
from serving.commands.progress import progress
from serving.commands.shifts import say_shifts

if TYPE_CHECKING:
    from training.train import TrainResult

TRIALS = 30
"""Recipes that `--tune` tries."""

FIGURES = {
    "auc": "AUC",
    "log_loss": "Log loss",
    "brier": "Brier score",
    "average_precision": "Average precision",
    "ece": "Calibration error",
    "recall_worst_tenth": "Found in riskiest tenth",
    "lift_worst_tenth": "Lift of riskiest tenth",
}


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(train)


def train(
    config: Annotated[Path, typer.Option(help="Settings file.")] = Path("kenshin.toml"),
    tune: Annotated[bool, typer.Option("--tune", help="Search for a better recipe first.")] = False,
    trials: Annotated[
        int, typer.Option(min=1, help="With --tune: recipes to try, earlier searches included.")
    ] = TRIALS,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
    why: Annotated[
        str, typer.Option(help="Kept with a change of definition that takes effect now.")
    ] = "",
) -> None:
    """Fit a model on the past, judge it on what came later, and let it serve if it may."""
    settings = load_settings(config)
    with progress("starting") as told:
        result = trained(settings, utc_now(), told, trials if tune else 0, why)
    if as_json:
        typer.echo(json.dumps(document(result), ensure_ascii=False, allow_nan=False))
        return
    for line in lines(result):
        typer.echo(line)


def trained(
    settings: Settings, now: datetime, told: Progress, trials: int = 0, why: str = ""
) -> "TrainResult":
    """Train with the settings' data; a new champion is also noted in the score store.

    With ``trials``, so many recipes are tried on the development period first.
    """
    from features import snapshots
    from training import train as training
    from training.material import material

    _log_is_there(settings, now)
    given = material(settings, told, leaks_stop=True)
    say_shifts(given.report)
    if settings.flat is None and given.choice is None:  # a part is no company's snapshot
        snapshots.write(given.snapshot, settings)
    handed = dict(vars(given))
    del given  # the snapshot is handed over, so that training can let go of it
    result = training.train(
        settings,
        handed.pop("snapshot"),
        handed["labels"],
        now,
        history=handed["history"],
        departures=handed["departures"],
        departures_until=handed["departures_until"],
        choice=handed["choice"],
        groups=handed["groups"],
        progress=told,
        trials=trials,
    )
    if result.champion:
        _note_promotion(settings, result, now, why)
    return result


def document(result: "TrainResult") -> dict[str, Any]:
    """Return the result as plain JSON values."""
    bundle = result.bundle
    return {
        "verdict": result.verdict,
        "reason": result.reason,
        "version": bundle.version if bundle else None,
        "champion": result.champion,
        "bundle": str(bundle.folder) if bundle else None,
        "run_id": result.run_id,
        "evaluation": result.evaluation,
    }


def lines(result: "TrainResult") -> Iterator[str]:
    """Yield what a person reads."""
    evaluation = result.evaluation
    yield f"{'':<14}{'from':<12}{'to':<12}{'rows':>9}{'left':>8}{'rate':>8}"
    for part in ("train", "calibration", "test"):
        if evaluation[part] is not None:
            yield _period(part, evaluation[part])
    yield evaluation["design"]
    if evaluation["choice"]:
        yield evaluation["choice"]["sentence"]
    yield ""
    yield f"{'':<26}{'value':>9}   90 % interval"
    for name, title in FIGURES.items():
        if evaluation["metrics"][name]["value"] is not None or not evaluation.get("scorecard"):
            yield _metric(title, evaluation["metrics"][name])
    yield ""
    yield f"{'beside it':<26}{'AUC':>9}{'log loss':>11}"
    own = {key: evaluation["metrics"][key]["value"] for key in ("auc", "log_loss")}
    name = "the scorecard" if evaluation.get("scorecard") else "this model"
    for line in ({"name": name, **own, "detail": ""}, *evaluation["baselines"]):
        yield f"{line['name']:<26}{_number(line['auc']):>9}{_number(line['log_loss']):>11}" + (
            f"   {line['detail']}" if line["detail"] else ""
        )
    yield from _horizons(evaluation.get("horizons"), evaluation.get("withheld"))
    yield from _answers(evaluation["answer_check"])
    yield ""
    for check in evaluation["checks"]:
        yield f"{check['result']:<15}{check['code']:<5}{check['sentence']}" + (
            f" Passed over: {check['ignored']}" if check["ignored"] else ""
        )
    yield ""
    yield from _end(result)


def _end(result: "TrainResult") -> Iterator[str]:
    if result.bundle is None:
        stays = f"Model {result.previous} stays in service." if result.previous else ""
        yield f"Verdict: {result.verdict}. {result.reason} {stays or 'No score will be given.'}"
        return
    if result.bundle.kind == "scorecard":
        yield from _by_card(result)
        return
    serves = "it serves from now on" if result.champion else "it is kept as challenger"
    yield f"Verdict: {result.verdict}. Model {result.bundle.version}; {serves}."
    if not result.champion:
        yield result.evaluation["gate"]["sentence"]
    yield f"Bundle: {result.bundle.folder}"


def _by_card(result: "TrainResult") -> Iterator[str]:
    """Yield why a scorecard serves, with the counts, and what it cannot say yet."""
    assert result.bundle is not None
    told = result.evaluation["scorecard"]
    stage = "a prior, not yet learned" if told["stage"] == "prior" else "learned from history"
    yield (
        f"Verdict: {result.verdict}. Scorecard {told['version']} ({stage}) serves from now on as "
        f"{result.bundle.version}."
    )
    yield told["why"]
    if told["stage"] == "prior":
        yield "Its scores have no probability yet, so there is no expected loss either."
    yield f"Bundle: {result.bundle.folder}"


def _horizons(judged: dict[str, Any] | None, withheld: dict[str, Any] | None) -> Iterator[str]:
    if judged:
        period = judged["period"]
        yield ""
        yield f"{'leaves within':<26}{'AUC':>9}{'log loss':>11}{'expected':>11}{'observed':>11}"
        for line in judged["horizons"]:
            auc, loss = (_number(line[name]["value"]) for name in ("auc", "log_loss"))
            days, by = f"{line['days']} days", line["basis"]
            yield f"{days:<10}{by:<16}{auc:>9}{loss:>11}" + (
                f"{line['expected']:>11.1%}{line['observed']:>11.1%}"
            )
        yield (
            f"judged from {period['from']} to {period['to']}, fitted before with the recipe "
            "proposed for its rows, one seed"
        )
        yield from (absent["sentence_en"] for absent in judged["absent"])
    if withheld and withheld["rows"]:
        share, rows = withheld["share"], withheld["rows"]
        yield f"no score for {withheld['withheld']:,} of {rows:,} test rows ({share:.1%})"


_BANDS = {"red": "red", "yellow": "yellow", "green": "green", "no_data": "without a score"}


def _answers(check: dict[str, Any] | None) -> Iterator[str]:
    if not check or not check["left"]:
        return
    yield ""
    start, end = (day[:10] for day in check["period"])
    yield f"Answer check on {check['left']} that left, {start} to {end}, by scores out of time"
    yield f"{'weeks before':<14}{'asked':>8}{'red':>6}{'yellow':>8}{'green':>7}{'no score':>10}"
    for week in check["weeks"]:
        if week["scored"]:
            shares = [round(100 * week[band] / week["scored"]) for band in _BANDS]
            red, yellow, green, none = (f"{share}%" for share in shares)
            yield f"{week['weeks']:<14}{week['scored']:>8}{red:>6}{yellow:>8}{green:>7}{none:>10}"
    for outcome in check["outcomes"]:
        low, high = outcome["interval"]
        yield (
            f"of {outcome['accounts']:,} {_BANDS[outcome['band']]}, {outcome['left']:,} left "
            f"({outcome['share']:.1%}; {low:.1%}–{high:.1%})"
        )


def _period(name: str, part: dict[str, Any]) -> str:
    rate = "–" if part["base_rate"] is None else f"{part['base_rate']:.1%}"
    dates = f"{part['from'] or '–':<12}{part['to'] or '–':<12}"
    return f"{name:<14}{dates}{part['rows']:>9,}{part['churns']:>8,}{rate:>8}"


def _metric(title: str, metric: dict[str, Any]) -> str:
    low, high = _number(metric["low"]), _number(metric["high"])
    return f"{title:<26}{_number(metric['value']):>9}   {low}–{high}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _log_is_there(settings: Settings, now: datetime) -> None:
    """Open the log of promotions before anything is trained, and bring it up to date."""
    from serving.promotion import mend
    from serving.store.engine import open_store

    engine = open_store(settings)
    try:
        mend(settings, engine, now, getpass.getuser())
    finally:
        engine.dispose()


def _note_promotion(settings: Settings, result: "TrainResult", now: datetime, why: str) -> None:
    from serving.amendments import kept as amendments
    from serving.store.engine import open_store
    from serving.store.promotions import Change, record_promotion

    if result.bundle is None:
        return
    change = Change(
        at=now,
        by=getpass.getuser(),
        action="trained",
        from_version=result.previous,
        to_version=result.bundle.version,
        why=result.evaluation["gate"]["sentence"],
        evidence={
            "run_id": result.run_id,
            "gate": result.evaluation["gate"],
            "checks": result.evaluation["checks"],
            "metrics": result.evaluation["metrics"],
        },
    )
    engine = open_store(settings)
    try:
        record_promotion(engine, change)
        amendments.note(engine, result.bundle, now, change.by, why)
    finally:
        engine.dispose()
