"""The process is asked to stop, at any moment: what it let in is answered, and it ends in order."""

import http.client
import json
import random
import signal
import sqlite3
import subprocess
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from serving.stopping import DRAIN_SECONDS, NOTICE_SECONDS
from tests.builders.load import Load
from tests.builders.served import WHEN, Served, served, shipped
from tests.builders.server import KENSHIN, Server, running
from tests.serving.faults.conftest import Asked
from training import bundle as shipping

LIMIT = 30.0


@pytest.fixture
def made(tmp_path: Path) -> Served:
    return served(tmp_path, accounts=6, weeks=1)


def went_in_order(server: Server, code: int, seconds: float) -> bool:
    log = server.log.read_text()
    assert "Traceback" not in log, log
    assert server.group() == []
    assert code == 0, log
    return seconds <= LIMIT


def stops_under_load(made: Served, times: int, number: int = signal.SIGTERM) -> None:
    """Stop a loaded server so often; every request that was let in is answered.

    A client that connects in the very moment in which the door closes was let in by nobody: the
    system resets it, as it would refuse it a moment later. Once in twenty stops at most.
    """
    dice, answered, longest, at_the_door = random.Random(times), 0, 0.0, 0
    for _ in range(times):
        with running(made.settings.root) as server:
            asked = Asked(made, server)
            with Load(server.url, [asked.by_features], connections=6) as load:
                while len(load.answers) < 20:
                    time.sleep(0.01)
                time.sleep(dice.random() / 2)
                code, seconds = server.stop(number)
            assert went_in_order(server, code, seconds)
            lost = [one for one in load.answers if one.status != 200]
            late = [one for one in lost if one.fresh and "ConnectionResetError" in one.said]
            assert lost == late
            at_the_door += len(late)
            answered, longest = answered + len(load.answers), max(longest, seconds)
            asked.client.close()
    assert at_the_door <= 1
    print(
        f"{times} stops under load: {answered} requests answered, 0 lost, {at_the_door} reset "
        f"while they connected, longest {longest:.1f} s"
    )


def test_a_stop_under_load_loses_no_request(made: Served) -> None:
    stops_under_load(made, 1)


@pytest.mark.scale
@pytest.mark.timeout(900)
def test_20_stops_under_load_lose_no_request(made: Served) -> None:
    stops_under_load(made, 20)


def test_readiness_goes_first_and_everybody_is_still_answered(made: Served) -> None:
    with running(made.settings.root) as server:
        asked = Asked(made, server)
        assert asked.ready()["ready"]
        server.process.send_signal(signal.SIGTERM)
        asked.wait_until(lambda: not asked.ready()["ready"], NOTICE_SECONDS)
        asked.wait_until(
            lambda: asked.client.get("/livez").headers.get("connection") == "close", NOTICE_SECONDS
        )
        answer = asked.client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["checks"][-1]["name"] == "process"
        assert asked.read().status_code == 200
        code = server.process.wait(LIMIT)
        asked.client.close()
        assert went_in_order(server, code, 0)


@pytest.mark.scale
def test_a_request_that_is_half_sent_is_finished(made: Served) -> None:
    """The body comes after the signal: the request was let in before it."""
    with running(made.settings.root) as server:
        asked = Asked(made, server)
        place = urlsplit(server.url)
        body = json.dumps(asked.by_features).encode()
        connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=30)
        connection.putrequest("POST", "/v1/predictions")
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body[:10])
        time.sleep(0.2)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(NOTICE_SECONDS * 2)
        connection.send(body[10:])
        answer = connection.getresponse()
        assert answer.status == 200
        assert len(json.loads(answer.read())["predictions"]) == 1
        connection.close()
        asked.client.close()
        assert went_in_order(server, server.process.wait(LIMIT), 0)


@pytest.mark.scale
@pytest.mark.parametrize("again", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_hurries_and_leaves_no_traceback(made: Served, again: int) -> None:
    """A connection that sends nothing would hold the first one up."""
    with running(made.settings.root) as server:
        place = urlsplit(server.url)
        connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=30)
        connection.putrequest("POST", "/v1/predictions")
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Content-Length", "100")
        connection.endheaders(b"{")
        time.sleep(0.2)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        code, seconds = server.stop(again)
        connection.close()
        assert went_in_order(server, code, seconds)
        assert seconds < DRAIN_SECONDS / 2


@pytest.mark.scale
def test_a_stop_while_another_process_holds_the_store_ends_in_time(made: Served) -> None:
    with running(made.settings.root) as server:
        asked = Asked(made, server)
        other = sqlite3.connect(made.settings.workspace / "store.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        statuses: list[int] = []
        waiting = threading.Thread(target=lambda: statuses.append(asked.write("x").status_code))
        waiting.start()
        time.sleep(0.3)
        code, seconds = server.stop()
        waiting.join(30)
        other.close()
        asked.client.close()
        assert went_in_order(server, code, seconds)
        assert statuses == [503]


@pytest.mark.scale
def test_a_stop_while_a_new_model_is_tried_ends_its_trial_too(made: Served) -> None:
    with running(
        made.settings.root, environment={"KENSHIN_SERVING__REFRESH_SECONDS": "0.05"}
    ) as server:
        shipped(made.settings, "v2", 2)
        shipping.crown(made.settings, "v2", WHEN)
        until = time.monotonic() + 20
        while not _children(server) and time.monotonic() < until:
            time.sleep(0.005)
        (child,) = _children(server)
        code, seconds = server.stop()
        assert went_in_order(server, code, seconds)
        assert not Path(f"/proc/{child}").exists()


def _children(server: Server) -> list[int]:
    tasks = Path(f"/proc/{server.process.pid}/task").glob("*/children")
    return [int(pid) for task in tasks for pid in task.read_text().split()]


@pytest.mark.scale
def test_a_stop_during_the_start_is_quiet_at_any_moment(made: Served) -> None:
    """Before the command itself runs Python has no handler yet, and the signal ends it at once."""
    codes = []
    for number in range(6):
        process = subprocess.Popen(
            [KENSHIN, "serve", "--port", "0"],
            cwd=made.settings.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        time.sleep(0.25 * number)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=LIMIT)
        assert b"Traceback" not in said, said.decode()
        assert process.returncode in {0, -signal.SIGTERM}, said.decode()
        codes.append(process.returncode)
    assert set(codes) <= {0, -signal.SIGTERM}
