"""``make fuzz``: at least 10,000 generated requests against real servers, counted per operation.

Fails on the first answer that is our fault, too slow, undeclared or no problem document, and when
the count falls short or an operation was never asked. Hypothesis prints the request that failed;
``--seed`` repeats a whole run.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from features.clock import utc_now
from serving.access import keys
from serving.app import described
from tests.builders.chains import Chains, run_chains
from tests.builders.fuzzing import Fuzzer, Tally
from tests.builders.postgres import server, store
from tests.builders.served import served
from tests.builders.server import running

AT_LEAST = 10_000
SCOPES = ("read", "predict", "feedback", "admin")


def main() -> int:
    """Run everything and return 0 when enough was asked."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--examples", type=int, default=60, help="of each kind per operation")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument(
        "--postgresql", action="store_true", help="with the store in PostgreSQL, not SQLite"
    )
    given = parser.parse_args()
    tally, began = Tally(), time.monotonic()
    print(f"seed {given.seed}", flush=True)
    try:
        with _store(postgresql=given.postgresql) as url:
            _run(tally, given.examples, given.seed, url)
    finally:
        _print(tally, time.monotonic() - began)
    short = shortfalls(tally)
    for line in short:
        print(line, file=sys.stderr)
    return 1 if short else 0


def shortfalls(tally: Tally) -> list[str]:
    """Return what a run that found nothing wrong still owes: requests, or whole operations."""
    short = []
    if tally.total < AT_LEAST:
        more = 'ask for more with FUZZ="--examples N"'
        short.append(f"{tally.total:,} requests, at least {AT_LEAST:,} are asked for: {more}")
    methods = (one for path in described()["paths"].values() for one in path.values())
    unasked = sorted({one["operationId"] for one in methods} - set(tally.asked))
    if unasked:
        short.append(f"never asked: {', '.join(unasked)}")
    return short


@contextmanager
def _store(*, postgresql: bool) -> Iterator[str | None]:
    """Yield the URL of an empty store; None is that of the workspace."""
    if not postgresql:
        yield None
        return
    with server() as url, store(url) as made:
        yield made


def _run(tally: Tally, examples: int, seed: int, store_url: str | None) -> None:
    """Ask a server without keys, then the same company with one."""
    with tempfile.TemporaryDirectory(prefix="kenshin-fuzz-") as folder:
        made = served(Path(folder), accounts=40, weeks=3, store_url=store_url)
        with running(made.settings.root) as asked:
            open_to_all = Fuzzer(asked.url, tally, random_seed=seed, show=_progress)
            open_to_all.by_schema(examples)
            open_to_all.by_pages(6 * examples)
            open_to_all.by_bytes(60 * examples)
            Chains.place(asked.url, tally, {})
            run_chains(3 * examples, seed)
        key = keys.create(made.engine, "fuzz", SCOPES, now=utc_now(), by="fuzz").token.text
        holder = {"Authorization": f"Bearer {key}"}
        with running(made.settings.root) as asked:
            with_key = Fuzzer(asked.url, tally, holder, " with a key", seed + 1, _progress)
            with_key.by_schema(examples)
            with_key.by_pages(2 * examples)
            Chains.place(asked.url, tally, holder)
            run_chains(examples, seed + 1)
            without = Fuzzer(asked.url, tally, {}, " without its key", seed + 2, _progress)
            without.by_schema(examples // 5, only_refused=True)
        made.engine.dispose()


def _progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _print(tally: Tally, seconds: float) -> None:
    for name in sorted(tally.asked):
        statuses = ", ".join(f"{code}: {n}" for code, n in sorted(tally.statuses[name].items()))
        print(f"{name:48} {tally.asked[name]:6}   {statuses}")
    print(f"{'in all':48} {tally.total:6}   at least {AT_LEAST:,} are asked for")
    print(f"slowest answer {tally.slowest:.2f} s; {seconds:.0f} s in all")


if __name__ == "__main__":
    sys.exit(main())
