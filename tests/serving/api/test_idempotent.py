"""``Idempotency-Key`` over HTTP: a retry gets the first answer, and the effect is there once."""

import asyncio
import json
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from starlette.types import Message, Receive, Scope, Send

from serving.app import create_app
from serving.idempotency import TakenError
from serving.idempotent import Idempotent
from serving.store.schema import feedback
from tests.builders.once import note, once_of
from tests.builders.served import Client, Served, served
from tests.builders.server import running

FEEDBACK = "/v1/accounts/A00001/feedback"
WRITES_WITHOUT_EFFECT = {"createPredictions", "invoke"}


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    made = served(Path(tmp_path_factory.mktemp("once")), accounts=6, weeks=2)
    yield made
    made.engine.dispose()


@pytest.fixture(scope="module")
def client(own: Served) -> Client:
    return Client(create_app(own.settings, engine=own.engine))


def say(client: Client, key: str, note: str = "n", address: str = FEEDBACK) -> httpx.Response:
    body = json.dumps({"verdict": "agree", "note": note}).encode()
    headers = {"Content-Type": "application/json", "Idempotency-Key": key}
    return client.request("POST", address, headers=headers, body=body)


def count(company: Served) -> int:
    with company.engine.connect() as connection:
        return int(
            connection.execute(sa.select(sa.func.count()).select_from(feedback)).scalar_one()
        )


def test_a_retry_gets_the_same_bytes_and_has_no_second_effect(client: Client, own: Served) -> None:
    before = count(own)
    first, again = say(client, "a"), say(client, "a")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers["Content-Type"] == first.headers["Content-Type"]
    assert first.headers["X-Request-ID"] != again.headers["X-Request-ID"]
    assert count(own) == before + 1


@pytest.mark.parametrize(
    ("note", "address"), [("m", FEEDBACK), ("n", "/v1/accounts/A00002/feedback")]
)
def test_the_key_of_another_request_is_422_and_has_no_effect(
    client: Client, own: Served, note: str, address: str
) -> None:
    say(client, "b")
    before = count(own)
    answer = say(client, "b", note, address)
    assert (answer.status_code, count(own)) == (422, before)
    assert answer.json()["type"] == "/problems/idempotency-key-reused"


def test_a_refused_request_leaves_its_key_free(client: Client, own: Served) -> None:
    assert say(client, "c", address="/v1/accounts/nobody/feedback").status_code == 404
    assert say(client, "c", note="x" * 501).status_code == 422
    before = count(own)
    answer = say(client, "c")
    assert (answer.status_code, count(own)) == (201, before + 1)
    assert "Idempotency-Replayed" not in answer.headers


def test_a_read_and_a_prediction_are_not_remembered(client: Client) -> None:
    headers = {"Idempotency-Key": "d", "Content-Type": "application/json"}
    for mrr in (1, 2):
        body = json.dumps({"accounts": [{"features": {"mrr": mrr}}]}).encode()
        asked = client.request("POST", "/v1/predictions", headers=headers, body=body)
        assert asked.status_code == 200
        assert "Idempotency-Replayed" not in asked.headers
    assert client.get("/v1/model", headers=headers).status_code == 200


def test_every_write_of_the_api_takes_the_key(client: Client) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    writes = {
        operation["operationId"]: [one.get("name") for one in operation.get("parameters", [])]
        for methods in paths.values()
        for method, operation in methods.items()
        if method in ("post", "put", "patch", "delete")
    }
    takers = {name for name, headers in writes.items() if "Idempotency-Key" in headers}
    assert takers == set(writes) - WRITES_WITHOUT_EFFECT
    assert "createFeedback" in takers


