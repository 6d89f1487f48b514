"""Bad requests as bytes on one connection: each is answered in time, and so is the next one."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.builders.bad_contents import MARK, PREDICTIONS
from tests.builders.bad_requests import Bad, bad_requests
from tests.builders.server import Server
from tests.builders.wire import Answer, Wire, request, wire

BAD = bad_requests()
INNOCENT = request(
    "POST", PREDICTIONS, json.dumps({"accounts": [{"account_id": "A00001"}]}).encode()
)
SLOWEST = 5.0


class Line:
    """One connection that is opened again only where HTTP demands that it ends."""

    def __init__(self, url: str) -> None:
        self.url, self.opened, self._stack = url, 0, ExitStack()
        self._wire: Wire | None = None

    def wire(self) -> Wire:
        """Return the open connection."""
        if self._wire is None:
            self._wire = self._stack.enter_context(wire(self.url))
            self.opened += 1
        return self._wire

    @contextmanager
    def in_order(self) -> Iterator[Wire]:
        """Yield the open connection; after a failure it is closed and the next test has its own."""
        try:
            yield self.wire()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the connection."""
        self._stack.close()
        self._wire = None


@pytest.fixture(scope="module")
def line(server: Server) -> Iterator[Line]:
    made = Line(server.url)
    yield made
    made.close()


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.name)
def test_it_is_refused_in_time_without_an_echo_and_the_next_request_is_answered(
    line: Line, bad: Bad
) -> None:
    with line.in_order() as same:
        check(same, line, bad)


def check(same: Wire, line: Line, bad: Bad) -> None:
    began = time.monotonic()
    answer = same.ask(bad.data, head_only=bad.head_only)
    assert time.monotonic() - began < SLOWEST
    assert (answer.status, answer.kind) == (bad.status, bad.slug), answer.body
    assert MARK not in str(answer.headers)
    assert MARK.encode() not in answer.body
    if bad.slug:
        check_problem(answer)
    if bad.closes:
        assert same.is_closed()
        line.close()
    else:
        assert answer.headers.get("connection") != "close"
    good = line.wire().ask(INNOCENT)
    assert good.status == 200
    assert good.document["predictions"][0]["account_external_id"] == "A00001"


def check_problem(answer: Answer) -> None:
    problem = answer.document
    assert problem["status"] == answer.status < 500
    assert problem["title"]
    assert problem["detail"]
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert problem["request_id"] in problem["instance"]


def test_there_are_enough_of_them_and_each_has_its_own_name() -> None:
    assert len({bad.name for bad in BAD}) == len(BAD) >= 150


def test_one_connection_is_enough_where_http_demands_no_other(line: Line) -> None:
    assert line.opened <= 1 + sum(bad.closes for bad in BAD)
