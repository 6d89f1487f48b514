"""The line of a request without a record: the same, written with its neighbours, never lost."""

import asyncio
import io
import json
import logging
import signal
import weakref
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from features.serving_settings import ServingSettings
from serving import logs
from serving.access.caller import Caller
from serving.observing import log, request_state, straight
from tests.builders.served import served
from tests.builders.server import running
from tests.serving.observed.test_logs import CANARY, TIME, lines, record


def without_pytest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave pytest's own listeners out, which come only when a test has begun."""
    root = logging.getLogger()
    ours = [handler for handler in root.handlers if isinstance(handler, logs.JsonStream)]
    monkeypatch.setattr(root, "handlers", ours)


@pytest.mark.parametrize("caller", [Caller("x", "k1", frozenset()), None])
def test_the_short_line_of_a_request_is_the_line_of_its_record(
    told: io.StringIO, monkeypatch: pytest.MonkeyPatch, caller: Caller | None
) -> None:
    without_pytest(monkeypatch)
    state = {"request_id": "mine-1", "route": '/v1/{a"b}', "caller": caller, "other": CANARY}
    short = straight(log)
    assert short is not None
    short(log.name, state, "POST", 200, 0.125)
    token = request_state.set(state)
    said = record("request", name=log.name)
    said.__dict__["fields"] = {"method": "POST", "status": 200, "ms": 0.125}
    log.handle(said)
    request_state.reset(token)
    one, other = told.getvalue().splitlines()
    at = len('{"time":"')
    assert TIME.match(one[at:])
    assert one[:at] + one[at + 24 :] == other[:at] + other[at + 24 :]


def test_whoever_else_listens_hears_of_every_request(
    told: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_pytest(monkeypatch)
    assert straight(log) is not None
    for logger in (log, logging.getLogger("kenshin"), logging.getLogger()):
        listener = logging.NullHandler()
        logger.addHandler(listener)
        assert straight(log) is None
        logger.removeHandler(listener)
    nobody = logging.Filter("nobody")
    log.addFilter(nobody)
    assert straight(log) is None
    log.removeFilter(nobody)
    logs.set_up(ServingSettings(log="text"), io.StringIO())
    assert straight(log) is None


@pytest.mark.usefixtures("told")
def test_lines_of_a_moment_are_written_together_and_in_their_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    writes: list[str] = []

    class Stream(io.StringIO):
        def write(self, text: str) -> int:
            writes.append(text)
            return len(text)

    logs.set_up(ServingSettings(), Stream())
    without_pytest(monkeypatch)
    short = straight(log)
    assert short is not None

    def line(name: str) -> None:
        short(log.name, {"request_id": name}, "POST", 200, 0.1)

    async def turns() -> list[int]:
        line("a")
        line("b")
        before = len(writes)
        await asyncio.sleep(0)
        line("c")
        log.info("between")
        line("d")
        return [before]

    assert asyncio.run(turns()) == [0]
    log.info("after")
    said = [json.loads(one) for one in "".join(writes).splitlines()]
    told = [one.get("request_id") or one["event"] for one in said]
    assert told == ["a", "b", "c", "between", "d", "after"]
    assert len(writes[0].splitlines()) == 3


def test_lines_wait_for_a_moment_and_no_longer(
    told: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_pytest(monkeypatch)
    short = straight(log)
    assert short is not None
    timers: list[tuple[float, Callable[[], None]]] = []

    async def turn() -> None:
        loop = asyncio.get_running_loop()
        monkeypatch.setattr(loop, "call_later", lambda *given: timers.append(given))
        short(log.name, {}, "GET", 200, 0.1)
        short(log.name, {}, "GET", 200, 0.1)

    asyncio.run(turn())
    assert told.getvalue() == ""
    ((seconds, write),) = timers
    assert seconds == logs.LONGEST_WAIT <= 0.01
    write()
    assert len(lines(told)) == 2


def test_a_request_that_fails_and_the_end_of_the_process_leave_no_line_behind(
    told: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_pytest(monkeypatch)
    short = straight(log)
    assert short is not None

    async def turn() -> list[str]:
        short(log.name, {"request_id": "before"}, "GET", 200, 0.1)
        log.error("request %s failed: %s", "mine", KeyError("x"))
        there = [line["event"] for line in lines(told)]
        short(log.name, {"request_id": "last"}, "GET", 200, 0.1)
        return there

    assert asyncio.run(turn()) == ["request", "request mine failed: KeyError"]
    logging.shutdown([weakref.ref(handler) for handler in logging.getLogger().handlers])
    assert lines(told)[-1]["request_id"] == "last"


def test_a_server_that_is_asked_to_stop_has_told_of_every_request(tmp_path: Path) -> None:
    made = served(tmp_path, accounts=4, weeks=1)
    made.engine.dispose()
    with running(tmp_path) as server, httpx.Client(base_url=server.url) as client:
        before = server.log.read_text().count('"event":"request"')
        for number in range(30):
            client.get("/livez", headers={"X-Request-ID": f"n{number}"})
        code, _ = server.stop(signal.SIGINT)
    said = [json.loads(line) for line in server.log.read_text().splitlines()]
    names = [line["request_id"] for line in said if line["event"] == "request"][before:]
    assert (code, names) == (0, [f"n{number}" for number in range(30)])


def test_no_more_than_so_many_lines_wait(
    told: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_pytest(monkeypatch)
    short = straight(log)
    assert short is not None

    async def turn() -> int:
        for _ in range(logs.MOST_WAITING + 1):
            short(log.name, {}, "GET", 200, 0.1)
        return len(told.getvalue().splitlines())

    assert asyncio.run(turn()) == logs.MOST_WAITING
    assert len(told.getvalue().splitlines()) == logs.MOST_WAITING
    log.info("more")
    assert len(told.getvalue().splitlines()) == logs.MOST_WAITING + 2
