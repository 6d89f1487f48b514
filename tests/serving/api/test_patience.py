"""A server with little patience: what is slow or too much is answered and let go, on the wire."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders.server import Server, running
from tests.builders.wire import request, wire

SETTINGS = """
[serving]
deadline_seconds = 0.4
head_seconds = 0.4
burst = 4
requests_per_second = 0.01
"""
HEAD = b"POST /v1/predictions HTTP/1.1\r\nHost: 127.0.0.1\r\n"


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = Path(tmp_path_factory.mktemp("hasty"))
    (folder / "kenshin.toml").write_text(SETTINGS)
    with running(folder) as made:
        yield made


def test_a_body_that_does_not_come_is_408_and_the_connection_ends(hasty: Server) -> None:
    with wire(hasty.url) as line:
        answer = line.ask(HEAD + b"Content-Type: application/json\r\nContent-Length: 9\r\n\r\n{")
        assert (answer.status, answer.kind) == (408, "request-timeout")
        assert answer.headers["connection"] == "close"
        assert line.is_closed()


def test_a_head_that_does_not_come_is_408_and_the_connection_ends(hasty: Server) -> None:
    with wire(hasty.url) as line:
        answer = line.ask(HEAD)
        assert (answer.status, answer.kind) == (408, "request-timeout")
        assert line.is_closed()


def test_a_connection_that_says_nothing_is_closed(hasty: Server) -> None:
    with wire(hasty.url) as line:
        assert line.is_closed()


def test_beyond_the_burst_is_429_on_a_connection_that_goes_on_and_probes_always_answer(
    hasty: Server,
) -> None:
    with wire(hasty.url) as line:
        answers = [line.ask(request("GET", "/v1/nothing")) for _ in range(6)]
        assert {answer.status for answer in answers} == {404, 429}
        last = answers[-1]
        assert last.kind == "too-many-requests"
        assert last.headers["ratelimit-remaining"] == "0"
        assert 0 < int(last.headers["retry-after"]) <= 100
        assert [line.ask(request("GET", "/livez")).status for _ in range(6)] == [200] * 6
