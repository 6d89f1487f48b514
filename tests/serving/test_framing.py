"""Requests as they were framed: what uvicorn reads otherwise than RFC 9110 and 9112 have it."""

import asyncio
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.types import Message, Receive, Scope, Send

from tests.serving.test_protocol import Line, Transport

BODY = b'{"accounts": []}'
HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: here\r\n\r\n"
WISHES = {
    "as Java's client asks for HTTP/2": (
        b"Connection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMA\r\nUpgrade: h2c\r\n"
    ),
    "for a web socket": b"Upgrade: websocket\r\nConnection: upgrade\r\n",
    "twice": b"Upgrade: h2c\r\nUpgrade: TLS/1.0\r\nConnection: Upgrade\r\n",
}


class Noting(Line):
    """A connection to an application that notes each request with its body."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[bytes, bytes], bytes]] = []
        super().__init__()

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        body, message = b"", cast(Message, {})
        while message.get("more_body", True):
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
        self.asked.append((f"{scope['method']} {scope['path']}", dict(scope["headers"]), body))
        await send({"type": "http.response.start", "status": 200,
                    "headers": [(b"content-length", b"0")]})  # fmt: skip
        await send({"type": "http.response.body"})


def heard(*parts: bytes) -> tuple[list[tuple[str, dict[bytes, bytes], bytes]], Transport]:
    """Return what an application was asked for and its client was sent, part by part."""

    async def run() -> Noting:
        line = Noting()
        for part in parts:
            await line.hear(part)
        return line

    line = asyncio.run(run())
    return line.asked, line.transport


def post(
    *headers: bytes, body: bytes = BODY, target: bytes = b"/x", version: bytes = b"1.1"
) -> bytes:
    lines = [b"POST %b HTTP/%b" % (target, version), b"Host: here", *headers]
    return b"\r\n".join([*lines, b"Content-Length: %d" % len(body), b"", body])


@pytest.mark.parametrize("wish", WISHES.values(), ids=list(WISHES))
@pytest.mark.parametrize("cut", ["nowhere", "before the body", "everywhere"])
def test_a_wish_for_another_protocol_leaves_the_request_and_its_body_as_they_are(
    wish: bytes, cut: str
) -> None:
    whole = post(wish.rstrip(), body=HIDDEN) + post()
    head = whole.index(b"\r\n\r\n") + 4
    parts = {
        "nowhere": [whole],
        "before the body": [whole[:head], whole[head:]],
        "everywhere": [whole[i : i + 1] for i in range(len(whole))],
    }[cut]
    asked, transport = heard(*parts)
    assert [(what, body) for what, _, body in asked] == [("POST /x", HIDDEN), ("POST /x", BODY)]
    assert (transport.statuses(), transport.closed) == ([200, 200], False)
    assert b"upgrade" not in asked[0][1]
    assert asked[0][1][b"host"] == b"here"


def test_a_wish_with_a_body_in_chunks_is_read_to_its_end() -> None:
    wish = WISHES["as Java's client asks for HTTP/2"]
    chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (len(HIDDEN), HIDDEN)
    head = b"POST /x HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n" + wish + b"\r\n"
    for parts in ([head + chunks + HIDDEN], [head, chunks, HIDDEN]):
        asked, _ = heard(*parts)
        assert [(what, body) for what, _, body in asked] == [
            ("POST /x", HIDDEN), ("GET /hidden", b""),
        ]  # fmt: skip


def test_a_wish_behind_requests_that_wait_is_answered_in_its_turn() -> None:
    wish = WISHES["for a web socket"].rstrip()
    asked, transport = heard(post(target=b"/1") + post(wish, target=b"/2") + post(target=b"/3"))
    assert [what for what, _, _ in asked] == ["POST /1", "POST /2", "POST /3"]
    assert transport.statuses() == [200, 200, 200]


def test_a_tunnel_is_refused_and_the_connection_ends() -> None:
    asked, transport = heard(b"CONNECT there:80 HTTP/1.1\r\nHost: there:80\r\n\r\n" + HIDDEN)
    assert asked == []
    assert (transport.statuses(), transport.closed) == ([400], True)


def test_trailers_are_no_headers_and_take_no_memory() -> None:
    head = b"POST /x HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n"
    trailers = b"Authorization: Bearer stolen\r\nHost: there\r\n" + b"X-A: b\r\n" * 5_000
    asked, transport = heard(head + b"1\r\nx\r\n0\r\n" + trailers + b"\r\n" + HIDDEN)
    assert [(what, body) for what, _, body in asked] == [("POST /x", b"x"), ("GET /hidden", b"")]
    assert asked[0][1] == {b"host": b"here", b"transfer-encoding": b"chunked"}
    assert transport.statuses() == [200, 200]


@pytest.mark.parametrize(
    ("target", "host"),
    [
        (b"http://there/x", b"there"),
        (b"HTTP://there:8000/x?y", b"there:8000"),
        (b"http://[::1]:80/x", b"[::1]:80"),
        (b"/x", b"here"),
        (b"//there/x", b"here"),
    ],
)
def test_the_host_of_an_absolute_target_is_the_one_that_counts(target: bytes, host: bytes) -> None:
    asked, _ = heard(post(target=target))
    ((_, headers, body),) = asked
    assert (headers[b"host"], body) == (host, BODY)


@settings(max_examples=60, deadline=None)
@given(
    before=st.text(" \t", max_size=3),
    value=st.text("ab ;\t", max_size=5).map(lambda text: text.strip(" \t")),
    after=st.text(" \t", max_size=3),
)
def test_blanks_around_a_value_belong_to_no_value(before: str, value: str, after: str) -> None:
    asked, _ = heard(post(f"X-A:{before}{value}{after}".encode()))
    assert asked[0][1][b"x-a"] == value.encode()


@pytest.mark.parametrize(
    ("version", "said"), [(b"1.1", [100, 200]), (b"1.0", [200])], ids=["1.1", "1.0"]
)
def test_only_who_knows_of_interim_answers_is_told_to_go_on(
    version: bytes, said: list[int]
) -> None:
    _, transport = heard(post(b"Expect: 100-continue", version=version))
    assert transport.statuses() == said
