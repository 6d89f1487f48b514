"""A client that has sent all it will and closed its own way still gets its answers, on the wire."""

import json
import socket
from urllib.parse import urlsplit

import pytest

from tests.builders.server import Server

BODY = json.dumps({"accounts": [{"account_id": "A00001"}]}).encode()
PLAIN = b"POST /v1/predictions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
PLAIN += b"Content-Length: %d\r\n\r\n%b" % (len(BODY), BODY)
SLOW = b"GET /v1/accounts?limit=%d HTTP/1.1\r\nHost: localhost\r\n\r\n"
TABLE = b"GET /v1/accounts.csv HTTP/1.1\r\nHost: localhost\r\n\r\n"


def said(server: Server, *pieces: bytes) -> bytes:
    """Return all that comes after ``pieces`` were sent and nothing more will be."""
    parts = urlsplit(server.url)
    with socket.create_connection((str(parts.hostname), int(parts.port or 80)), 60) as line:
        for piece in pieces:
            line.sendall(piece)
        line.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: line.recv(65536), b""))


@pytest.mark.parametrize("request_", [PLAIN, SLOW % 5, TABLE], ids=["at once", "a task", "a table"])
def test_an_answer_is_whole_though_the_client_closed_its_way_first(
    server: Server, request_: bytes
) -> None:
    for _ in range(10):
        head, _, body = said(server, request_).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK")
        length = [line for line in head.lower().split(b"\r\n") if b"content-length" in line]
        if length:
            assert len(body) == int(length[0].split(b": ")[1])
        else:
            assert body.endswith(b"0\r\n\r\n")


def test_requests_behind_one_another_are_all_answered_in_their_order(server: Server) -> None:
    answers = said(server, SLOW % 1 + PLAIN + SLOW % 2 + PLAIN).split(b"HTTP/1.1 200 OK")[1:]
    counts = [json.loads(one.partition(b"\r\n\r\n")[2]) for one in answers]
    assert [len(one.get("accounts", one.get("predictions"))) for one in counts] == [1, 1, 2, 1]


def test_the_answer_before_an_unfinished_head_goes_out(server: Server) -> None:
    assert said(server, SLOW % 1 + PLAIN[:40]).count(b"HTTP/1.1 200 OK") == 1


@pytest.mark.parametrize("cut", [40, -3], ids=["in the head", "in the body"])
def test_who_closes_in_the_middle_of_a_request_is_answered_nothing(
    server: Server, cut: int
) -> None:
    assert said(server, PLAIN[:cut]) == b""
    assert said(server, PLAIN).startswith(b"HTTP/1.1 200 OK")
