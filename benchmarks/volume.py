"""How near the truth the best reader of the records comes, by how many events a company writes.

``python -m benchmarks.volume [--seeds 7 11 13] [--scales 1 3]`` lets the same accounts of other
seeds than the published one live the same lives, and writes once and three times the events
of daily work and of every stream. The filter (`benchmarks.filtered`) reads them. Nothing is learned
and nobody's departure is read: the distances are expectations under the truth itself, so that they
hold no luck of who left. The figures go to ``benchmarks/volume.json``, beside those found before of
other scales and seeds.
"""

import argparse
import json
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.filtered import filtered
from features.simulator import CompanyPlan
from features.simulator.block import Block
from features.simulator.company import lives
from features.simulator.lives import Spells
from features.simulator.plan import grid_of
from features.simulator.population import Population
from features.simulator.support import tickets_table
from features.simulator.truth import truth_table
from features.simulator.usage import events_table
from training.frames import Frame

FOUND = Path(__file__).with_suffix(".json")
ACCOUNTS, YEARS = 2000, 6
MONTHS = 15
"""The filter is asked at the beginnings of so many months before the last quarter."""
Floats = npt.NDArray[np.float64]
Json = dict[str, Any]


def measured(plan: CompanyPlan, scale: float, folder: Path) -> Json:
    """Return how far the filter is expected behind where ``scale`` times the events are written."""
    truth, events, life = _written(plan, scale, folder)
    stamps = truth["as_of"].to_numpy().astype("datetime64[us]")
    last = np.datetime64(plan.end, "M") - 3
    asked = (stamps == stamps.astype("datetime64[M]")) & (stamps >= last - MONTHS) & (stamps < last)
    names = np.array(truth["account_id"].cast(pa.string()).to_pylist(), dtype=object)[asked]
    empty = np.zeros((len(names), 0))
    rows = Frame(empty, (), {}, names, stamps[asked], np.zeros(len(names)), pa.table({}))
    said = filtered(plan, folder, rows, np.ones(len(rows), dtype=bool), scale)
    p = truth["churn_probability"].to_numpy()[asked]
    return {
        "scale": scale,
        "seed": plan.seed,
        "rows": len(rows),
        "events_a_week": round(events / life, 1),
        "auc": expected_auc(p, p),
        "auc_behind": expected_auc(p, p) - expected_auc(said, p),
        "log_loss_behind": divergence(p, said),
    }


def _written(plan: CompanyPlan, scale: float, folder: Path) -> tuple[pa.Table, int, float]:
    """Write events and tickets; return the truth, the number of events and the weeks lived."""
    events, tickets, truth, weeks, grid = [], [], [], 0.0, grid_of(plan)
    for number, (population, spells) in enumerate(lives(plan)):
        events.append(events_table(_block(plan, population, spells, 6, number), scale))
        tickets.append(tickets_table(_block(plan, population, spells, 7, number), 0))
        truth.append(truth_table(spells, population, grid, plan.horizon_days))
        weeks += float((np.minimum(spells.end, grid.days) - spells.start).sum()) / 7
    wanted = ["account_id", "occurred_at", "event"]
    kept = pa.concat_tables(table.select(wanted) for table in events).unify_dictionaries()
    pq.write_table(kept, folder / "events.parquet")
    opened = pa.concat_tables(table.select(["account_id", "opened_at"]) for table in tickets)
    pq.write_table(opened.unify_dictionaries(), folder / "tickets.parquet")
    return pa.concat_tables(truth).unify_dictionaries(), kept.num_rows, weeks


def _block(
    plan: CompanyPlan, population: Population, spells: Spells, stream: int, number: int
) -> Block:
    """Return a block as the simulator makes it, with the same random stream."""
    seats, adoption = population.seats[spells.account], population.adoption[spells.account]
    users = np.maximum(np.rint(seats * adoption), 1).astype(np.int64)
    rng = np.random.default_rng([plan.seed, stream, number])
    return Block(population, spells, grid_of(plan), users, rng)


def expected_auc(said: Floats, truth: Floats) -> float:
    """Return the AUC expected of ``said`` (n,) where each row leaves with its true chance.

    >>> expected_auc(np.array([0.1, 0.2]), np.array([0.0, 1.0]))
    1.0
    """
    _, place = np.unique(said, return_inverse=True)
    left, stayed = np.bincount(place, truth), np.bincount(place, 1.0 - truth)
    below = np.cumsum(stayed) - stayed / 2
    return float((left * below).sum() / left.sum() / stayed.sum())


def divergence(truth: Floats, said: Floats) -> float:
    """Return how much more log loss (nats) is expected of ``said`` (n,) than of the truth.

    >>> divergence(np.array([0.5]), np.array([0.5]))
    0.0
    """
    stays = (1.0 - truth) * np.log((1.0 - truth) / (1.0 - said))
    return float((truth * np.log(truth / said) + stays).mean())


def table(found: Sequence[Json]) -> str:
    """Return the figures as Markdown, a line per number of events, means over the seeds."""
    lines = ["| events | a week and account | AUC behind | log loss behind |", "|---|---|---|---|"]
    for scale in sorted({one["scale"] for one in found}):
        here = [one for one in found if one["scale"] == scale]
        week, auc, loss = (
            [one[name] for one in here]
            for name in ("events_a_week", "auc_behind", "log_loss_behind")
        )
        each = ", ".join(f"{value:.4f}" for value in auc)
        lines.append(
            f"| × {scale:g} | {np.mean(week):.0f} | {np.mean(auc):.4f} ({each}) | "
            f"{np.mean(loss):.4f} |"
        )
    return "\n".join(lines) + "\n"


def _found() -> list[Json]:
    """Return what was found before."""
    if not FOUND.exists():
        return []
    before: list[Json] = json.loads(FOUND.read_text(encoding="utf-8"))["found"]
    return before


def main() -> None:
    """Measure every scale on every seed and write what was found."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seeds", type=int, nargs="+", default=[7, 11, 13])
    asked.add_argument("--scales", type=float, nargs="+", default=[1.0, 3.0])
    given = asked.parse_args()
    end = CompanyPlan().end
    start, found = date(end.year - YEARS, end.month, end.day), _found()
    for scale in given.scales:
        for seed in given.seeds:
            plan = CompanyPlan(ACCOUNTS, start, end, seed)
            with tempfile.TemporaryDirectory() as folder:
                one = measured(plan, scale, Path(folder))
            others = [f for f in found if (f["scale"], f["seed"]) != (scale, seed)]
            found = sorted([*others, one], key=lambda f: (f["scale"], f["seed"]))
            told = {"accounts": ACCOUNTS, "years": YEARS, "found": found}
            FOUND.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    print(table(found))


if __name__ == "__main__":
    main()
