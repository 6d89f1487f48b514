"""What the guard lets pass, and what it refuses with which code."""

import json
from collections.abc import Iterable

import anyio
import pytest
from starlette.types import Message, Receive, Scope, Send

from serving.bodies import LIMIT, Body
from serving.guard import Guard
from serving.honest_json import check_json
from serving.request_head import MalformedError, check_target

JSON_TYPE = (b"content-type", b"application/json")


class Echo:
    """An application that keeps the body it was given and answers 200."""

    def __init__(self) -> None:
        self.body: bytes | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        message = await receive()
        self.body = message["body"]
        assert (await receive())["type"] == "http.disconnect"
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


def scope_of(
    headers: Iterable[tuple[bytes, bytes]] = (JSON_TYPE,), path: bytes = b"/", query: bytes = b""
) -> Scope:
    return {
        "type": "http",
        "method": "POST",
        "path": "/",
        "raw_path": path,
        "query_string": query,
        "headers": list(headers),
    }


def ask(
    chunks: Iterable[bytes],
    scope: Scope | None = None,
    takes_json: bool = True,
    limit: int = LIMIT,
) -> tuple[int | None, dict[str, object], Echo, int]:
    """Return status, problem document, the application behind and how many chunks were read."""
    inside, sent, waiting = Echo(), list[Message](), list(chunks)
    read = 0

    async def receive() -> Message:
        nonlocal read
        if not waiting:
            return {"type": "http.disconnect"}
        read += 1
        body = waiting.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(waiting)}

    async def send(message: Message) -> None:
        sent.append(message)

    async def run() -> None:
        body = Body(limit=limit) if takes_json else None
        await Guard(inside, lambda _: body)(scope or scope_of(), receive, send)

    anyio.run(run)
    status = sent[0]["status"] if sent else None
    body = b"".join(m.get("body", b"") for m in sent)
    return status, json.loads(body) if body else {}, inside, read


def test_a_readable_body_reaches_the_application_unchanged() -> None:
    status, _, inside, _ = ask([b'{"a": ', b"[1, 2.5, null]}"])
    assert (status, inside.body) == (200, b'{"a": [1, 2.5, null]}')


def test_a_body_of_exactly_the_limit_passes_and_one_byte_more_does_not() -> None:
    body = b'"' + b"x" * 98 + b'"'
    assert ask([body], limit=100)[0] == 200
    assert ask([body + b" "], limit=100)[0] == 413


def test_a_declared_length_above_the_limit_is_refused_before_anything_is_read() -> None:
    scope = scope_of([JSON_TYPE, (b"content-length", b"1000001")])
    status, problem, inside, read = ask([b"{}"], scope)
    assert (status, problem["type"], read) == (413, "/problems/body-too-large", 0)
    assert inside.body is None


def test_a_streamed_body_is_refused_as_soon_as_it_passes_the_limit() -> None:
    status, _, _, read = ask([b"x" * 60] * 50, limit=100)
    assert (status, read) == (413, 2)


def test_a_caller_who_hangs_up_while_sending_gets_no_answer() -> None:
    sent = list[Message]()

    async def gone() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    async def run() -> None:
        await Guard(Echo(), lambda _: Body())(scope_of(), gone, send)

    anyio.run(run)
    assert sent == []


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"content-type", b"text/plain")],
        [(b"content-type", b"application/x-www-form-urlencoded")],
        [(b"content-type", b"application/json; charset=utf-16")],
        [(b"content-type", b"application/jsonp")],
        [JSON_TYPE, (b"content-encoding", b"gzip")],
    ],
)
def test_a_body_not_declared_as_plain_json_is_refused(headers: list[tuple[bytes, bytes]]) -> None:
    status, problem, _, read = ask([b"{}"], scope_of(headers))
    assert (status, read) == (415, 0)
    assert problem["type"] == "/problems/unsupported-media-type"


@pytest.mark.parametrize(
    "declared",
    [b"application/json", b"Application/JSON", b'application/json; charset="UTF-8"'],
)
def test_plain_json_is_recognised_in_any_spelling(declared: bytes) -> None:
    assert ask([b"{}"], scope_of([(b"content-type", declared)]))[0] == 200


