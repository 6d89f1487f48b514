"""What the log says, and what it never says."""

import asyncio
import io
import json
import logging
import re
import signal
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from features.clock import utc_now
from features.errors import DamagedBundleError, UnknownAccountError
from features.serving_settings import ServingSettings
from serving import logs
from serving.access import keys
from serving.access.caller import Caller
from serving.app import create_app
from serving.champion import Champion
from serving.observing import log, request_state, straight
from serving.store.engine import open_url
from serving.store.scores import save_run
from tests.builders.runs import a_row, a_run
from tests.builders.served import Client, served
from tests.builders.server import running

CANARY = "canary-91c2"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@pytest.fixture
def told() -> Iterator[io.StringIO]:
    """What is logged as JSON while the test runs; everything is put back afterwards."""
    root, hooks = logging.getLogger(), (sys.excepthook, threading.excepthook)
    handlers, level = list(root.handlers), root.level
    stream = io.StringIO()
    logs.set_up(ServingSettings(), stream)
    yield stream
    logging.captureWarnings(False)
    sys.excepthook, threading.excepthook = hooks
    root.handlers, root.level = handlers, level


def _forgotten(_: Champion) -> str:
    known: dict[str, str] = {}
    return known[CANARY]


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def record(message: str, *args: object, name: str = "kenshin.test") -> logging.LogRecord:
    return logging.LogRecord(name, logging.INFO, __file__, 1, message, args, None)


def test_a_request_leaves_one_line_with_its_id_template_status_and_time(
    told: io.StringIO, tmp_path: Path
) -> None:
    made = served(tmp_path, accounts=4, weeks=1)
    app = create_app(made.settings, engine=made.engine, champion=Champion(made.settings))
    answer = Client(app).get("/v1/accounts/A00001", headers={"X-Request-ID": "mine-1"})
    made.engine.dispose()
    assert answer.status_code == 200
    (line,) = [line for line in lines(told) if line["logger"] == "kenshin.access"]
    assert line.pop("ms") > 0
    assert TIME.fullmatch(line.pop("time"))
    assert line == {
        "level": "info", "logger": "kenshin.access", "event": "request", "request_id": "mine-1",
        "route": "/v1/accounts/{account_id}", "method": "GET", "status": 200,
    }  # fmt: skip


def test_a_refusal_is_named_by_its_problem_and_neither_path_nor_body_is_told(
    told: io.StringIO, tmp_path: Path
) -> None:
    made = served(tmp_path, accounts=4, weeks=1)
    app = create_app(made.settings, engine=made.engine, champion=Champion(made.settings))
    client = Client(app)
    client.get(f"/v1/accounts/{CANARY}", params={"q": CANARY}, headers={"User-Agent": CANARY})
    client.get(f"/{CANARY}")
    client.post("/v1/predictions", {"accounts": [{"account_id": CANARY}], CANARY: CANARY})
    made.engine.dispose()
    access = [line for line in lines(told) if line["logger"] == "kenshin.access"]
    assert {line["problem"] for line in access} == {"invalid-request", "no-such-route"}
    assert CANARY not in told.getvalue()


def test_a_line_inside_a_request_has_its_id_and_key_but_no_name(told: io.StringIO) -> None:
    caller = Caller("Hanako Yamada", "k123", frozenset({"read"}))
    token = request_state.set({"request_id": "r1", "route": "/v1/model", "caller": caller})
    logging.getLogger("kenshin.test").info("something happened")
    request_state.reset(token)
    (line,) = lines(told)
    assert (line["request_id"], line["key_id"], line["route"]) == ("r1", "k123", "/v1/model")
    assert "Hanako" not in told.getvalue()


def test_who_asked_is_told_by_the_id_of_the_key_and_never_by_its_secret_or_name(
    told: io.StringIO, tmp_path: Path
) -> None:
    made = served(tmp_path, accounts=4, weeks=1)
    key = keys.create(made.engine, CANARY, ["read"], now=utc_now(), by="me")
    app = create_app(made.settings, engine=made.engine, champion=Champion(made.settings))
    held = {"Authorization": f"Bearer {key.token.text}"}
    assert Client(app).get("/v1/model", headers=held).status_code == 200
    assert Client(app).get("/v1/model").status_code == 401
    made.engine.dispose()
    let_in, refused = [line for line in lines(told) if line["logger"] == "kenshin.access"]
    assert let_in["key_id"] == key.key.key_id
    assert "key_id" not in refused
    assert refused["problem"] == "no-valid-key"
    for secret in (CANARY, key.token.text):
        assert secret not in told.getvalue()


