"""How far a model stays behind the truth of a simulated company, and where it loses what it loses.

``python -m benchmarks.truth [--accounts 5000] [--years 10] [--events-scale 3]`` simulates a company
whose every hidden state is known, trains on its records as ``kenshin train`` does, judges out of
time and writes ``docs/simulator.md`` and ``benchmarks/truth.json``. ``make truth`` is the same.
With ``--seed`` it is another company, whose page is printed and not published: what is chosen is
chosen by those. Why ten years and three times the events: docs/decisions/0016. The company's
settings are those of the simulator and, appended to them, ``benchmarks/truth_features.toml``.
"""

import argparse
import json
import time
import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from benchmarks import tried_page, volume
from benchmarks.filtered import filtered
from benchmarks.hidden import Hidden, hidden
from benchmarks.recovered import recovered
from benchmarks.truth_page import page
from features import labels as labelling
from features import snapshots
from features.settings import Settings, load_settings
from features.simulator import CompanyPlan, simulate
from features.simulator.causes import CAUSES, CODES, named_by
from features.sources import load_tables
from training import judging, metrics, model, split
from training.calibration import fit_platt
from training.frames import Frame, frame
from training.material import training_dates
from training.recipe import Recipe, proposed

FOUND = Path(__file__).with_suffix(".json")
PAGE = Path(__file__).parents[1] / "docs" / "simulator.md"
DECLARED = Path(__file__).with_name("truth_features.toml")
"""What a data scientist of the company would declare beside the simulator's own settings."""
CONTRACT = ("tenure_months", "past_spells", "plan", "days_to_renewal", "term_months", "seats")
"""What everybody knows of a contract: with the states all that the hazard depends on."""
FACTS = ("profile", "contract")
"""Groups that say who an account is and when its contract ends; a reason of theirs that is a sign
of no cause is passed over where reasons are asked what drives an account out."""
ROUNDS = 150
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Json = dict[str, Any]


def declare(settings: Path) -> int:
    """Append `DECLARED` to a company's settings file and return how many features that adds."""
    more = DECLARED.read_text(encoding="utf-8")
    before = settings.read_text(encoding="utf-8")
    settings.write_text(f"{before}\n{more}", encoding="utf-8")
    return len(tomllib.loads(more)["features"])


def rows_of(settings: Settings) -> Frame:
    """Return the rows with known labels, as a training sees them.

    The tables are read as they lie, not compared with an earlier delivery: there is none.
    """
    tables = load_tables(settings, digested=False).tables
    dates = training_dates(settings, tables)
    table = snapshots.build(tables, settings, dates)
    return frame(table.table, table.features, labelling.labels(tables, settings, dates), known=True)


def with_states(rows: Frame, states: Floats, names: tuple[str, ...]) -> Frame:
    """Return ``rows`` with only the features ``names`` and the hidden states beside them."""
    place = [k for k, feature in enumerate(rows.features) if feature.name in names]
    like = next(f for f in rows.features if f.name == "tenure_months")
    more = tuple(replace(like, name=f"state_{code}") for code in CODES)
    matrix = np.ascontiguousarray(np.hstack([rows.matrix[:, place], states]))
    return replace(rows, matrix=matrix, features=(*(rows.features[k] for k in place), *more))


def learned(
    rows: Frame,
    development: Bools,
    test: Bools,
    settings: Settings,
    recipe: Recipe | None = None,
) -> Floats:
    """Return the probabilities (n_test,) of our bag of the whole development period.

    By the recipe that is proposed for so many rows, where none is given.
    """
    known, chosen = rows.where(development), settings.training
    recipe = recipe or proposed(len(known))
    bag = model.fit(
        known, chosen.folds, chosen.seed, chosen.threads, recipe.repeats, recipe.parameters
    )
    booster = lgb.Booster(model_str=bag.text)
    calibration = fit_platt(bag.held_out, known.churned)
    return calibration.probability(model.margin(booster, rows.matrix[test], chosen.threads))


def told_the_truth(rows: Frame, truth: Floats, development: Bools, test: Bools) -> Floats:
    """Return what the records alone can say of the truth (n_test,): fitted on it, not on outcomes.

    No luck of who left is in it, so what it lacks of the truth is what no record shows, or what
    no feature makes of the records.
    """
    parameters = {
        "objective": "cross_entropy",
        "learning_rate": 0.1,
        "num_leaves": 31,
        "min_data_in_leaf": 20,
        "feature_fraction": 0.4,
        "num_threads": 1,
        "verbosity": -1,
        "seed": 1,
    }
    data = lgb.Dataset(rows.matrix[development], label=truth[development])
    booster = lgb.train(parameters, data, num_boost_round=ROUNDS)
    return np.asarray(booster.predict(rows.matrix[test]), dtype=np.float64)


def figures(test: Frame, p: Floats, truth: Floats, seed: int) -> Json:
    """Return AUC, log loss and ECE with intervals, and how far they lie from the truth's own."""
    found = metrics.measured(test.churned, p, test.account_ids, seed)
    told: Json = {name: found[name] for name in ("auc", "log_loss", "ece")}
    told["auc_behind"] = metrics.auc_gain(test.churned, truth, p, test.account_ids, seed)
    told["log_loss_behind"] = metrics.log_loss_gain(test.churned, truth, p, test.account_ids, seed)
    return told


