"""What each group of declared features brings nearer the truth, and other recipes beside ours.

``python -m benchmarks.tried [--seeds 7 11 13]`` simulates companies of other seeds than the
published one, builds every feature of `benchmarks.truth`, and fits models without some of them and
with other recipes. Distances from the truth are expectations under it, without the luck of who left
in the test, and no dates are kept back. The figures go to ``benchmarks/tried.json``, and from there
into ``docs/simulator.md``.
"""

import argparse
import json
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import truth, volume
from benchmarks.hidden import hidden
from benchmarks.tried_page import FOUND, section
from features.settings import Settings, load_settings
from features.simulator import CompanyPlan, simulate
from training import split
from training.frames import Frame
from training.recipe import RICH, SIMPLE, Recipe, proposed

ACCOUNTS, YEARS, SCALE = 2000, 6, 3.0
Json = dict[str, Any]

GROUPS = ("counts of 2 and 8 weeks", "shares of opposite events", "counts against the own past")
SETS: dict[str, tuple[str, ...]] = {
    "those of the company's settings alone": (),
    **{f"… with {group}": (group,) for group in GROUPS},
    "… with all three": GROUPS,
}
RECIPES: dict[str, Recipe] = {
    "all three, sixteen leaves": Recipe({**RICH, "num_leaves": 16}),
    "all three, four leaves, half of the rows": Recipe(SIMPLE),
    "all three, every column for every tree": Recipe({**RICH, "feature_fraction": 1.0}),
    "all three, three seeds of the folds": Recipe(RICH, 3),
}
"""Other recipes than `training.recipe.proposed`, on all features."""


@dataclass(frozen=True)
class Company:
    """A simulated company with every feature, and what it is judged on."""

    rows: Frame
    probability: truth.Floats
    development: truth.Bools
    test: truth.Bools
    settings: Settings


def group(declared: Mapping[str, Any]) -> str:
    """Return which of `GROUPS` a declared feature belongs to.

    >>> group({"measure": "count", "window_days": 14})
    'counts of 2 and 8 weeks'
    """
    if declared["measure"] == "ratio":
        return GROUPS[1]
    return GROUPS[2] if "against" in declared else GROUPS[0]


def groups() -> dict[str, str]:
    """Return the group of every feature of `truth.DECLARED`, by the name of its section."""
    sections = tomllib.loads(truth.DECLARED.read_text(encoding="utf-8"))["features"]
    return {name: group(declared) for name, declared in sections.items()}


def with_groups(rows: Frame, kept: Sequence[str], of: Mapping[str, str]) -> Frame:
    """Return ``rows`` without the declared features whose group is not among ``kept``."""
    place = [
        at
        for at, feature in enumerate(rows.features)
        if all(found in kept for found in _groups_of(feature.name, of))
    ]
    matrix = np.ascontiguousarray(rows.matrix[:, place])
    return replace(rows, matrix=matrix, features=tuple(rows.features[at] for at in place))


def _groups_of(name: str, of: Mapping[str, str]) -> list[str]:
    """Return the group of the section a feature is named after; nothing for any other feature."""
    return [
        found for section, found in of.items() if name == section or name.startswith(f"{section}_")
    ]


def company(seed: int, folder: Path) -> Company:
    """Simulate a company, build all its features and look up its truth."""
    until = CompanyPlan().end
    start = date(until.year - YEARS, until.month, until.day)
    plan = CompanyPlan(ACCOUNTS, start, until, seed, SCALE)
    made = simulate(plan, folder)
    truth.declare(made.settings)
    settings = load_settings(made.settings)
    rows = truth.rows_of(settings)
    known, parts = hidden(plan, folder, rows), split.split(rows, settings)
    development, test = (np.isin(rows.as_of, d) for d in (parts.development, parts.test))
    return Company(rows, known.probability, development, test, settings)


def behind(one: Company, rows: Frame, recipe: Recipe | None) -> Json:
    """Return how far a model of ``rows`` is behind, and how far they are fitted on the truth."""
    real = one.probability[one.test]
    said = truth.learned(rows, one.development, one.test, one.settings, recipe)
    found: Json = {"features": len(rows.features), **_distances(said, real)}
    if recipe is None:
        shown = truth.told_the_truth(rows, one.probability, one.development, one.test)
        found["shown"] = _distances(shown, real)
    return found


def _distances(said: truth.Floats, real: truth.Floats) -> Json:
    return {
        "auc_behind": volume.expected_auc(real, real) - volume.expected_auc(said, real),
        "log_loss_behind": volume.divergence(real, said),
    }


def measured(seed: int, folder: Path) -> Json:
    """Return the distance of every line on the company of one seed."""
    one, of = company(seed, folder), groups()
    lines = {
        line: behind(one, with_groups(one.rows, kept, of), None) for line, kept in SETS.items()
    }
    lines |= {line: behind(one, one.rows, recipe) for line, recipe in RECIPES.items()}
    rows, judged = one.rows.where(one.development), one.rows.where(one.test)
    return {
        "seed": seed,
        "rows": len(rows),
        "churns": int(rows.churned.sum()),
        "test_rows": len(judged),
        "recipe": proposed(len(rows)).json(),
        "lines": lines,
    }


def main() -> None:
    """Measure every seed, write what was found and show it."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seeds", type=int, nargs="+", default=[7, 11, 13])
    given = asked.parse_args()
    found = []
    for seed in given.seeds:
        with tempfile.TemporaryDirectory() as folder:
            found.append(measured(seed, Path(folder)))
    told = {
        "command": "python -m benchmarks.tried",
        "accounts": ACCOUNTS,
        "years": YEARS,
        "scale": SCALE,
        "found": found,
    }
    FOUND.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    print(section(told))


if __name__ == "__main__":
    main()
