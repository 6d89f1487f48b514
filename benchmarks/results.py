"""Run every example beside its peers over the public data sets and write ``docs/results.md``.

``make results``. Each example runs as its user runs it (``kenshin check``, ``kenshin train``), on
the cut-offs of the data's own README. The peers are then fitted in the same run, on the very frames
that the training divides (`training.division`): same rows, same split, same encoded matrix.

``python -m benchmarks.results crm6 …`` runs those tasks only; of the others the page keeps what
`KEPT` has of their last run.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import results_page
from benchmarks.peers import METHODS
from benchmarks.results_tasks import TASKS, Task
from features.settings import Settings, load_settings
from training import metrics
from training.division import Division, divide
from training.material import material

ROOT = Path(__file__).parents[1]
Json = dict[str, Any]


KEPT = ROOT / "benchmarks" / "results.json"
"""What the page is drawn from: one entry per task, as its last run left it."""

PAGE = ROOT / "docs" / "results.md"
SHOWN = ("design", "test", "metrics", "recipe", "calibration_method", "horizon_days")


def main(chosen: Sequence[str]) -> int:
    """Run all tasks, or those whose name begins so; return 1 where a target is missed."""
    for task in TASKS:
        if not chosen or any(task.name.startswith(name) for name in chosen):
            outcome = _outcome(task)
            text = json.dumps(_kept() | {task.name: outcome}, indent=1, sort_keys=True)
            KEPT.write_text(text + "\n", encoding="utf-8")
    found = _kept()
    page = results_page.page(found)
    PAGE.write_text(page, encoding="utf-8")
    sys.stdout.write(page)
    return int(any(results_page.missed(t, found[t.name]) for t in TASKS if t.name in found))


def _kept() -> dict[str, Json]:
    found: dict[str, Json] = json.loads(KEPT.read_text("utf-8")) if KEPT.exists() else {}
    return found


def _outcome(task: Task) -> Json:
    """Return what one task came to: our figures, the peers', and what both took."""
    before, started = _processor(), time.monotonic()
    checked = _kenshin("check", task)
    trained = _kenshin("train", task)
    between, evaluation = _processor(), trained["evaluation"]
    with tempfile.TemporaryDirectory() as folder:
        peers = {} if task.least is None else _peers(_settings(task, Path(folder)), evaluation)
    spent = {
        "Kenshin": round(between - before, 1),
        "peers": round(_processor() - between, 1),
        "wall": round(time.monotonic() - started, 1),
    }
    sys.stderr.write(f"{task.name}: {spent}\n")
    return {
        "verdict": trained["verdict"],
        "reason": trained["reason"],
        **{name: evaluation.get(name) for name in SHOWN},
        "failed": [check for check in evaluation["checks"] if check["result"] == "failed"],
        "quarantined": sum(table["rows_quarantined"] for table in checked["tables"].values()),
        "violations": [
            {name: v[name] for name in ("code", "sentence")} for v in checked["violations"]
        ],
        "peers": peers,
        "seconds": spent,
    }


def _settings(task: Task, workspace: Path) -> Settings:
    """Return the example's settings with a workspace of their own: the peers leave nothing."""
    settings = load_settings(ROOT / "examples" / task.config)
    return settings.model_copy(update={"workspace": workspace})


def _peers(settings: Settings, evaluation: Json) -> dict[str, Json]:
    """Fit every other method on the rows that ours was fitted on, and judge it on the same."""
    given = material(settings, lambda what, done, steps: None)
    division = divide(given.snapshot, given.labels, settings, given.groups)
    trials = list(division.trials())
    places = np.concatenate([place for _, _, place in trials])
    _require_same(division, places, evaluation["test"])
    ids, churned = division.rows.account_ids[places], division.rows.churned[places]
    found = {}
    for name, method in METHODS.items():
        p = np.concatenate([method(fitted, judged.matrix) for fitted, judged, _ in trials])
        both = metrics.measured(churned, p, ids, settings.training.seed)
        found[name] = {"auc": both["auc"], "log_loss": both["log_loss"]}
    return found


def _require_same(division: Division, places: np.ndarray, test: Json) -> None:
    """Refuse to compare on other rows than ours was judged by."""
    churns = int(division.rows.churned[places].sum())
    if (len(places), churns) != (test["rows"], test["churns"]):
        raise SystemExit(f"peers judged on {len(places)} rows, {churns} churns; ours on {test}")


def _kenshin(verb: str, task: Task) -> Json:
    """Run a command on the example as its user would; return its ``--json`` answer."""
    config = ROOT / "examples" / task.config
    answer = subprocess.run(
        [Path(sys.executable).with_name("kenshin"), verb, "--config", config, "--json"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if not answer.stdout:
        raise SystemExit(f"kenshin {verb} on {task.config} said nothing (exit {answer.returncode})")
    result: Json = json.loads(answer.stdout)
    return result


def _processor() -> float:
    """Return processor seconds of this process and its finished children so far."""
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    used = [resource.getrusage(who) for who in whose]
    return sum(one.ru_utime + one.ru_stime for one in used)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
