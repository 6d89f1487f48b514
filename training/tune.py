"""``kenshin train --tune``: a search for a better recipe, inside the development period.

Every trial fits a bag on the earlier dates of the development period and is judged by its
calibrated log loss on the period's last dates, whose label windows begin after all that was fitted
on has settled. The test period is not even in the rows a trial sees. A history too short to be
parted is judged on held-out accounts instead.

The first trial is the proposed recipe, so what is chosen is never worse on the validation than no
tuning at all. Every finished trial is a run in MLflow, in an experiment of its own; the study is
named by the content of the development rows. A search that was broken off goes on where it stopped
and comes to the same end; other data never take it up.
"""

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import lightgbm as lgb
import numpy as np

from features.errors import KenshinError
from features.progress import Progress
from features.settings import Settings
from training import metrics, model, registry
from training.calibration import fit_platt
from training.frames import Frame
from training.judging import accounts_that
from training.recipe import Recipe, proposed
from training.split import Split, label_days

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from optuna.distributions import BaseDistribution
    from optuna.study import Study

LEAST = 10
"""Accounts that left, and that stayed, on either side of the validation."""

BOUNDS: dict[str, tuple[float, float]] = {
    "learning_rate": (0.02, 0.1),
    "num_leaves": (2, 32),
    "min_data_in_leaf": (10, 200),
    "lambda_l2": (0.1, 100.0),
    "bagging_fraction": (0.3, 1.0),
    "feature_fraction": (0.2, 1.0),
}
"""Where the search goes, both ends included; all but the fractions on a logarithmic scale."""


@dataclass(frozen=True)
class Validation:
    """What every trial is fitted on and judged by.

    Attributes
    ----------
    earlier : Frame
    later : Frame or None
        None where the history is too short: held-out accounts of ``earlier`` judge.
    """

    earlier: Frame
    later: Frame | None

    @property
    def design(self) -> str:
        """How the trials were judged, in words."""
        if self.later is None:
            return "on held-out accounts of the development period: too short to be parted in time"
        first, last = (str(day)[:10] for day in (self.later.as_of.min(), self.later.as_of.max()))
        return f"on the development period's last dates, {first} to {last}, fitted on earlier ones"


WHOLE = ("num_leaves", "min_data_in_leaf")


def tuned(
    rows: Frame, parts: Split | None, settings: Settings, trials: int, progress: Progress
) -> Recipe:
    """Return the best of ``trials`` recipes, those of an earlier search on the same rows included.

    Raises
    ------
    KenshinError
        For a table without time, which has no period to tune in.
    """
    if parts is None:
        raise KenshinError(
            "rows at several dates for --tune",
            "one table without time, whose every row is judged in turn",
            "Train without --tune: tuned on the rows it is judged by, a figure would be too good.",
        )
    development = rows.where(np.isin(rows.as_of, parts.fitted))
    given = validation(development, settings)
    start = proposed(len(development))
    search = _search(study_name(development, settings), settings)
    study = search.study
    while len(study.trials) < trials:
        progress("tuning", len(study.trials), trials)
        _try(search, given, start, settings)
    progress("tuning", trials, trials)
    best = study.best_trial
    told = {
        "study": search.name,
        "trials": len(study.trials),
        "design": given.design,
        "log_loss": best.value,
        "log_loss_proposed": study.trials[0].value,
    }
    return replace(start, parameters=dict(best.params), origin="tuned", tuning=told)


def validation(development: Frame, settings: Settings) -> Validation:
    """Return the development rows parted in time: earlier | gap | later.

    The later dates are the fewest that hold `Training.minimum_churns` churns, half at most.
    """
    dates = np.unique(development.as_of)
    gap, floor = label_days(settings), settings.training.minimum_churns
    count = 1
    while count < len(dates) // 2:
        if development.churned[np.isin(development.as_of, dates[-count:])].sum() >= floor:
            break
        count += 1
    later = development.where(np.isin(development.as_of, dates[-count:]))
    settled = development.as_of + gap <= dates[-count]
    if not settled.any():
        return Validation(development, None)
    earlier = development.where(settled)
    sides = [accounts_that(part, side) for part in (earlier, later) for side in (0.0, 1.0)]
    return Validation(earlier, later) if min(sides) >= LEAST else Validation(development, None)


