"""Stored scores by account id from SQLite and from PostgreSQL: rate, and who spends the time.

``python -m benchmarks.serving.stores COMPANY``: COMPANY is the folder of a scored company, such as
``kenshin demo`` builds. Its store is carried over to a PostgreSQL of its own on this machine; both
are then asked in turns by the load generator of `benchmarks.serving.load`. Processor time is that
of the server's process and of all processes of the database, over the requests that were answered.
Prints JSON, of each figure the best round: whatever else runs on the machine only ever adds.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.serving.server import Server, family_of, processor_seconds, running
from features.settings import load_settings
from serving.store.engine import open_store, open_url
from serving.store.scores import latest_run, rows_of
from tests.builders.moved import carry_over
from tests.builders.postgres import Cluster, cluster, store

KENSHIN = Path(sys.executable).with_name("kenshin")
NO_LIMITS = {
    "KENSHIN_SERVING__REQUESTS_PER_SECOND": "1000000",
    "KENSHIN_SERVING__BURST": "1000000",
}
ACCOUNTS = {"one": 1, "a thousand": 1_000}
"""How many accounts a request asks for."""

MORE_IS_BETTER = frozenset({"requests/s"})

Figures = dict[str, float]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("company", type=Path)
    parser.add_argument("--seconds", type=float, default=4.0, help="of load in each round")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kenshin-stores-") as folder, ExitStack() as open_:
        bodies = _bodies(given.company, Path(folder))
        database = open_.enter_context(cluster())
        url = open_.enter_context(store(database.url))
        _carry_over(given.company, url)
        ask = ("POST", "/v1/predictions", bodies["one"].read_bytes().splitlines()[0])
        told: dict[str, list[Figures]] = {}
        servers = {
            "SQLite": open_.enter_context(_serving(given.company, {}, Path(folder), ask)),
            "PostgreSQL": open_.enter_context(
                _serving(given.company, {"KENSHIN_STORE__URL": url}, Path(folder), ask)
            ),
        }
        for _ in range(given.rounds):
            for name, server in servers.items():
                for many, file in bodies.items():
                    spent = _spent(server, database if name == "PostgreSQL" else None)
                    found = _round(server, file, given.seconds, 16 if many == "one" else 2, spent)
                    told.setdefault(f"{name}, {many} a request", []).append(found)
    json.dump({name: _best(rounds) for name, rounds in told.items()}, sys.stdout, indent=1)
    print()


def _bodies(company: Path, folder: Path) -> dict[str, Path]:
    """Write one file of bodies, a line each, for each number of accounts a request."""
    engine = open_store(load_settings(company / "kenshin.toml"))
    run = latest_run(engine)
    assert run is not None
    ids = [row["account_id"] for row in rows_of(engine, run["run_id"])]
    engine.dispose()
    files = {}
    for name, many in ACCOUNTS.items():
        asked = [
            {"accounts": [{"account_id": ids[(start + i) % len(ids)]} for i in range(many)]}
            for start in range(0, len(ids), max(1, len(ids) // 200))
        ]
        files[name] = folder / f"{many}.jsonl"
        files[name].write_text("".join(json.dumps(one) + "\n" for one in asked))
    return files


def _carry_over(company: Path, url: str) -> None:
    here, there = open_store(load_settings(company / "kenshin.toml")), open_url(url)
    carry_over(here, there)
    with there.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
    here.dispose()
    there.dispose()


@contextmanager
def _serving(
    company: Path,
    environment: Mapping[str, str],
    folder: Path,
    ask: tuple[str, str, bytes],
) -> Iterator[Server]:
    command = [KENSHIN, "serve", "--port", "{port}"]
    log = folder / f"{len(environment)}.log"
    with running(command, company, log, ask, NO_LIMITS | dict(environment)) as server:
        yield server


def _spent(server: Server, database: Cluster | None) -> Callable[[], tuple[float, float]]:
    """Return what tells the processor seconds of the server and of the database so far."""

    def now() -> tuple[float, float]:
        of_database = 0.0 if database is None else processor_seconds(family_of(database.pid))
        return server.cpu(), of_database

    return now


def _round(
    server: Server,
    bodies: Path,
    seconds: float,
    connections: int,
    spent: Callable[[], tuple[float, float]],
) -> Figures:
    command = [sys.executable, "-m", "benchmarks.serving.load"]
    address = f"http://127.0.0.1:{server.port}/v1/predictions"
    options = ["--seconds", str(seconds), "--connections", str(connections)]
    before = spent()
    said = subprocess.run(
        [*command, address, str(bodies), *options], check=True, stdout=subprocess.PIPE
    )
    after, told = spent(), json.loads(said.stdout)
    answered = told["answered"]
    return {
        "requests/s": told["per_second"],
        "p50 ms": told["p50"],
        "server's CPU ms a request": 1000 * (after[0] - before[0]) / answered,
        "database's CPU ms a request": 1000 * (after[1] - before[1]) / answered,
        "failed": told["errors"],
    }


def _best(rounds: list[Figures]) -> Figures:
    return {
        name: round((max if name in MORE_IS_BETTER else min)(one[name] for one in rounds), 3)
        for name in rounds[0]
    } | {"failed": sum(one["failed"] for one in rounds)}


if __name__ == "__main__":
    main()
