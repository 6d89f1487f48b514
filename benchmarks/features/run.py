"""Run the feature benchmark and write ``docs/benchmarks.md``: ``make bench-features``.

Only a whole run writes ``benchmarks/features/results.json`` and the page; a part (``--sizes``,
``--ways``, ``--rounds``) writes both under ``build/bench-features`` unless ``--publish`` is given.
This process imports nothing large, see `process.measured`.
"""

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.features import company, machine, plan
from benchmarks.features.plan import FEATURETOOLS, OURS, Experiment
from benchmarks.features.process import Measured, measured
from benchmarks.features.wanted import COLUMNS, EXPRESSIBLE

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "bench-features"
HERE = Path(__file__).parent
FEATURETOOLS_PYTHON = ROOT / "build" / "featuretools" / "bin" / "python"
OTHERS: dict[str, Callable[[Path], list[str]]] = {
    "engines": lambda data: [],
    "daily": lambda data: [str(data / "10m"), str(BUILD / "daily"), "--every-day"],
}
"""Programs beside this one, with what they are told; each writes ``<name>.json`` here."""
KEPT = Path(".kenshin", "cache", "compiled")
"""Where ours keeps its compiled queries between runs, beneath its work folder."""
MEMORY_SHARE = 0.85
"""A way is stopped where it takes more of the machine's memory than this."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for; return 1 where a cell differs."""
    given = _parsed(arguments)
    whole = not (given.sizes or given.ways or given.rounds)
    publish = whole or given.publish
    shutil.rmtree(BUILD / "work", ignore_errors=True)
    (BUILD / "work").mkdir(parents=True)
    parts = plan.chosen(given.sizes, given.ways, given.rounds)
    for size in sorted({_company(part) for part in parts}):
        company.simulated(given.data, size)
    quiet = machine.wait_until_quiet(at_most_s=given.patience)
    if not quiet:
        _say("THE MACHINE IS BUSY: absolute times will be too long, and the page will say so.")
    started = time.monotonic()
    results: dict[str, Any] = {
        "machine": machine.facts() | {"quiet": quiet},
        "measured_on": machine.today(),
        "command": "make bench-features",
        "runs": [run for part in parts for run in _Runner(part, given.data).run()],
    }
    failed = _others(given.data) if whole and not given.alone else []
    results["minutes"] = round((time.monotonic() - started) / 60, 1)
    return _finish(results, publish) or int(bool(failed))


def _company(part: Experiment) -> str:
    return company.PARTS[part.size][0] if part.name == FEATURETOOLS else part.size


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT / ".cache" / "benchmarks")
    parser.add_argument("--patience", type=float, default=180, help="Seconds to wait for quiet.")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--publish", action="store_true", help="Let a part write the page too.")
    parser.add_argument("--alone", action="store_true", help="Without engines and daily.")
    for name in ("--sizes", "--ways"):
        parser.add_argument(name, type=lambda text: text.split(","), help="With commas between.")
    given = parser.parse_args(arguments)
    given.data = given.data.resolve()
    return given


