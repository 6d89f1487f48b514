"""The straight way through the layers: the same answer as the long one, and nothing else."""

import asyncio
import json
from itertools import pairwise
from typing import Any

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from serving import express
from serving.app import create_app
from tests.builders.served import Client, Served, rows_of, stored_values

Json = dict[str, Any]
JSON = {"Content-Type": "application/json"}
LONG_WAY = {"Content-Type": 'application/json; charset="utf-8"'}
OF_THE_REQUEST = {"x-request-id", "ratelimit-remaining", "ratelimit-reset"}


class Ways:
    """Which way each request took."""

    def __init__(self) -> None:
        self.straight: list[bool] = []


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> Ways:
    noted, answer = Ways(), express.Express.answer

    async def noting(
        self: express.Express, scope: Scope, receive: Receive, send: Send
    ) -> Receive | None:
        left = await answer(self, scope, receive, send)
        noted.straight.append(left is None)
        return left

    monkeypatch.setattr(express.Express, "answer", noting)
    return noted


@pytest.fixture
def client(company: Served) -> Client:
    """A caller who has asked once, so that the keys and the latest run are known."""
    made = Client(create_app(company.settings, engine=company.engine))
    made.post("/v1/predictions", asked(company))
    return made


def asked(company: Served, **more: object) -> Json:
    given = stored_values(company.bundle, rows_of(company)[0]["values"])
    return {"accounts": [{"features": given}], **more}


def test_both_ways_give_the_same_answer(company: Served, client: Client, ways: Ways) -> None:
    for more in ({}, {"drivers": 3}, {"drivers": 0}):
        body = asked(company, **more)
        short = client.post("/v1/predictions", body)
        long = send(client, body, LONG_WAY)
        assert short.status_code == long.status_code == 200
        assert told(short) == told(long)
        assert heads(short) == heads(long)
    assert ways.straight == [True, False] * 3


def send(client: Client, body: Json, headers: dict[str, str]) -> httpx.Response:
    sent = json.dumps(body).encode()
    return client.request("POST", "/v1/predictions", headers=headers, body=sent)


def told(answer: httpx.Response) -> Json:
    """Return what an answer says but for the instants, which are those of the request."""
    document: Json = answer.json()
    for one in document["predictions"]:
        one["as_of"] = one["data_freshness"] = None
    return document


def heads(answer: httpx.Response) -> list[tuple[str, str]]:
    return [pair for pair in answer.headers.items() if pair[0] not in OF_THE_REQUEST]


@pytest.mark.parametrize(
    "headers",
    [
        {"Cookie": "kenshin=x"},
        {"Origin": "http://here"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Idempotency-Key": "one"},
        {"Content-Type": "text/plain"},
    ],
)
def test_a_header_about_which_a_layer_decides_leads_the_long_way(
    company: Served, client: Client, ways: Ways, headers: dict[str, str]
) -> None:
    send(client, asked(company), JSON | headers)
    assert ways.straight == [False]


def test_what_needs_the_store_or_long_leads_the_long_way(
    company: Served, client: Client, ways: Ways
) -> None:
    account = rows_of(company)[0]["account_id"]
    one = asked(company)["accounts"][0]
    for accounts in ([{"account_id": account}], [one | {"account_id": account}], [one] * 5):
        assert client.post("/v1/predictions", {"accounts": accounts}).status_code == 200
    assert ways.straight == [False] * 3


@pytest.mark.parametrize(
    ("body", "slug"),
    [
        (b'{"accounts": [{"features": {"unheard_of": 1}}]}', "invalid-request"),
        (b'{"accounts": [], "accounts": []}', "malformed-request"),
        (b'{"accounts": NaN}', "malformed-request"),
        (b"", "malformed-request"),
    ],
)
def test_a_refusal_is_written_on_the_long_way(
    client: Client, ways: Ways, body: bytes, slug: str
) -> None:
    found = client.request(
        "POST", "/v1/predictions", headers={"Content-Type": "application/json"}, body=body
    )
    assert found.json()["type"].endswith(f"/problems/{slug}")
    assert ways.straight == [False]


def limited(company: Served, burst: int) -> Client:
    """Return a caller who gets no further token while a test runs."""
    limits = company.settings.serving.model_copy(
        update={"requests_per_second": 0.001, "burst": burst}
    )
    settings = company.settings.model_copy(update={"serving": limits})
    return Client(create_app(settings, engine=company.engine))


def test_an_answer_and_a_refusal_cost_one_token_each(company: Served, ways: Ways) -> None:
    client, fine = limited(company, 20), asked(company)
    wrong: Json = {"accounts": []}
    answers = [client.post("/v1/predictions", body) for body in (fine, fine, wrong, fine, wrong)]
    left = [int(answer.headers["ratelimit-remaining"]) for answer in answers]
    assert [a - b for a, b in pairwise(left)] == [1] * 4
    assert ways.straight == [False, True, False, True, False]


def test_without_a_token_the_long_way_refuses(company: Served, ways: Ways) -> None:
    client = limited(company, 2)
    answers = [client.post("/v1/predictions", asked(company)) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert ways.straight == [False, True, False]


def test_a_body_that_has_to_be_waited_for_is_waited_for_on_the_long_way() -> None:
    async def run() -> tuple[Message | None, Message]:
        arrived = asyncio.Event()
        channel: list[Message] = [{"type": "http.request", "body": b"{}", "more_body": False}]

        async def receive() -> Message:
            await arrived.wait()
            return channel.pop()

        message, rest = express.begun(receive)
        asyncio.get_running_loop().call_soon(arrived.set)
        return message, await rest()

    message, later = asyncio.run(run())
    assert message is None
    assert later["body"] == b"{}"


def test_a_wait_that_is_called_off_leaves_nothing_waiting() -> None:
    left: list[str] = []

    async def run() -> None:
        async def receive() -> Message:
            try:
                await asyncio.Event().wait()
            finally:
                left.append("gone")
            raise AssertionError

        _, rest = express.begun(receive)
        task = asyncio.ensure_future(rest())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()

    asyncio.run(run())
    assert left == ["gone"]
