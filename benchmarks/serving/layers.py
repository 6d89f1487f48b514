"""Where the processor time of one prediction goes: each layer of a plain request by itself.

``python -m benchmarks.serving.layers`` in the workspace that `benchmarks.serving.workspace` builds.
No socket: the first two lines go from the bytes of a request to those of its answer, through
uvicorn's protocol; what the system needs to move them comes on top. Times are those of the process,
so other work on the machine only adds what it spoils in the caches; the minimum is the figure to
compare, the median says how steady it is.
"""

import argparse
import asyncio
import gc
import json
import math
import os
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from itertools import cycle
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from benchmarks.serving import wire
from benchmarks.serving.plan import ROOT
from benchmarks.serving.wire import AT_A_TIME

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.datastructures import State

BLOCK = 20
"""Calls timed together: asking the system for the time costs half a microsecond."""

Layers = dict[str, Callable[[], object]]
Json = dict[str, Any]


def main() -> None:
    """Print each layer's µs, as a table or as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT / ".cache" / "benchmarks")
    parser.add_argument("--bodies", default="features_top", help="File of bodies, without .jsonl.")
    parser.add_argument("--blocks", type=int, default=150, help=f"Of {BLOCK} calls, each layer.")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    folder = given.data.resolve() / "serving"
    bodies = (folder / "bodies" / f"{given.bodies}.jsonl").read_bytes().splitlines()
    found = {}
    for name, call in layers(folder / "demo", bodies).items():
        each = AT_A_TIME if name.startswith("bytes to bytes") else 1
        found[name] = measured(call, given.blocks, BLOCK // each, each)
    if given.json:
        json.dump(found, sys.stdout)
        return
    sys.stdout.write(f"{'µs of processor time':44} {'least':>8} {'median':>8}\n")
    for name, one in found.items():
        sys.stdout.write(f"{name:44} {one['least']:8.1f} {one['median']:8.1f}\n")


def measured(
    call: Callable[[], object], blocks: int, block: int = BLOCK, each: int = 1
) -> dict[str, float]:
    """Return the least and the median µs of a call, or of each of so many requests in it."""
    for _ in range(2 * block):
        call()
    found = []
    for _ in range(blocks):
        began = time.process_time_ns()
        for _ in range(block):
            call()
        found.append((time.process_time_ns() - began) / block / each / 1_000)
    gc.collect()
    return {"least": min(found), "median": median(found)}


def layers(company: Path, bodies: list[bytes]) -> Layers:
    """Return the layers of one request, from the whole application down, and the bare validation.

    The log goes to a file that keeps nothing.
    """
    from serving.lean import import_lightgbm, settle

    import_lightgbm()
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

    from benchmarks.serving.servers.constant import app as constant
    from features.settings import load_settings
    from serving import logs
    from serving.app import create_app
    from serving.champion import Champion
    from serving.protocol import bounded

    settings = load_settings(company / "kenshin.toml")
    nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 (until the end)
    logs.set_up(settings.serving, nowhere)
    sys.excepthook = sys.__excepthook__
    app = create_app(settings, champion=Champion(settings))
    app.middleware_stack = app.build_middleware_stack()
    asked = cycle(bodies)
    inside = whole(app, asked)
    settle()  # as the server does
    return {
        "bytes to bytes": wire.asked(app, bounded(10.0), bodies),
        "bytes to bytes, the constant route": wire.asked(constant, HttpToolsProtocol, bodies),
        "the whole application": inside,
        **of_the_answer(app.state, bodies),
        "  metrics and log line": noted(app),
        "the constant route: JSON and fields": validated(bodies),
    }


def whole(app: "FastAPI", asked: Iterator[bytes]) -> Callable[[], object]:
    """Return a call that asks the application once, as uvicorn would."""

    async def send(message: Json) -> None:
        assert message.get("status", 200) == 200, message

    def once() -> None:
        body = next(asked)
        headers = [
            (b"host", b"127.0.0.1:8000"), (b"accept", b"*/*"),
            (b"content-type", b"application/json"), (b"content-length", b"%d" % len(body)),
        ]  # fmt: skip
        scope = {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1", "server": ("127.0.0.1", 8000), "client": ("127.0.0.1", 5000),
            "scheme": "http", "root_path": "", "method": "POST", "path": "/v1/predictions",
            "raw_path": b"/v1/predictions", "query_string": b"", "headers": headers, "state": {},
        }  # fmt: skip

        async def receive() -> Json:
            return {"type": "http.request", "body": body, "more_body": False}

        answering = app(scope, receive, send)
        try:
            answering.send(None)
        except StopIteration:
            return
        asyncio.run(_ended(answering))  # it waited: the store was asked

    asyncio.run(_begun(app))
    return once


async def _begun(app: "FastAPI") -> None:
    """Have the keys and the latest run read, and taken for recent from now on."""
    from serving.predictions import runs

    ring = await app.state.callers.ring()
    app.state.callers.fresh = lambda: ring
    app.state.runs.recent()
    runs.RECENT_SECONDS = runs.LONGEST_SECONDS = math.inf


async def _ended(answering: Coroutine[Any, Any, None]) -> None:
    raise SystemExit(f"the request had to be waited for: {answering}")


def of_the_answer(state: "State", bodies: list[bytes]) -> Layers:
    """Return the steps from the body to the answer's bytes, and those of the long way."""
    from features.clock import utc_now
    from serving.lexicon import lexicon
    from serving.predictions.given import Records, given_of
    from serving.predictions.routes import answered_at_once

    bundle, settings = state.champion.current, state.settings
    given = given_of(bundle, settings, state.settings_version)
    assert given is not None, "the champion is no model"
    plain = [given.read(body) for body in bodies]
    if None in plain:
        raise SystemExit("these bodies are not read in one pass")
    asked = [one for one in plain if one is not None]
    words_of, now, run = lexicon(bundle), utc_now(), state.runs.recent()
    rows = [one.rows for one in asked]
    told = [words_of.teller.tell(row)[0] for row in rows]
    records = Records(words_of, settings, state.settings_version)
    given_rows = [
        (row[0], said, run, now, one.most) for one, row, said in zip(asked, rows, told, strict=True)
    ]
    body, row, record = cycle(bodies), cycle(rows), cycle(given_rows)
    return {
        "  the body to the answer": lambda: answered_at_once(next(body), state),
        "    read and checked, in one pass": lambda: given.read(next(body)),
        "    what the model says": lambda: words_of.teller.tell(next(row)),
        "    the record": lambda: records.written(*next(record)),
        **of_the_long_way(state, bodies),
    }


