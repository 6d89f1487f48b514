"""Verdicts on every stored weekly run of a company in which nothing drifts, by two limits.

    make demo                                  # or: kenshin demo demo --build-only
    python -m benchmarks.drift demo

The limit of the product learns from the reference how much single dates differ by themselves; the
plain limit is 0.1 for every feature. In the last part a tenth of the number features is moved by
0.2 standard deviations. Prints one JSON document; `cpu_seconds` is of all verdicts together.
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa

from features import erased, snapshots
from features.settings import load_settings
from serving.drift.observed import Observed, observe
from serving.drift.verdict import Verdict, verdict
from serving.store import scores
from serving.store.engine import open_store
from serving.store.schema import scores as _scores
from training.bundle import Bundle, champion

MOVED_BY, MOVED_SHARE, SEED = 0.2, 0.1, 20261120


def measure(config: Path) -> dict[str, Any]:
    """Return the words of all dates by both limits, and how many moved features were named."""
    settings = load_settings(config)
    bundle, engine = champion(settings), open_store(settings)
    plain = _plain(bundle.reference)
    start, end = (datetime.fromisoformat(bundle.evaluation["test"][at]) for at in ("from", "to"))
    found: dict[str, dict[str, Counter[str]]] = {}
    named, others, dates = 0, 0, 0
    moved_in_all, began = 0, time.process_time()
    rng = np.random.default_rng(SEED)
    for run in scores.runs(engine):
        if run["model_version"] != bundle.version:
            continue
        when = "before" if run["as_of"] < start else "after" if run["as_of"] > end else "within"
        snapshot = snapshots.read_by_id(settings, erased.held_in(settings, run["snapshot_id"]))
        observed, chances = observe(snapshot.table, bundle.inputs), _chances(engine, run["run_id"])
        words = found.setdefault(when, {"plain": Counter(), "product": Counter()})
        for limit, reference in (("plain", plain), ("product", bundle.reference)):
            words[limit][_judged(observed, chances, bundle, reference, run["as_of"]).word] += 1
        if when == "after":
            moved, shifted = _moved(observed, rng)
            told = _judged(shifted, chances, bundle, bundle.reference, run["as_of"])
            drifted = {shift.feature for shift in told.features if shift.drifted}
            named, moved_in_all = named + len(moved & drifted), moved_in_all + len(moved)
            others, dates = others + len(drifted - moved), dates + 1
    engine.dispose()
    return {
        "reference": [f"{start:%Y-%m-%d}", f"{end:%Y-%m-%d}"],
        "features": len(bundle.inputs),
        "words": {when: {k: dict(v) for k, v in words.items()} for when, words in found.items()},
        "moved_named_share": named / moved_in_all if moved_in_all else None,
        "others_named_a_date": others / dates if dates else None,
        "cpu_seconds": round(time.process_time() - began, 1),
    }


def _plain(reference: Mapping[str, Any]) -> dict[str, Any]:
    """Return the reference as if nothing were known of how single dates differ."""
    without = {name: {**one, "wobble": {}} for name, one in reference["features"].items()}
    probability = {**reference["probability"], "wobble": {}}
    return {**reference, "features": without, "probability": probability}


def _chances(engine: sa.Engine, run_id: str) -> np.ndarray:
    column = _scores.c.churn_probability
    with engine.connect() as connection:
        query = sa.select(column).where(_scores.c.run_id == run_id, column.is_not(None))
        return np.array(connection.execute(query).scalars().all(), dtype=np.float64)


def _judged(
    observed: Observed,
    chances: np.ndarray,
    bundle: Bundle,
    reference: Mapping[str, Any],
    as_of: datetime,
) -> Verdict:
    return verdict(observed, chances, bundle.inputs, reference, as_of=as_of)


def _moved(observed: Observed, rng: np.random.Generator) -> tuple[set[str], Observed]:
    """Return which number features were moved, and the rows with them moved."""
    names = sorted(name for name, values in observed.numbers.items() if np.nanstd(values) > 0)
    chosen = set(rng.choice(names, round(len(names) * MOVED_SHARE), replace=False).tolist())
    numbers = {
        name: values + MOVED_BY * np.nanstd(values) if name in chosen else values
        for name, values in observed.numbers.items()
    }
    return chosen, replace(observed, numbers=numbers)


def main() -> None:
    """Measure the company in FOLDER."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    print(json.dumps(measure(parser.parse_args().folder / "kenshin.toml"), indent=1))


if __name__ == "__main__":
    main()