def ladder(
    rows: Frame, known: Hidden, watched: Floats, parts: split.Split, settings: Settings
) -> Json:
    """Return the figures of every rung on the test rows, from the truth down to the model.

    ``watched`` are the filter's probabilities of the test rows.
    """
    development, test = np.isin(rows.as_of, parts.development), np.isin(rows.as_of, parts.test)
    judged = judging.out_of_time(rows, parts, settings, lambda what, done, steps: None)
    every = tuple(feature.name for feature in rows.features)
    narrow = with_states(rows, known.states, CONTRACT)
    both = with_states(rows, known.states, every)
    rungs = {
        "truth": known.probability[test],
        "states": learned(narrow, development, test, settings),
        "states_truth": told_the_truth(narrow, known.probability, development, test),
        "states_and_features": learned(both, development, test, settings),
        "filtered": watched,
        "records": told_the_truth(rows, known.probability, development, test),
        "whole_development": learned(rows, development, test, settings),
        "model": judged.probability,
    }
    truth, seed = known.probability[test], settings.training.seed
    found = {name: figures(judged.test, p, truth, seed) for name, p in rungs.items()}
    return {
        "rungs": found,
        "distance": {name: distance(found, name) for name in ("auc", "log_loss")},
        "recovered": recovered(rows, known.states, development, test),
        "reasons": reasons(judged, known.cause[test]),
    }


def distance(rungs: Json, figure: str) -> Json:
    """Return the model's distance from the truth and the four parts that add up to it.

    ``peculiar`` nobody can know, whatever the records; ``hidden`` is what the features do not show
    of the states; ``luck`` is what outcomes teach less than the truth would, by chance or by the
    recipe; ``kept_back`` is what the dates kept back to calibrate on cost.
    """
    behind = {name: rungs[name][f"{figure}_behind"]["value"] for name in rungs}
    return {
        "peculiar": behind["states_truth"],
        "hidden": behind["records"] - behind["states_truth"],
        "luck": behind["whole_development"] - behind["records"],
        "kept_back": behind["model"] - behind["whole_development"],
        "all": behind["model"],
    }


def reasons(judged: judging.Judged, cause: npt.NDArray[np.object_]) -> Json:
    """Return how often the first reason names the leading cause, in all and without the facts."""
    led = np.flatnonzero([name is not None for name in cause])
    chosen = np.sort(np.random.default_rng(1).permutation(led)[:MOST])
    booster = lgb.Booster(model_str=judged.bag.text)
    points = model.contributions(booster, judged.test.matrix[chosen], 2)[:, :-1]
    features = judged.test.features
    named = np.array([named_by(f.name) or "none" for f in features], dtype=object)
    fact = np.array([f.group in FACTS for f in features]) & (named == "none")
    strict = named[points.argmax(axis=1)]
    driving = named[np.where(fact[None, :], -np.inf, points).argmax(axis=1)]
    true = cause[chosen].astype(str)
    return {
        "accounts": len(chosen),
        "facts": [f.name for f, is_fact in zip(features, fact, strict=True) if is_fact],
        "strict": _shares(true, strict),
        "driving": _shares(true, driving),
        "confusion": {
            code: {
                said: int(((true == code) & (driving == said)).sum()) for said in (*CODES, "none")
            }
            for code in CODES
        },
    }


MOST = 4000
"""So many rows with a leading cause are asked for their reasons."""


def _shares(true: npt.NDArray[Any], said: npt.NDArray[Any]) -> Json:
    right = true == said
    shares = {code: float(right[true == code].mean()) for code in CODES if (true == code).any()}
    return {"all": float(right.mean()), **shares}


def main() -> None:
    """Simulate, climb the ladder, write the page."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--accounts", type=int, default=5000)
    asked.add_argument("--years", type=int, default=10)
    asked.add_argument("--events-scale", type=float, default=3.0)
    asked.add_argument("--seed", type=int, default=CompanyPlan().seed)
    asked.add_argument("--folder", type=Path, default=Path(".cache/truth"))
    given = asked.parse_args()
    began, cpu = time.perf_counter(), time.process_time()
    until = CompanyPlan().end
    start = date(until.year - given.years, until.month, until.day)
    plan = CompanyPlan(given.accounts, start, until, given.seed, given.events_scale)
    made = simulate(plan, given.folder)
    added = declare(made.settings)
    settings = load_settings(made.settings)
    rows = rows_of(settings)
    known = hidden(plan, given.folder, rows)
    parts = split.split(rows, settings)
    test, development = (np.isin(rows.as_of, d) for d in (parts.test, parts.development))
    told: Json = {
        "accounts": given.accounts,
        "years": given.years,
        "events_scale": given.events_scale,
        "events": made.rows["events"],
        "features": {"own": len(rows.features) - added, "added": added},
        "command": f"python -m benchmarks.truth --accounts {given.accounts} --years {given.years} "
        f"--events-scale {given.events_scale:g}",
        "test": {
            "from": str(parts.test[0])[:10],
            "to": str(parts.test[-1])[:10],
            "rows": int(test.sum()),
            "churns": int(rows.churned[test].sum()),
        },
        "development": {
            "rows": int(development.sum()),
            "churns": int(rows.churned[development].sum()),
        },
        "with_a_cause": float(np.mean([name is not None for name in known.cause[test]])),
        "volume": json.loads(volume.FOUND.read_text(encoding="utf-8")),
        "tried": json.loads(tried_page.FOUND.read_text(encoding="utf-8")),
        "signs": {cause.code: cause.signs for cause in CAUSES},
        **ladder(rows, known, filtered(plan, given.folder, rows, test), parts, settings),
    }
    told["seconds"] = round(time.perf_counter() - began)
    told["cpu_seconds"] = round(time.process_time() - cpu)
    if given.seed == CompanyPlan().seed:
        FOUND.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
        PAGE.write_text(page(told), encoding="utf-8")
    print(page(told))


if __name__ == "__main__":
    main()
