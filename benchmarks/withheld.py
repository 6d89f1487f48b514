"""How many rows of the test period would have had no score, and how many outliers are found.

    python benchmarks/withheld.py COMPANY/kenshin.toml [OTHER/kenshin.toml …]

The rules are learned with a bag of three folds on the development period, as in `kenshin train`.
Outliers are test rows with one value the trees read multiplied and moved by 10, 100 or 1000.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np

from features.settings import load_settings
from training import frames, model, withholding
from training import split as splitting
from training.frames import Frame
from training.material import material
from training.withholding import Withholding

FOLDS = 3
PLANTED = 300
FACTORS = (10, 100, 1000)


def measure(config: Path) -> dict[str, Any]:
    """Return the shares of one company."""
    settings = load_settings(config)
    given = material(settings, lambda *_: None)
    rows = frames.frame(given.snapshot.table, given.snapshot.features, given.labels, known=True)
    if np.isnat(rows.as_of).all():
        fitted = np.random.default_rng(1).random(len(rows)) < 0.7
        development, test = rows.where(fitted), rows.where(~fitted)
    else:
        parts = splitting.split(rows, settings)
        development = rows.where(np.isin(rows.as_of, parts.fitted))
        test = rows.where(np.isin(rows.as_of, parts.test))
    bag = model.fit(development, FOLDS, settings.training.seed, settings.training.threads)
    rules = withholding.learn(development, lgb.Booster(model_str=bag.text), settings)
    told = {"company": str(config), "test": withholding.document(rules, test)}
    return told | {"outliers_found": {factor: found(rules, test, factor) for factor in FACTORS}}


def found(rules: Withholding, test: Frame, factor: int) -> float:
    """Return the share of planted outliers that is taken for unlike any account seen."""
    random = np.random.default_rng(factor)
    planted = test.matrix[random.integers(0, len(test), PLANTED)].copy()
    places = [i for i, f in enumerate(test.features) if f.name in rules.novelty.names]
    chosen = random.choice(places, PLANTED)
    row = np.arange(PLANTED)
    planted[row, chosen] = np.nan_to_num(planted[row, chosen]) * factor + factor
    return round(float(rules.novelty.unlike(test.features, planted).mean()), 3)


def main() -> None:
    """Print one JSON document per company."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("config", nargs="+", type=Path)
    for config in parser.parse_args().config:
        print(json.dumps(measure(config)), flush=True)


if __name__ == "__main__":
    main()
