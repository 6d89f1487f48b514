"""Bad requests by hand, as the bytes that are sent, with the answer each must get.

Every payload carries `MARK`; it may not come back in any answer.
"""

from dataclasses import dataclass

from tests.builders.bad_contents import (
    BROKEN,
    FEEDBACK,
    FORM,
    INVOCATIONS,
    MARK,
    METHODS,
    NO_HTTP,
    NOWHERE,
    PREDICTIONS,
    QUERIES,
    TYPES,
    UNREADABLE,
    UNREADABLE_TARGETS,
    asked,
    sent,
)
from tests.builders.wire import request


@dataclass(frozen=True)
class Bad:
    """One bad request.

    Attributes
    ----------
    status : int
        Expected of the answer.
    slug : str
        Kind of problem expected; empty where the answer is none (a page, an honest 200).
    closes : bool
        Whether HTTP demands that the connection ends with this answer: what follows on it cannot
        be told from the rest of a request that was not understood, or the client asked for it.
    head_only : bool
        Whether the answer has no body by its method.
    """

    name: str
    data: bytes
    status: int
    slug: str
    closes: bool = False
    head_only: bool = False


def _heads() -> list[Bad]:
    """Return requests whose head is well-formed and still not acceptable."""
    return [
        Bad("an address of 9,000 letters", request("GET", f"/v1/model?{MARK}" + "x" * 9_000), 414,
            "target-too-long"),
        Bad("a path of 9,000 letters", request("GET", "/v1/accounts/" + "x" * 9_000), 414,
            "target-too-long"),
        Bad("101 headers", request("GET", "/v1/model", None, *[f"X-{n}: {MARK}" for n in range(100)]
            ), 431, "headers-too-large"),
        Bad("a header of 20,000 bytes", request("GET", "/v1/model", None, "X-A: " + "a" * 20_000),
            431, "headers-too-large"),
        Bad("a cookie of 20,000 bytes", request("GET", "/", None, "Cookie: a=" + "a" * 20_000), 431,
            "headers-too-large"),
        Bad("no host", b"GET /livez HTTP/1.1\r\nX-A: %s\r\n\r\n" % MARK.encode(), 400,
            "malformed-request"),
        Bad("two hosts", request("GET", "/livez", None, f"Host: {MARK}"), 400,
            "malformed-request"),
        Bad("a foreign host", b"GET /v1/model HTTP/1.1\r\nHost: %s\r\n\r\n" % MARK.encode(),
            421, "foreign-host"),
        Bad("HTTP/0.9", b"GET /v1/%s\r\n\r\n" % MARK.encode(), 421, "foreign-host",
            closes=True),
        Bad("an asterisk as target", request("OPTIONS", "*", None, f"X-A: {MARK}"), 404,
            "no-such-route"),
        Bad("HEAD of nowhere", request("HEAD", f"/{MARK}"), 404, "", head_only=True),
        Bad("HEAD of a write", request("HEAD", PREDICTIONS), 405, "", head_only=True),
        Bad("HTTP/1.0", request("GET", f"/{MARK}", version="HTTP/1.0"), 404, "no-such-route",
            closes=True),
        Bad("a wish to close", request("GET", f"/{MARK}", None, "Connection: close"), 404,
            "no-such-route", closes=True),
        Bad("an absolute target", request("GET", f"http://{MARK}.example/v9"), 421,
            "foreign-host"),
        Bad("an absolute target with a name in it",
            request("POST", f"http://{MARK}@127.0.0.1{PREDICTIONS}", b"{}"), 421, "foreign-host"),
        Bad("bad JSON packed in chunks",
            _chunked(PREDICTIONS, [MARK.encode()], "gzip, chunked"), 415,
            "unsupported-media-type"),
        Bad("a wish for HTTP/2 and a request in the body of its own",
            request("POST", PREDICTIONS, request("GET", f"/{MARK}"), "Upgrade: h2c",
                    "Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: AAMAAABkAAQAAP__"),
            400, "malformed-request"),
        Bad("an expectation and bad JSON",
            request("POST", PREDICTIONS, MARK.encode(), "Expect: 100-continue"), 400,
            "malformed-request"),
        Bad("an expectation and a wrong type",
            request("POST", PREDICTIONS, MARK.encode(), "Expect: 100-continue",
                    media_type="text/plain"), 415, "unsupported-media-type"),
        Bad("an upgrade to nothing known",
            request("GET", f"/{MARK}", None, "Connection: Upgrade", "Upgrade: h2c"), 404,
            "no-such-route"),
        Bad("a web socket", request("GET", f"/{MARK}", None, "Connection: Upgrade",
            "Upgrade: websocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Version: 13"), 404, "no-such-route"),
        Bad("a body on a route without one", request("GET", f"/{MARK}", MARK.encode() * 1_000), 404,
            "no-such-route"),
        Bad("a megabyte on a route without one", request("POST", f"/{MARK}", b"x" * 1_500_000), 404,
            "no-such-route"),
        Bad("a body of 8 MB and one", request("POST", PREDICTIONS, b'"' + b"x" * 8_000_000),
            413, "body-too-large"),
        Bad("9 MB in chunks", _chunked(PREDICTIONS, [b"x" * 60_000] * 150), 413,
            "body-too-large"),
        Bad("bad JSON in chunks", _chunked(PREDICTIONS, [b"{", MARK.encode(), b"}"]), 400,
            "malformed-request"),
        Bad("no body", request("POST", PREDICTIONS, b""), 400, "malformed-request"),
    ]  # fmt: skip


