"""Run the serving benchmark and write the part "Serving" of docs/benchmarks.md.

``make bench-serving``; ``BENCH="--quick"`` tries everything for a second each, and writes under
``build/bench-serving`` only. This process imports nothing large: servers, load and the bare booster
are processes of their own.
"""

import argparse
import contextlib
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.features import machine
from benchmarks.serving import server as servers
from benchmarks.serving.plan import BATCHES, ROOT, WAYS, Way, programs, rows_in
from benchmarks.serving.server import Server

BUILD = ROOT / "build" / "bench-serving"
HERE = Path(__file__).parent
TOLERANCE = 1e-9
COMPARED = 50
CONNECTIONS = 16
S7_RATE = 200.0
S7_P99_MS = 50.0

Json = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for; return 1 where answers differ or requests failed."""
    given = _parsed(arguments)
    shutil.rmtree(BUILD, ignore_errors=True)
    BUILD.mkdir(parents=True)
    folder = given.data.resolve() / "serving"
    _child("benchmarks.serving.workspace", str(folder))
    if given.quick:
        quiet = machine.wait_until_quiet(at_most_s=0)
    else:
        quiet = machine.wait_until_quiet(at_most_s=given.patience)
    began = time.monotonic()
    results = _measured(folder, given)
    results |= {
        "machine": _facts() | {"quiet": quiet},
        "measured_on": machine.today(),
        "command": "make bench-serving",
        "minutes": round((time.monotonic() - began) / 60, 1),
    }
    return _finish(results, publish=not given.quick or given.publish)


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT / ".cache" / "benchmarks")
    parser.add_argument("--patience", type=float, default=180, help="Seconds to wait for quiet.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0, help="Of load, each way and round.")
    parser.add_argument("--soak", type=float, default=60.0, help="Seconds of the soak.")
    parser.add_argument("--quick", action="store_true", help="A second each; publishes nothing.")
    parser.add_argument("--publish", action="store_true", help="Let --quick write the page too.")
    given = parser.parse_args(arguments)
    if given.quick:
        given.rounds, given.seconds, given.soak = 2, 1.0, 5.0
    return given


def _measured(folder: Path, given: argparse.Namespace) -> Json:
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    bodies = {path.stem: path for path in (folder / "bodies").glob("*.jsonl")}
    stalls = json.loads(_child("benchmarks.serving.stalls", "--seconds", str(4 * given.seconds)))
    with contextlib.ExitStack() as stack:
        up = {
            name: stack.enter_context(_started(name, folder, bodies)) for name in programs(folder)
        }
        starts = {
            name: {"first_answer_s": one.first_answer, "rss_mb": one.rss_at_start}
            for name, one in up.items()
        }
        equal = [_equal(way, up[way.server], bodies, expected["probabilities"])
                 for way in (*WAYS, *BATCHES) if way.probabilities]  # fmt: skip
        single = _rounds(WAYS, up, bodies, given.rounds, given.seconds, CONNECTIONS)
        batch = _rounds(BATCHES, up, bodies, max(2, given.rounds - 2), given.seconds, 2)
        for name, one in up.items():
            starts[name]["rss_after_mb"] = one.rss()
        ours = up["kenshin"]
        sustained = _sustained(ours, up["constant"], bodies, single, given)
    bare = json.loads(_child("benchmarks.serving.bare", str(folder)))
    pages = json.loads(_child("benchmarks.serving.pages", *(["--quick"] if given.quick else [])))
    return {
        "facts": expected["facts"], "starts": starts, "equal": equal, "single": single,
        "batch": batch, "sustained": sustained, "bare": bare, "pages": pages,
        "lean": json.loads(_child("benchmarks.serving.lean")), "stalls": stalls,
    }  # fmt: skip


def _started(
    name: str, folder: Path, bodies: Mapping[str, Path]
) -> contextlib.AbstractContextManager[Server]:
    program = programs(folder)[name]
    way = next(way for way in WAYS if way.server == name)
    first = ("POST", way.path, bodies[way.bodies].read_bytes().splitlines()[0])
    _say(f"{name} …")
    return servers.running(
        program.command, folder / program.cwd, BUILD / f"{name}.log", first, program.environment
    )


def _equal(way: Way, server: Server, bodies: Mapping[str, Path], expected: Sequence[float]) -> Json:
    """Compare a way's probabilities with the stored ones."""
    assert way.probabilities is not None
    lines = bodies[way.bodies].read_bytes().splitlines()[:COMPARED]
    found: list[float | None] = []
    for line in lines:
        status, answer = server.ask("POST", way.path, line)
        if status != 200:
            raise SystemExit(f"{way.name} answers {status}: {answer[:500]!r}")
        found += way.probabilities(json.loads(answer))
    wanted = expected[: len(found)]
    pairs = list(zip(found, wanted, strict=False))
    worst = max(abs(a - b) if a is not None else 1.0 for a, b in pairs)
    return {"way": way.name, "compared": len(pairs), "worst": worst}