def test_an_exception_nobody_foresaw_is_told_by_type_and_frames_without_its_text(
    told: io.StringIO, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = served(tmp_path, accounts=4, weeks=1)
    app = create_app(made.settings, engine=made.engine, champion=Champion(made.settings))
    monkeypatch.setattr(Champion, "current", property(_forgotten))
    answer = Client(app).get("/v1/model")
    made.engine.dispose()
    assert answer.status_code == 500
    (line,) = [line for line in lines(told) if "exception" in line]
    assert (line["level"], line["status"], line["route"]) == ("error", 500, "/v1/model")
    assert line["exception"]["type"] == "KeyError"
    assert any(frame.startswith("serving/model.py:") for frame in line["exception"]["frames"])
    assert CANARY not in told.getvalue()


def test_neither_parameters_nor_rows_of_a_failed_statement_are_told(
    told: io.StringIO, tmp_path: Path
) -> None:
    engine = open_url(f"sqlite:///{tmp_path / 'store.db'}")
    save_run(engine, a_run("r1"), [a_row("s1")])
    with pytest.raises(sa.exc.IntegrityError) as caught:
        save_run(engine, a_run("r2"), [a_row("s1", CANARY, name=CANARY)])
    engine.dispose()
    log = logging.getLogger("kenshin.test")
    log.error("the store failed: %s", caught.value)
    log.error("again", exc_info=caught.value)
    assert CANARY not in str(caught.value)  # hide_parameters
    for line in [line for line in lines(told) if line["logger"] == "kenshin.test"]:
        assert "IntegrityError SQLITE_CONSTRAINT" in json.dumps(line)
    assert CANARY not in told.getvalue()
    assert "INSERT" not in told.getvalue()


def test_a_refusal_is_told_in_full_only_where_it_blames_us() -> None:
    ours = DamagedBundleError("whole bytes", "others in booster.txt", "Train again.")
    theirs = UnknownAccountError("an account", "none", f"Did you mean {CANARY}?")
    assert "others in booster.txt" in logs.message(record("refused: %s", ours))
    assert CANARY not in logs.message(record("refused: %s", theirs))
    assert CANARY not in json.dumps(logs.described(theirs))


def test_only_the_first_line_of_what_other_libraries_say_is_told() -> None:
    said = f"Task exception was never retrieved\nfuture: <Task exception=KeyError('{CANARY}')>"
    assert logs.message(record(said, name="asyncio")) == "Task exception was never retrieved"


@given(st.text(max_size=80))
def test_no_text_can_end_a_line_or_hide_in_it(text: str) -> None:
    for formatter in (logs.JsonLines(), logs.Lines()):
        line = formatter.format(record("said %s", text))
        assert len(line.splitlines()) == 1
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", line)


def test_lines_for_people_have_the_same_in_the_same_order() -> None:
    line = logs.Lines().format(record("model %s is in service", "v1"))
    head, _, rest = line.partition(" ")
    assert TIME.fullmatch(head)
    assert rest == "info kenshin.test model v1 is in service"


def test_a_thread_that_dies_is_told_without_its_text(told: io.StringIO) -> None:
    def die() -> None:
        raise ValueError(CANARY)

    thread = threading.Thread(target=die, name="watcher")
    thread.start()
    thread.join()
    (line,) = lines(told)
    assert line["event"] == "thread watcher ended by an error"
    assert line["exception"]["type"] == "ValueError"
    assert CANARY not in told.getvalue()


def test_the_access_log_can_be_left_out_but_failures_are_told(
    told: io.StringIO, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = served(tmp_path, accounts=4, weeks=1)
    quiet = made.settings.model_copy(update={"serving": ServingSettings(access_log=False)})
    app = create_app(quiet, engine=made.engine, champion=Champion(quiet))
    Client(app).get("/livez")
    assert [line for line in lines(told) if line["logger"] == "kenshin.access"] == []
    monkeypatch.setattr(Champion, "current", property(_forgotten))
    Client(app).get("/v1/model")
    made.engine.dispose()
    (line,) = [line for line in lines(told) if line["logger"] == "kenshin.access"]
    assert line["status"] == 500


def test_everything_the_server_says_is_json_without_a_path(tmp_path: Path) -> None:
    made = served(tmp_path, accounts=4, weeks=1)
    made.engine.dispose()
    with running(tmp_path) as server:
        httpx.get(f"{server.url}/v1/accounts/{CANARY}?x={CANARY}", timeout=30)
        code, _ = server.stop()
    assert code == 0
    said = server.log.read_text()
    assert CANARY not in said
    for line in said.splitlines():
        assert TIME.fullmatch(json.loads(line)["time"]), line
    assert "uvicorn" in said
    assert "/v1/accounts/{account_id}" in said


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