def _chunked(target: str, chunks: list[bytes], coded: str = "chunked") -> bytes:
    head = request("POST", target, None, "Content-Type: application/json",
                   f"Transfer-Encoding: {coded}")  # fmt: skip
    return head + b"".join(b"%x\r\n%s\r\n" % (len(c), c) for c in chunks) + b"0\r\n\r\n"


def _writes() -> list[Bad]:
    """Return bad feedback, bad keys of writes and bad forms of pages."""
    good = sent({"verdict": "agree"})
    broken = {
        "feedback of nothing": {},
        "an unknown verdict": {"verdict": MARK},
        "a verdict that is a number": {"verdict": 1},
        "a verdict that is a list": {"verdict": [MARK]},
        "a note that is a number": {"verdict": "agree", "note": 7},
        "a note of 501 letters": {"verdict": "agree", "note": MARK + "n" * 500},
        "an extra field of feedback": {"verdict": "agree", "who": MARK},
        "an unknown reason": {"verdict": "agree", "feature": [MARK]},
    }
    keys: dict[str, str | bytes] = {
        "an empty key": "",
        "a key with a space": f"{MARK} x",
        "a key of 256 letters": MARK * 32,
        "a key in Japanese": "鍵".encode(),
    }
    return [
        *(
            Bad(name, request("POST", FEEDBACK, sent(body)), 422, "invalid-request")
            for name, body in broken.items()
        ),
        *(
            Bad(name, request("POST", FEEDBACK, good, b"Idempotency-Key: " + _bytes(key)), 422,
                "invalid-request")
            for name, key in keys.items()
        ),
        Bad("two keys", request("POST", FEEDBACK, good, "Idempotency-Key: a", "Idempotency-Key: b"),
            422, "invalid-request"),
        Bad("feedback on nobody", request("POST", f"/v1/accounts/{MARK}/feedback", good), 404,
            "unknown-account"),
        Bad("feedback that is NaN", request("POST", FEEDBACK, b'{"verdict": NaN}'), 400,
            "malformed-request"),
        Bad("feedback as a form", request("POST", FEEDBACK, MARK.encode(), media_type=FORM), 415,
            "unsupported-media-type"),
        Bad("a page's form as JSON", request("POST", "/feedback", sent({"note": MARK})), 415,
            "unsupported-media-type"),
        Bad("a page's form in parts",
            request("POST", "/feedback", MARK.encode(),
                    media_type=f"multipart/form-data; boundary={MARK}"),
            415, "unsupported-media-type"),
        Bad("a page's form of a megabyte", request("POST", "/feedback", b"x" * 1_500_000,
            media_type=FORM), 413, "body-too-large"),
        Bad("a page's form in Latin-1",
            request("POST", "/feedback", b"note=\xe9" + MARK.encode(), media_type=FORM), 400,
            "malformed-request"),
    ]  # fmt: skip


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()