def _rounds(
    ways: Sequence[Way],
    up: Mapping[str, Server],
    bodies: Mapping[str, Path],
    rounds: int,
    seconds: float,
    connections: int,
) -> Json:
    """Ask all ways in turns; return per way one figure a round."""
    found: dict[str, list[Json]] = {way.name: [] for way in ways}
    for way in ways:  # warm
        _load(up[way.server], way.path, bodies[way.bodies], min(1.0, seconds), connections)
    for number in range(rounds):
        turn = ways if number % 2 == 0 else tuple(reversed(ways))
        for way in turn:
            server, before = up[way.server], up[way.server].cpu()
            one = _load(server, way.path, bodies[way.bodies], seconds, connections)
            one["cpu_ms"] = 1000 * (server.cpu() - before) / max(one["answered"], 1)
            found[way.name].append(one)
            _say(
                f"round {number + 1}: {way.name} {one['per_second']:,.1f}/s, "
                f"p50 {one['p50']:.2f} ms, p99 {one['p99']:.2f} ms, {one['errors']} errors"
            )
    rows = {way.name: rows_in(bodies[way.bodies].read_bytes().splitlines()[0]) for way in ways}
    return {
        way.name: {"said": way.said, "rows": rows[way.name], "reasons": way.reasons,
                   "runs": found[way.name]}
        for way in ways
    }  # fmt: skip


def _load(
    server: Server,
    path: str,
    bodies: Path,
    seconds: float,
    connections: int = CONNECTIONS,
    rate: float | None = None,
) -> Json:
    command = [f"http://127.0.0.1:{server.port}{path}", str(bodies), "--seconds", str(seconds)]
    command += ["--connections", str(connections)]
    command += ["--rate", str(rate)] if rate else []
    answer: Json = json.loads(_child("benchmarks.serving.load", *command))
    return answer


def _sustained(
    ours: Server,
    nothing: Server,
    bodies: Mapping[str, Path],
    single: Json,
    given: argparse.Namespace,
) -> Json:
    """Return half of the maximum load, 200 requests a second, and a soak with its memory."""
    path = next(way.path for way in WAYS if way.name == "ours")
    highest = max(run["per_second"] for run in single["ours"]["runs"])
    seconds = 4 * given.seconds
    half: list[Json] = []
    same: list[Json] = []  # What the machine does to a route that has nothing to do.
    for _ in range(5):
        half.append(_load(ours, path, bodies["features"], seconds, rate=highest / 2))
        same.append(_load(nothing, path, bodies["features"], seconds, rate=highest / 2))
    steady = _load(ours, path, bodies["features"], seconds, rate=S7_RATE)
    by_id = _load(ours, path, bodies["id"], seconds, rate=S7_RATE)
    before, soaked = ours.rss(), []
    for bodies_ in ("features", "id"):
        soaked.append(
            _load(ours, path, bodies[bodies_], given.soak / 2, rate=min(S7_RATE * 2, highest / 2))
        )
    return {
        "half": {"rate": highest / 2, "runs": half, "constant": same},
        "steady": {"rate": S7_RATE, "features": steady, "id": by_id},
        "soak": {"seconds": given.soak, "runs": soaked, "rss_before_mb": before,
                 "rss_after_mb": ours.rss()},
    }  # fmt: skip


def _facts() -> Json:
    from importlib import metadata

    names = ("lightgbm", "numpy", "fastapi", "uvicorn", "uvloop", "httptools", "pydantic",
             "msgspec", "mlflow", "numba")  # fmt: skip
    versions = {name: metadata.version(name) for name in names}
    site = ROOT / "build" / "bentoml" / "lib"
    bento = next(site.glob("python3*/site-packages/bentoml-*.dist-info"), None)
    if bento is not None:
        versions["bentoml"] = bento.name.removeprefix("bentoml-").removesuffix(".dist-info")
    return machine.facts() | {"versions": versions}


def _child(module: str, *arguments: str) -> str:
    command = [sys.executable, "-W", "ignore", "-m", module, *arguments]
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def _finish(results: Json, publish: bool) -> int:
    wrong = [one for one in results["equal"] if one["worst"] > TOLERANCE]
    for one in wrong:
        _say(f"DIFFERENT PROBABILITIES: {one}")
    target = HERE if publish and not wrong else BUILD
    text = json.dumps(results, indent=1, ensure_ascii=False)
    (target / "results.json").write_text(text + "\n", encoding="utf-8")
    if wrong:
        _say("Nothing is published, because answers differ.")
        return 1
    from benchmarks.serving.page import publish as write

    write(target / "results.json", ROOT / "docs" if publish else BUILD)
    if publish:
        from benchmarks.features.page import publish as write_first_part

        write_first_part(ROOT / "benchmarks" / "features" / "results.json", ROOT / "docs")
    failed = sum(run["errors"] for way in results["single"].values() for run in way["runs"])
    return int(failed > 0)


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