def loss(given: Validation, parameters: dict[str, Any], settings: Settings) -> float:
    """Return the calibrated log loss of a bag fitted with ``parameters``, on the validation."""
    chosen = settings.training
    earlier, later = given.earlier, given.later
    bag = model.fit(earlier, chosen.folds, chosen.seed, chosen.threads, parameters=parameters)
    calibration = fit_platt(bag.held_out, earlier.churned)
    margin, judged = bag.held_out, earlier
    if later is not None:
        booster = lgb.Booster(model_str=bag.text)
        margin, judged = model.margin(booster, later.matrix, chosen.threads), later
    p = calibration.probability(margin)
    return metrics.log_loss(judged.churned, p, np.ones(len(p)))


def study_name(development: Frame, settings: Settings) -> str:
    """Return the name of the search on these rows: other rows or settings have another."""
    fixed = (settings.training.seed, settings.training.folds, str(label_days(settings)), BOUNDS)
    said = f"{development.digest()} {fixed} {model.PARAMETERS} {lgb.__version__}"
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def _space() -> "dict[str, BaseDistribution]":
    from optuna.distributions import FloatDistribution, IntDistribution

    return {
        name: IntDistribution(int(low), int(high), log=True)
        if name in WHOLE
        else FloatDistribution(low, high, log=not name.endswith("fraction"))
        for name, (low, high) in BOUNDS.items()
    }


@dataclass(frozen=True)
class _Search:
    """A study and where its finished trials are kept."""

    name: str
    study: "Study"
    client: "MlflowClient"
    experiment: str


def _try(search: _Search, given: Validation, start: Recipe, settings: Settings) -> None:
    """Run the next trial and keep it, in the study and in MLflow."""
    from optuna.samplers import TPESampler

    study, client = search.study, search.client
    number = len(study.trials)
    # A seed of its own, so that a search broken off here would draw the same.
    study.sampler = TPESampler(seed=settings.training.seed + number)
    if not number:
        usual = model.PARAMETERS | start.parameters
        study.enqueue_trial({known: usual[known] for known in BOUNDS})
    trial = study.ask(_space())
    value = loss(given, trial.params, settings)
    study.tell(trial, value)
    run = client.create_run(search.experiment, run_name=f"{search.name} {number}").info.run_id
    for known, chosen in trial.params.items():
        client.log_param(run, known, repr(chosen))
    client.log_metric(run, "log_loss", value)
    client.set_tag(run, "study", search.name)
    client.set_tag(run, "trial", str(number))
    client.set_terminated(run)


def _search(name: str, settings: Settings) -> _Search:
    """Return the search of that name, as far as MLflow has it."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    client, study = registry.client(settings), optuna.create_study(direction="minimize")
    experiment = _experiment(client, settings)
    asked = f"tags.study = '{name}' and attributes.status = 'FINISHED'"
    found = client.search_runs([experiment], asked, max_results=10_000)
    for run in sorted(found, key=lambda run: int(run.data.tags["trial"])):
        params = {known: _value(known, run.data.params[known]) for known in BOUNDS}
        study.add_trial(
            optuna.trial.create_trial(
                params=params, distributions=_space(), value=run.data.metrics["log_loss"]
            )
        )
    return _Search(name, study, client, experiment)


def _experiment(client: "MlflowClient", settings: Settings) -> str:
    name = f"{settings.mlflow.experiment} tuning"
    found = client.get_experiment_by_name(name)
    if found is not None:
        return str(found.experiment_id)
    location = None if settings.mlflow.tracking_uri else registry.artifacts(settings).as_uri()
    return str(client.create_experiment(name, artifact_location=location))


def _value(name: str, text: str) -> float | int:
    return int(text) if name in WHOLE else float(text)