def _invocations() -> list[Bad]:
    """Return bad rows in the ways of MLflow's scoring protocol."""
    one = "invalid-request"
    documents: dict[str, object] = {
        "rows in no way": {},
        "rows in an unknown way": {"rows": [{"mrr": MARK}]},
        "rows in two ways": {"inputs": [{"mrr": MARK}], "instances": [{"mrr": 1}]},
        "records that are a text": {"dataframe_records": MARK},
        "records of numbers": {"dataframe_records": [1, 2]},
        "a split without columns": {"dataframe_split": {"data": [[MARK]]}},
        "a split of another width": {"dataframe_split": {"columns": ["mrr"], "data": [[1, MARK]]}},
        "an unknown column": {"dataframe_split": {"columns": [f"{MARK}@"], "data": [[1]]}},
        "a column twice": {"dataframe_split": {"columns": ["mrr", "mrr"], "data": [[1, 2]]}},
        "a value that is a list": {"dataframe_records": [{"mrr": [MARK]}]},
    }
    tables = {
        "an empty table": b"",
        "a table with an unknown column": f"{MARK}@\n1\n".encode(),
        "a table of another width": f"mrr\n1,{MARK}\n".encode(),
    }
    return [
        *(
            Bad(name, request("POST", INVOCATIONS, sent(body)), 422, one)
            for name, body in documents.items()
        ),
        *(
            Bad(name, request("POST", INVOCATIONS, body, media_type="text/csv"), 422, one)
            for name, body in tables.items()
        ),
        Bad("a table in Shift JIS", request("POST", INVOCATIONS, "株,x\n".encode("shift_jis"),
            media_type="text/csv"), 400, "malformed-request"),
        Bad("a table with a NUL", request("POST", INVOCATIONS, f"mrr\n{MARK}\0\n".encode(),
            media_type="text/csv"), 400, "malformed-request"),
        Bad("rows as plain text", request("POST", INVOCATIONS, MARK.encode(),
            media_type="text/plain"), 415, "unsupported-media-type"),
        Bad("rows that are infinite", request("POST", INVOCATIONS,
            b'{"dataframe_records": [{"mrr": Infinity}]}'), 400, "malformed-request"),
    ]  # fmt: skip


def bad_requests() -> list[Bad]:
    """Return all of them; names are unique."""
    return [
        *(Bad(f"JSON: {name}", request("POST", PREDICTIONS, body), 400, "malformed-request")
          for name, body in UNREADABLE),
        *(Bad(f"schema: {name}", request("POST", PREDICTIONS, body), 422, "invalid-request")
          for name, body in BROKEN),
        Bad("an unknown account", request("POST", PREDICTIONS, asked({"account_id": MARK})), 404,
            "unknown-account"),
        *(Bad(f"query: {query[:40]}", request("GET", f"/v1/accounts?{query}"), 422,
              "invalid-request") for query in QUERIES),
        *(Bad(f"target: {target}", request("GET", target), 400, "malformed-request")
          for target in UNREADABLE_TARGETS),
        Bad("target: raw bytes", request("GET", b"/v1/accounts?q=\xff"), 400,
            "malformed-request", closes=True),
        *(Bad(f"GET {target[:60]}", request("GET", target), status, slug)
          for target, status, slug in NOWHERE),
        *(Bad(f"{method} {target}", request(method, target, MARK.encode()), status, slug)
          for method, target, status, slug in METHODS),
        *(Bad(f"type: {name}", request("POST", PREDICTIONS, asked({"account_id": MARK}), *more,
                                       media_type=declared), 415, "unsupported-media-type")
          for name, declared, more in TYPES),
        *(Bad(f"no HTTP: {name}", data, 400, "malformed-request", closes=True)
          for name, data in NO_HTTP),
        *_heads(),
        *_writes(),
        *_invocations(),
    ]  # fmt: skip
