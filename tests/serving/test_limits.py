"""Requests a second, requests at once, seconds a request: refused, answered late, never lost."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from features.serving_settings import ServingSettings
from serving.limits import Limits
from tests.serving.test_shares import Clock

Inside = Callable[[Scope, Receive, Send], Awaitable[None]]


class Bell:
    """Timers that go off when the test says so."""

    def __init__(self) -> None:
        self.waiting: list[tuple[float, Callable[[], None]]] = []
        self.called_off = 0

    def __call__(self, seconds: float, call: Callable[[], None]) -> "Bell":
        self.waiting.append((seconds, call))
        return self

    def cancel(self) -> None:
        self.called_off += 1

    def ring(self) -> None:
        self.waiting.pop(0)[1]()


class Caller:
    """One request and what came back."""

    def __init__(self, path: str = "/v1/model", client: str = "10.0.0.1") -> None:
        self.scope: Scope = {
            "type": "http",
            "method": "GET",
            "path": path,
            "query_string": b"",
            "headers": [],
            "client": (client, 1),
            "state": {"request_id": "r1"},
        }
        self.sent: list[Message] = []
        self.body: asyncio.Queue[Message] = asyncio.Queue()

    async def ask(self, app: Limits) -> "Caller":
        async def send(message: Message) -> None:
            self.sent.append(message)

        await app(self.scope, self.body.get, send)
        return self

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def headers(self) -> dict[str, str]:
        return {name.decode().lower(): value.decode() for name, value in self.sent[0]["headers"]}

    @property
    def slug(self) -> str:
        document: dict[str, Any] = json.loads(self.sent[1]["body"])
        return str(document["type"]).removeprefix("/problems/")


async def answer_well(_: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"well"})


def limits(app: Inside = answer_well, bell: Bell | None = None, **given: float) -> Limits:
    settings = ServingSettings.model_validate(given)
    return Limits(app, settings, clock=Clock(), later=bell or Bell())


def test_more_than_the_bucket_holds_is_429_and_says_when_to_come_back() -> None:
    async def run() -> list[Caller]:
        app = limits(requests_per_second=0.5, burst=2)
        return [await Caller().ask(app) for _ in range(3)]

    first, second, third = asyncio.run(run())
    assert (first.status, second.status, third.status) == (200, 200, 429)
    assert first.headers["ratelimit-remaining"] == "1"
    assert second.headers["ratelimit-remaining"] == "0"
    assert third.slug == "too-many-requests"
    assert third.headers["retry-after"] == "2"
    assert third.headers["ratelimit-limit"] == "2"


def test_another_address_has_a_bucket_of_its_own_and_probes_need_none() -> None:
    async def run() -> list[int]:
        app = limits(requests_per_second=0.5, burst=1)
        asked = [Caller(), Caller(), Caller(client="10.0.0.2"), Caller("/livez"), Caller("/readyz")]
        return [(await one.ask(app)).status for one in asked]

    assert asyncio.run(run()) == [200, 429, 200, 200, 200]


@pytest.mark.parametrize(
    ("given", "client", "status", "slug"),
    [
        ({"concurrent": 1}, "10.0.0.2", 503, "too-busy"),
        ({"concurrent_per_caller": 1}, "10.0.0.1", 429, "too-many-requests"),
        ({"concurrent_per_caller": 1}, "10.0.0.2", 200, ""),
    ],
)
def test_more_at_once_than_allowed_is_refused_until_the_first_has_ended(
    given: dict[str, float], client: str, status: int, slug: str
) -> None:
    async def run() -> tuple[Caller, Caller, int]:
        go_on = asyncio.Event()

        async def wait(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["path"] == "/slow":
                await go_on.wait()
            await answer_well(scope, receive, send)

        app = limits(wait, None, **given)
        slow = asyncio.create_task(Caller("/slow").ask(app))
        await asyncio.sleep(0)
        second = await Caller(client=client).ask(app)
        go_on.set()
        await slow
        third = await Caller(client=client).ask(app)
        return second, third, app.under_way

    second, third, left = asyncio.run(run())
    assert second.status == status
    if slug:
        assert second.slug == slug
        assert second.headers["retry-after"] == "1"
    assert (third.status, left) == (200, 0)


def test_a_refused_request_costs_no_token() -> None:
    async def run() -> Limits:
        app = limits(concurrent=1, burst=5)
        app.under_way = 1
        for _ in range(20):
            await Caller().ask(app)
        return app

    app = asyncio.run(run())
    assert app.shares.headers(app.shares.of("10.0.0.1"))["ratelimit-remaining"] == "5"


def test_what_takes_too_long_is_503_and_its_late_answer_is_dropped() -> None:
    async def run() -> tuple[Caller, Limits, int, int]:
        go_on, bell = asyncio.Event(), Bell()

        async def slow(scope: Scope, receive: Receive, send: Send) -> None:
            await go_on.wait()
            await answer_well(scope, receive, send)

        app = limits(slow, bell, deadline_seconds=7)
        caller = Caller()
        asked = asyncio.create_task(caller.ask(app))
        await asyncio.sleep(0)
        seconds = bell.waiting[0][0]
        bell.ring()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        still = app.under_way
        go_on.set()
        await asked
        return caller, app, still, round(seconds)

    caller, app, still, seconds = asyncio.run(run())
    assert seconds == 7
    assert (caller.status, caller.slug) == (503, "deadline")
    assert len(caller.sent) == 2
    assert (still, app.under_way) == (1, 0)


@pytest.mark.parametrize(
    ("method", "path", "seconds"),
    [
        ("DELETE", "/v1/subjects/A1", 900),
        ("GET", "/v1/subjects/A1", 900),
        ("POST", "/v1/subjects/A1", 7),
        ("DELETE", "/v1/accounts/A1/overrides", 7),
    ],
)
def test_one_subject_s_data_may_take_longer(method: str, path: str, seconds: float) -> None:
    settings = ServingSettings(deadline_seconds=7)
    asked = {"type": "http", "method": method, "path": path}
    assert Limits(answer_well, settings).patience(asked) == seconds


def test_a_body_that_does_not_come_is_408_and_ends_the_connection() -> None:
    async def run() -> tuple[Caller, Message]:
        bell, seen = Bell(), list[Message]()

        async def read(_: Scope, receive: Receive, send: Send) -> None:
            seen.append(await receive())
            seen.append(await receive())
            seen.append(await receive())

        app, caller = limits(read, bell), Caller()
        asked = asyncio.create_task(caller.ask(app))
        await caller.body.put({"type": "http.request", "body": b"{", "more_body": True})
        for _ in range(3):
            await asyncio.sleep(0)
        bell.ring()
        for _ in range(3):
            await asyncio.sleep(0)
        await caller.body.put({"type": "http.disconnect"})
        await asked
        return caller, seen[-1]

    caller, last = asyncio.run(run())
    assert (caller.status, caller.slug) == (408, "request-timeout")
    assert caller.headers["connection"] == "close"
    assert last == {"type": "http.disconnect"}


def test_an_answer_that_has_begun_is_not_cut_by_the_deadline() -> None:
    async def run() -> Caller:
        go_on, bell = asyncio.Event(), Bell()

        async def stream(_: Scope, receive: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await go_on.wait()
            await send({"type": "http.response.body", "body": b"late"})

        app, caller = limits(stream, bell), Caller()
        asked = asyncio.create_task(caller.ask(app))
        await asyncio.sleep(0)
        bell.ring()
        go_on.set()
        await asked
        return caller

    caller = asyncio.run(run())
    assert caller.status == 200
    assert caller.sent[1]["body"] == b"late"


def test_a_failure_after_the_deadline_is_logged_and_harms_nobody(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def run() -> Caller:
        go_on, bell = asyncio.Event(), Bell()

        async def fail(_: Scope, receive: Receive, send: Send) -> None:
            await go_on.wait()
            raise RuntimeError("too late")

        app, caller = limits(fail, bell), Caller()
        asked = asyncio.create_task(caller.ask(app))
        await asyncio.sleep(0)
        bell.ring()
        go_on.set()
        await asked
        return caller

    assert asyncio.run(run()).status == 503
    assert "request r1 failed after its deadline" in caplog.text


def test_a_failure_in_time_is_not_hidden_and_frees_its_place() -> None:
    async def fail(_: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("at once")

    bell = Bell()
    app = limits(fail, bell)
    with pytest.raises(RuntimeError, match="at once"):
        asyncio.run(Caller().ask(app))
    assert (app.under_way, bell.called_off) == (0, 1)