def of_the_long_way(state: "State", bodies: list[bytes]) -> Layers:
    """Return the steps of what is not plain."""
    from features.clock import utc_now
    from serving.honest_json import check_json
    from serving.predictions import inputs, stored
    from serving.predictions.answers import Context, predict
    from serving.predictions.schemas import PredictionRequest
    from serving.predictions.written import written

    bundle = state.champion.current
    documents = [check_json(body) for body in bodies]
    requests = [PredictionRequest.model_validate(one) for one in documents]
    known = stored.read(state.engine, state.runs, [])
    rows = [inputs.matrix(one.accounts, known, bundle, state.champion) for one in requests]
    most = None if requests[0].drivers == "all" else requests[0].drivers
    context = Context(
        bundle, state.champion, state.engine, state.runs, state.settings, state.settings_version,
        utc_now(), most,
    )  # fmt: skip
    body, document, request, row = (cycle(a) for a in (bodies, documents, requests, rows))
    return {
        "long way: JSON, checked": lambda: check_json(next(body)),
        "long way: fields, checked": lambda: PredictionRequest.model_validate(next(document)),
        "long way: reasons by arrays": lambda: bundle.explain(next(row)),
        "long way: from the fields to the bytes": (
            lambda: written("v", predict(next(request).accounts, context))
        ),
    }


def noted(app: "FastAPI") -> Callable[[], object]:
    """Return a call that counts and logs one request."""
    from serving.access.caller import LOCAL
    from serving.express import PATH, _layer
    from serving.observing import Observed, request_state

    observed = _layer(app, Observed)
    state = {"request_id": "a" * 32, "caller": LOCAL, "route": PATH}

    def once() -> None:
        token = request_state.set(state)
        observed.note("POST", state, 200, 0.0005, None)
        request_state.reset(token)

    return once


def validated(bodies: list[bytes]) -> Callable[[], object]:
    """Return a call that does what the constant route does with a body."""
    from serving.predictions.schemas import PredictionRequest

    asked = cycle(bodies)
    return lambda: PredictionRequest.model_validate(json.loads(next(asked)))


if __name__ == "__main__":
    main()