class _Runner:
    """Runs one experiment."""

    def __init__(self, part: Experiment, folder: Path) -> None:
        self.part, self.folder = part, folder
        self.reference: Path | None = None
        self.columns = COLUMNS
        if part.name == FEATURETOOLS:
            self.columns = ("account_id", "as_of", *EXPRESSIBLE)

    def run(self) -> list[dict[str, Any]]:
        """Return one record per way."""
        data = self._data()
        size = json.loads(_child("benchmarks.features.company", "describe", str(data)))
        _warm(data)
        keeping = [way for way in self.part.ways if way.startswith(OURS)]
        firsts = {way: self._measure(way, data)[0] for way in keeping}
        found: dict[str, list[Measured]] = {way: [] for way in self.part.ways}
        outputs: dict[str, Path] = {}
        for number, way in self.part.turns():
            if found[way] and found[way][-1].stopped:
                continue
            measurement, out = self._measure(way, data)
            found[way].append(measurement)
            if not measurement.stopped:
                outputs[way] = out
            self._report(way, number, measurement)
        said = self._compared(outputs)
        shutil.rmtree(BUILD / "work", ignore_errors=True)
        return [
            self._record(way, size, found[way], said.get(way)) | _first(firsts.get(way))
            for way in self.part.ways
        ]

    def _data(self) -> Path:
        if self.part.name != FEATURETOOLS:
            return self.folder / self.part.size
        target = BUILD / "work" / f"part-{self.part.size}"
        source, accounts = company.PARTS[self.part.size]
        whole = str(self.folder / source)
        _child("benchmarks.features.company", "part", whole, str(target), str(accounts))
        return target

    def _measure(self, way: str, data: Path) -> tuple[Measured, Path]:
        work = BUILD / "work" / way
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        kept = BUILD / "work" / f"{way}-kept"
        if kept.exists():
            shutil.copytree(kept, work / KEPT)
        out = BUILD / "work" / f"{way}.parquet"
        command: list[str | Path] = [_python(way), "-W", "ignore", "-m"]
        command += [f"benchmarks.features.ways.{way}", "--data", data, "--work", work]
        command += ["--out", out, "--dates", _days(self.part.dates)]
        command += ["--memory-limit", plan.MEMORY_LIMIT.get(self.part.size, "4GB")]
        if self.part.name == FEATURETOOLS:
            command.append("--expressible")
        most = machine.memory_mb() * MEMORY_SHARE
        found = measured(command, work, ROOT, self.part.limit_s, most)
        if (work / KEPT).exists():
            shutil.copytree(work / KEPT, kept, dirs_exist_ok=True)
        return found, out

    def _report(self, way: str, number: int, run: Measured) -> None:
        dates = f"{len(self.part.dates)} dates"
        what = run.stopped or f"{run.seconds:.1f} s, {run.peak_mb:.0f} MB"
        _say(f"{self.part.name} {self.part.size} {dates}, round {number + 1}: {way} {what}")

    def _compared(self, outputs: dict[str, Path]) -> dict[str, dict[str, Any]]:
        reference = outputs.get(OURS) or next(iter(outputs.values()), None)
        if reference is None:
            return {}
        columns = ",".join(self.columns)
        return {
            way: json.loads(
                _child("benchmarks.features.equality", str(out), str(reference), columns)
            )
            for way, out in outputs.items()
        }

    def _record(
        self,
        way: str,
        size: dict[str, int],
        runs: list[Measured],
        said: dict[str, Any] | None,
    ) -> dict[str, Any]:
        finished = [run for run in runs if not run.stopped]
        return {
            "experiment": self.part.name,
            "way": way,
            "size": self.part.size,
            "events": size["events"],
            "accounts": size["accounts"],
            "input_mb": round(size["bytes"] / 1e6, 1),
            "dates": len(self.part.dates),
            "rows": said["rows"] if said else None,
            "seconds": [run.seconds for run in finished],
            "cpu_seconds": [run.cpu_seconds for run in finished],
            "peak_mb": [run.peak_mb for run in finished],
            "spill_mb": max((run.spill_mb for run in finished), default=0.0),
            "stopped": next((run.stopped for run in runs if run.stopped), ""),
            "cells": said["cells"] if said else 0,
            "different": said["different"] if said else {},
            "equal": bool(said) and not said["different"],
        }


def _first(run: Measured | None) -> dict[str, Any]:
    """Return what the first run needed, in which ours had no query of an earlier one."""
    if run is None or run.stopped:
        return {}
    needed = {"seconds": run.seconds, "cpu_seconds": run.cpu_seconds, "peak_mb": run.peak_mb}
    return {"first": needed}


def _python(way: str) -> Path:
    return FEATURETOOLS_PYTHON if way == FEATURETOOLS else Path(sys.executable)


def _days(dates: Sequence[datetime]) -> str:
    return ",".join(as_of.date().isoformat() for as_of in dates)


def _child(module: str, *arguments: str) -> str:
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def _warm(data: Path) -> None:
    """Read the tables once, so that every way finds them in the system's cache."""
    for path in data.glob("*.parquet"):
        with path.open("rb") as file:
            while file.read(1 << 24):
                pass


def _others(data: Path) -> list[str]:
    """Run the programs beside this one; return those that failed."""
    failed = []
    for name, told in OTHERS.items():
        _say(f"{name} …")
        command = [sys.executable, "-W", "ignore", "-m", f"benchmarks.features.{name}"]
        if subprocess.run([*command, *told(data)], cwd=ROOT, check=False).returncode:
            failed.append(name)
            _say(f"{name} FAILED: the page shows what it wrote before, with its date.")
    return failed


def _finish(results: dict[str, Any], publish: bool) -> int:
    wrong = [run for run in results["runs"] if run["different"]]
    for run in wrong:
        _say(f"DIFFERENT CELLS: {run['way']} at {run['size']}: {run['different']}")
    target = HERE if publish and not wrong else BUILD
    text = json.dumps(results, indent=1, ensure_ascii=False)
    (target / "results.json").write_text(text + "\n", encoding="utf-8")
    if wrong:
        _say("Nothing is published, because cells differ.")
        return 1
    from benchmarks.features.page import publish as write_page

    write_page(target / "results.json", ROOT / "docs" if publish else BUILD)
    return 0


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
