"""Many rows with exact reasons, beside shap, LightGBM's own and prediction alone.

``make bench-bulk`` writes ``benchmarks/serving/bulk.json`` and the table of ``docs/reasons.md``;
the page of ``make bench-serving`` reads the same file. Values are compared before anything is
timed: every share of the first `COMPARED` rows within `EXACT`, every bit of a margin. Ratios are
taken within a round, whose ways run one after the other, and their median is told; `SLOW` ways, a
minute or more each at full size, run in the first round only.
"""

import argparse
import json
import shutil
import statistics
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.features import machine
from benchmarks.features.process import measured
from benchmarks.serving import bulk_page

ROOT = Path(__file__).resolve().parents[2]
FOUND = Path(__file__).with_name("bulk.json")
BUILD = ROOT / "build" / "bench-bulk"
SHAP = ROOT / "build" / "shap" / "bin" / "python"
EXACT = 1e-9
LIMIT_S = 3_600.0
COMPARED = 2_000
SLOW = ("pred_contrib", "tree_explainer")
EXPLAINING = ("ours", *SLOW)
COMPANY = ("predicted", "summed", "streamed-none", "streamed-all")

Json = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure everything and write the JSON; return 1 where values differ."""
    given = _arguments(arguments)
    shutil.rmtree(BUILD, ignore_errors=True)
    BUILD.mkdir(parents=True)
    told: Json = {
        "command": f"python -m benchmarks.serving.bulk --rows {given.rows} --rounds {given.rounds} "
        f"--accounts {given.accounts}",
        "measured_on": machine.today(),
        "machine": _made("facts"),
        "explained": [],
        "company": [],
    }
    for number, name in enumerate(_made("models")):
        model = BUILD / f"model-{number}.txt"
        _made("model", name, str(model))
        told["explained"].append(_explained(name, model, given))
        _write(told, BUILD / "bulk.json")
        told["company"].append(_company(name, model, given))
        _write(told, BUILD / "bulk.json")
    told["equal"] = all(
        one["largest_difference"] <= EXACT and one["same_margins"] for one in told["explained"]
    )
    publish = told["equal"] and given.publish
    _write(told, FOUND if publish else BUILD / "bulk.json")
    if publish:
        bulk_page.publish(told)
    return 0 if told["equal"] else 1


def _write(told: Json, file: Path) -> None:
    file.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    _say(f"written: {file}")


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rows", type=int, default=100_000, help="Rows explained by every way.")
    asked.add_argument("--accounts", type=int, default=1_000_000, help="Of the company scored.")
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--no-publish", dest="publish", action="store_false")
    return asked.parse_args(arguments)


def _explained(name: str, model: Path, given: argparse.Namespace) -> Json:
    """Return what every way of explaining the same rows takes."""
    rows, few = BUILD / "rows.npy", BUILD / "few.npy"
    _made("rows", str(given.rows), str(rows))
    _made("rows", str(min(given.rows, COMPARED)), str(few))
    for way in ("plain", "own", *EXPLAINING):
        _run(way, model, few, BUILD / f"{way}.npy")
    worst, top = _made("compared", str(BUILD), *EXPLAINING)
    ways = ("plain", "own", *EXPLAINING)
    found = _rounds(ways, given.rounds, lambda way: _run(way, model, rows, None))
    return {
        "model": name,
        "rows": given.rows,
        "largest_difference": worst,
        "same_top_five": top,
        "same_margins": _made("same", str(BUILD), "plain", "own"),
        "ways": found,
        "ratios": {
            "tree_explainer_to_ours": _ratio(found, "tree_explainer", "ours"),
            "pred_contrib_to_ours": _ratio(found, "pred_contrib", "ours"),
            "ours_to_plain": _ratio(found, "ours", "plain"),
            "ours_to_own": _ratio(found, "ours", "own"),
            "plain_to_own": _ratio(found, "plain", "own"),
        },
    }


def _company(name: str, model: Path, given: argparse.Namespace) -> Json:
    """Return what a whole company takes, from Parquet to Parquet."""
    bundle, snapshot = BUILD / f"bundle-{model.stem}", BUILD / "snapshot.parquet"
    _made("bundle", str(model), str(bundle))
    if not snapshot.exists():
        _made("snapshot", str(given.accounts), str(snapshot))

    def one(way: str) -> Json:
        out = BUILD / "scores" / way
        shutil.rmtree(BUILD / "scores", ignore_errors=True)
        out.parent.mkdir()
        return _run(way, bundle, snapshot, out)

    found = _rounds(COMPANY, given.rounds, one)
    shutil.rmtree(BUILD / "scores", ignore_errors=True)
    return {
        "model": name,
        "accounts": given.accounts,
        "ways": found,
        "ratios": {
            "reasons_to_predicted": _ratio(found, "streamed-all", "predicted"),
            "reasons_to_summed": _ratio(found, "streamed-all", "summed"),
            "reasons_to_none": _ratio(found, "streamed-all", "streamed-none"),
        },
    }


def _rounds(ways: Sequence[str], rounds: int, run: Any) -> dict[str, list[Json]]:  # noqa: ANN401
    found: dict[str, list[Json]] = {way: [] for way in ways}
    for number, way in _turns(ways, rounds):
        found[way].append(run(way))
        one = found[way][-1]
        _say(f"round {number + 1}: {way} {one['seconds']:.1f} s, {one['peak_mb']:.0f} MB")
    return found


def _turns(ways: Sequence[str], rounds: int) -> Iterator[tuple[int, str]]:
    """Yield the ways of each round, forwards and backwards in turn, `SLOW` ones once."""
    for number in range(rounds):
        asked = ways if number == 0 else [way for way in ways if way not in SLOW]
        for way in asked if number % 2 == 0 else reversed(asked):
            yield number, way


def _ratio(found: dict[str, list[Json]], above: str, below: str) -> Json:
    """Return the median over the rounds that have both, of wall and of processor time."""
    pairs = list(zip(found[above], found[below], strict=False))
    return {
        kind: round(statistics.median(a[kind] / b[kind] for a, b in pairs), 2)
        for kind in ("seconds", "cpu_seconds")
    }


def _run(way: str, model: Path, rows: Path, out: Path | None) -> Json:
    """Run one way in its own process and return what it took."""
    told = BUILD / "told.json"
    python = SHAP if way == "tree_explainer" else Path(sys.executable)
    command = [python, "-W", "ignore", "-m", "benchmarks.serving.bulk_way", way, "--told", told]
    command += ["--model", model, "--rows", rows, *(["--out", out] if out else [])]
    work = BUILD / "work"
    work.mkdir(exist_ok=True)
    whole = measured(command, work, ROOT, LIMIT_S, machine.memory_mb() * 0.8)
    if whole.stopped:
        raise SystemExit(f"{way}: {whole.stopped}")
    found: Json = json.loads(told.read_text(encoding="utf-8"))
    return found | {"peak_mb": whole.peak_mb, "process_cpu_seconds": whole.cpu_seconds}


def _made(*what: str) -> Any:  # noqa: ANN401
    """Have `bulk_made` do something in a process of its own: this one stays small."""
    import subprocess

    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.serving.bulk_made", *what]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout or "null")


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