class Asked:
    """One write sent straight to the middleware."""

    def __init__(self) -> None:
        self.sent: list[Message] = []

    async def of(self, app: Idempotent, key: str) -> "Asked":
        async def receive() -> Message:
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            self.sent.append(message)

        scope: Scope = {
            "type": "http", "method": "POST", "path": "/x", "raw_path": b"/x", "query_string": b"",
            "headers": [(b"idempotency-key", key.encode())], "client": ("here", 1),
            "state": {"request_id": "r", "body": b""},
        }  # fmt: skip
        await app(scope, receive, send)
        return self

    def told(self) -> tuple[int, str]:
        document = json.loads(self.sent[1]["body"])
        return int(self.sent[0]["status"]), str(document.get("type", ""))


def test_while_the_first_is_under_way_the_second_is_409(own: Served) -> None:
    async def run() -> tuple[tuple[int, str], int]:
        go_on, started = asyncio.Event(), asyncio.Event()

        async def slow(scope: Scope, receive: Receive, send: Send) -> None:
            started.set()
            await go_on.wait()
            await send({"type": "http.response.start", "status": 201, "headers": []})
            await send({"type": "http.response.body", "body": b"{}"})

        app = Idempotent(slow, own.engine, own.settings)
        first = asyncio.create_task(Asked().of(app, "e"))
        await started.wait()
        second = (await Asked().of(app, "e")).told()
        go_on.set()
        return second, int((await first).sent[0]["status"])

    second, first = asyncio.run(run())
    assert second == (409, "/problems/request-under-way")
    assert first == 201


@pytest.mark.parametrize(
    ("same", "told"),
    [(True, (201, "")), (False, (409, "/problems/request-under-way"))],
)
def test_where_another_process_was_faster_its_answer_is_given(
    own: Served, same: bool, told: tuple[int, str]
) -> None:
    key = f"faster-{same}"
    with own.engine.connect() as connection:
        score = connection.execute(sa.text("SELECT score_id FROM scores LIMIT 1")).scalar_one()

    async def taken(scope: Scope, receive: Receive, send: Send) -> None:
        if same:
            once = scope["state"]["once"]
            other = once_of(once.key, once.request_sha256, once.now())
            other.caller = once.caller
            note(own.engine, other, score, "other")
        raise TakenError

    async def run() -> tuple[int, str]:
        return (await Asked().of(Idempotent(taken, own.engine, own.settings), key)).told()

    assert asyncio.run(run()) == told


@pytest.mark.scale
def test_a_thousand_pairs_over_http_have_one_effect_each_and_a_kill_changes_nothing(
    own: Served,
) -> None:
    keys = [uuid.uuid4().hex for _ in range(1_000)]
    folder = own.settings.root

    def pair(client: httpx.Client, key: str) -> set[bytes]:
        """Send one write until it is answered; return its answers."""
        body = json.dumps({"verdict": "agree", "note": key}).encode()
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        while True:
            answer = client.post(FEEDBACK, content=body, headers=headers)
            if answer.status_code == 201:
                return {answer.content}
            assert answer.status_code == 409

    found: dict[str, set[bytes]] = {}
    for portion, kill in ((keys[:600], True), (keys[600:], False)):
        with (
            running(folder) as server,
            httpx.Client(base_url=server.url, timeout=30) as client,
            ThreadPoolExecutor(8) as pool,
        ):
            asked = [(key, pool.submit(pair, client, key)) for key in portion for _ in "12"]
            for number, (key, future) in enumerate(asked):
                if kill and number == 900:
                    server.process.kill()
                try:
                    found.setdefault(key, set()).update(future.result())
                except httpx.TransportError:
                    assert kill
    with running(folder) as server, httpx.Client(base_url=server.url, timeout=30) as client:
        for key in keys:
            found.setdefault(key, set()).update(pair(client, key))
    assert {len(answers) for answers in found.values()} == {1}
    query = sa.select(feedback.c.note, sa.func.count()).where(feedback.c.note.in_(keys))
    with own.engine.connect() as connection:
        stored = {text: int(n) for text, n in connection.execute(query.group_by(feedback.c.note))}
    assert stored == dict.fromkeys(keys, 1)
