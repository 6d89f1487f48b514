"""What the log says, and what it never says."""

import io
import json
import logging
import re
import threading
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
from serving.observing import request_state
from serving.store.engine import open_url
from serving.store.scores import save_run
from tests.builders.runs import a_row, a_run
from tests.builders.served import Client, served
from tests.builders.server import running

CANARY = "canary-91c2"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


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