def test_a_route_without_a_body_is_not_asked_for_one() -> None:
    status, _, inside, _ = ask([b"anything \xff"], scope_of([]), takes_json=False)
    assert (status, inside.body) == (200, b"anything \xff")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "not-json"),
        (b"{", "not-json"),
        (b"{'a': 1}", "not-json"),
        (b'{"a": 1,}', "not-json"),
        (b'{"a": 01}', "not-json"),
        (b'"\x00"', "not-json"),
        (b'{"a": "\n"}', "not-json"),
        (b"{} {}", "not-json"),
        (b"NaN", "not-finite"),
        (b'{"a": [Infinity]}', "not-finite"),
        (b"-Infinity", "not-finite"),
        (b"1e999", "not-finite"),
        (b"-1e999", "not-finite"),
        (b"1" + b"0" * 309, "not-finite"),
        (b"9" * 309, "not-finite"),
        (b"1" * 5000, "not-finite"),
        (b'"\\ud800"', "lone-surrogate"),
        (b'{"\\udfff": 1}', "lone-surrogate"),
        (b'["\\ude00\\ud83d"]', "lone-surrogate"),
        (b'"\\u0000"', "nul-character"),
        (b'{"a\\u0000": 1}', "nul-character"),
        (b'{"a": 1, "a": 1}', "duplicate-key"),
        (b'{"a": {"b": 1, "\\u0062": 2}}', "duplicate-key"),
        (b"\xff\xfe{\x00}\x00", "not-utf-8"),
        (b'"\xc3\x28"', "not-utf-8"),
        (b'"\xed\xa0\x80"', "not-utf-8"),
        (b"\xef\xbb\xbf{}", "byte-order-mark"),
        (b"[" * 200_000, "too-deep"),
        (b'{"a":' * 200_000, "too-deep"),
    ],
)
def test_a_body_that_cannot_be_read_is_named(body: bytes, code: str) -> None:
    with pytest.raises(MalformedError) as refused:
        check_json(body)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("body", "document"),
    [
        (b'"\\ud83d\\ude00"', "😀"),
        ('"株式会社"'.encode(), "株式会社"),
        (b'"\\\\u0000"', "\\u0000"),
        (b"[0, -0.0, 1e-400, 12345678901234567890]", [0, -0.0, 0.0, 12345678901234567890]),
        (b"1" + b"0" * 308, 10**308),
        (b'{"a": null, "b": true}', {"a": None, "b": True}),
    ],
)
def test_unusual_but_honest_json_is_read(body: bytes, document: object) -> None:
    assert check_json(body) == document


def test_the_refusal_does_not_repeat_the_body() -> None:
    _, problem, _, _ = ask([b'{"mail": "jane@example.com", "mail": 1}'])
    assert "jane" not in json.dumps(problem)
    assert problem["errors"] == [
        {
            "field": "body",
            "code": "duplicate-key",
            "message": "an object has the same key twice",
        }
    ]


@pytest.mark.parametrize(
    ("path", "query", "place"),
    [
        (b"/a%00b", b"", "path"),
        (b"/a%ff", b"", "path"),
        (b"/a%ED%A0%80", b"", "path"),
        (b"/", b"q=%00", "query"),
        (b"/", b"q=%c3%28", "query"),
    ],
)
def test_an_address_that_is_no_text_is_refused(path: bytes, query: bytes, place: str) -> None:
    with pytest.raises(MalformedError) as refused:
        check_target(scope_of(path=path, query=query))
    assert refused.value.place == place


def test_a_japanese_address_passes() -> None:
    check_target(scope_of(path="/株式会社".encode(), query=b"q=%E6%A0%AA%2F%25"))


def test_what_is_no_http_passes_untouched() -> None:
    seen: list[str] = []

    async def inside(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    async def nothing() -> Message:
        raise AssertionError("nothing is read")

    async def send(_: Message) -> None:
        raise AssertionError("nothing is sent")

    async def run() -> None:
        await Guard(inside, lambda _: Body())({"type": "lifespan"}, nothing, send)

    anyio.run(run)
    assert seen == ["lifespan"]
