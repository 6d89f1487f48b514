"""Bad requests by hand, as the bytes that are sent, with the answer each must get.

Every payload carries `MARK`; it may not come back in any answer.
"""

import gzip
import json
from dataclasses import dataclass

from tests.builders.wire import request

MARK = "c4n4ry7f"
PREDICTIONS = "/v1/predictions"
FEEDBACK = "/v1/accounts/A00001/feedback"
INVOCATIONS = "/invocations"
FORM = "application/x-www-form-urlencoded"


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


def _sent(body: object) -> bytes:
    return json.dumps(body).encode()


def _asked(*accounts: object) -> bytes:
    return _sent({"accounts": list(accounts), **({} if accounts else {"mark": MARK})})


def _valued(text: str) -> bytes:
    """Return a prediction with one raw JSON value, the mark beside it."""
    one = f'{{"account_id": "{MARK}", "features": {{"mrr": {text}}}}}'
    return f'{{"accounts": [{one}]}}'.encode()


_UNREADABLE: list[tuple[str, bytes]] = [
    ("a mark and no JSON", MARK.encode()),
    ("half an object", b'{"accounts": ["%s"' % MARK.encode()),
    ("two documents", b'{"a": "%s"}{}' % MARK.encode()),
    ("single quotes", b"{'accounts': '%s'}" % MARK.encode()),
    ("a comment", b'{"accounts": [] /* %s */}' % MARK.encode()),
    ("a trailing comma", b'{"accounts": "%s",}' % MARK.encode()),
    ("no quotes", b"{accounts: %s}" % MARK.encode()),
    ("a raw line break in a text", b'{"accounts": "%s\n"}' % MARK.encode()),
    ("a raw control character", b'{"accounts": "%s\x01"}' % MARK.encode()),
    ("a raw NUL", b'{"accounts": "%s\x00"}' % MARK.encode()),
    ("NaN", _valued("NaN")),
    ("Infinity", _valued("Infinity")),
    ("-Infinity", _valued("-Infinity")),
    ("1e999", _valued("1e999")),
    ("-1e999", _valued("-1e999")),
    ("400 digits", _valued("7" * 400)),
    ("5,000 digits", _valued("7" * 5_000)),
    ("a leading zero", _valued("01")),
    ("a leading plus", _valued("+1")),
    ("a bare point", _valued("1.")),
    ("hexadecimal", _valued("0x10")),
    ("undefined", _valued("undefined")),
    ("True", _valued("True")),
    ("a lone surrogate", _valued('"\\ud800"')),
    ("surrogates the wrong way round", _valued('"\\ude00\\ud83d"')),
    ("a lone surrogate in a key", b'{"\\udc00": "%s"}' % MARK.encode()),
    ("an escaped NUL", _valued('"\\u0000"')),
    ("an escaped NUL in a key", b'{"\\u0000": "%s"}' % MARK.encode()),
    ("a cut escape", _valued('"\\u00"')),
    ("an unknown escape", _valued('"\\x41"')),
    ("a key twice", b'{"accounts": "%s", "accounts": []}' % MARK.encode()),
    ("a key twice, once escaped", b'{"a": "%s", "\\u0061": 1}' % MARK.encode()),
    ("a key twice beside a colon", b'{"a": "%s:", "a": 1, "b": "::"}' % MARK.encode()),
    ("a key twice, hidden by a colon", b'{"a": 1, "a": 1, "%s": "\\u003a"}' % MARK.encode()),
    ("a key twice, deep", _valued('{"x": [{"y": 1, "y": 2}]}')),
    ("UTF-16", f'{{"accounts": "{MARK}"}}'.encode("utf-16")),
    ("UTF-16 without its mark", f'{{"accounts": "{MARK}"}}'.encode("utf-16-le")),
    ("UTF-32", f'{{"accounts": "{MARK}"}}'.encode("utf-32")),
    ("Shift JIS", f'{{"accounts": "株式会社{MARK}"}}'.encode("shift_jis")),
    ("EUC-JP", f'{{"accounts": "株式会社{MARK}"}}'.encode("euc_jp")),
    ("a byte order mark", b'\xef\xbb\xbf{"accounts": "%s"}' % MARK.encode()),
    ("an overlong encoding", b'{"accounts": "%s\xc0\xaf"}' % MARK.encode()),
    ("a surrogate in UTF-8", b'{"accounts": "%s\xed\xa0\x80"}' % MARK.encode()),
    ("beyond Unicode", b'{"accounts": "%s\xf4\x90\x80\x80"}' % MARK.encode()),
    ("100,000 brackets", b"[" * 100_000 + MARK.encode()),
    ("100,000 objects", b'{"a":' * 100_000 + MARK.encode()),
    ("gzip without saying so", gzip.compress(MARK.encode())),
]

_BROKEN: list[tuple[str, bytes]] = [
    ("null", b"null"),
    ("true", b"true"),
    ("a number", b"7"),
    ("a text", b'"%s"' % MARK.encode()),
    ("a list", b'["%s"]' % MARK.encode()),
    ("nothing in it", b"{}"),
    ("another key", _sent({"account": MARK})),
    ("an extra key", _sent({"accounts": [{"account_id": "A00001"}], "x": MARK})),
    ("a key of another script", _sent({"accounts": [{"account_id": "A00001"}], "会社": MARK})),
    ("an address as a key", _sent({"accounts": [], f"{MARK}@example.com": 1})),
    ("__proto__", b'{"accounts": [{"account_id": "A00001"}], "__proto__": {"x": "%s"}}'
     % MARK.encode()),
    ("no accounts", _asked()),
    ("accounts null", _sent({"accounts": None, "mark": MARK})),
    ("accounts an object", _sent({"accounts": {"0": MARK}})),
    ("accounts a text", _sent({"accounts": MARK})),
    ("accounts a number", _sent({"accounts": 12, "mark": MARK})),
    ("an account a text", _asked(MARK)),
    ("an account null", _asked(None, {"account_id": MARK})),
    ("an account a list", _asked([MARK])),
    ("an account empty", _asked({})),
    ("both null", _asked({"account_id": None, "features": None})),
    ("an extra field", _asked({"account_id": "A00001", "id": MARK})),
    ("an id a number", _asked({"account_id": 12}, {"account_id": MARK})),
    ("an id true", _asked({"account_id": True})),
    ("an id a list", _asked({"account_id": [MARK]})),
    ("an id an object", _asked({"account_id": {"$ne": MARK}})),
    ("an id empty", _asked({"account_id": ""})),
    ("an id of 256 letters", _asked({"account_id": MARK * 32})),
    ("1,001 accounts", _asked(*[{"account_id": MARK}] * 1_001)),
    ("features empty", _asked({"features": {}})),
    ("features a list", _asked({"features": [MARK]})),
    ("features a text", _asked({"features": MARK})),
    ("a text for a number", _asked({"features": {"mrr": MARK}})),
    ("twelve in quotes", _asked({"features": {"mrr": "12"}})),
    ("a number for a text", _asked({"features": {"plan": 3}})),
    ("true for a number", _asked({"features": {"mrr": True}})),
    ("a list for a number", _asked({"features": {"mrr": [MARK]}})),
    ("an object for a number", _asked({"features": {"mrr": {"value": MARK}}})),
    ("an empty text", _asked({"features": {"plan": ""}})),
    ("a text of 256 letters", _asked({"features": {"plan": MARK * 32}})),
    ("an unknown feature", _asked({"features": {"active_user_28d": 3, "plan": MARK}})),
    ("a feature name of 300 letters", _asked({"features": {"f" * 300: MARK}})),
    ("2,001 features", _asked({"features": {f"f{n}": MARK for n in range(2_001)}})),
    ("an empty feature name", _asked({"features": {"": MARK}})),
]  # fmt: skip

_QUERIES = [
    "limit=0", "limit=-1", "limit=501", "limit=99999999999999999999999", "limit=1.0", "limit=1e1",
    "limit=1_0", "limit=%2B5", "limit=%20", "limit=", "limit=%EF%BC%95", "limit=0x10", "limit=NaN",
    "limit=5&limit=6", "limit[]=5", f"limit={MARK}", f"band={MARK}", "band=red&band=RED", "plan=",
    f"order={MARK}", "order=arr&order=arr", "cursor=", f"cursor={MARK}", "cursor=e30=",
    "cursor=bnVsbA==", "cursor=" + "A" * 2_001, f"bands={MARK}", "q=" + MARK * 26, f"%7B{MARK}=1",
    f"{MARK}@example.com=1", "__proto__=1", "order=health_score;drop+table+runs",
]  # fmt: skip

_UNREADABLE_TARGETS = [
    f"/v1/accounts?q={MARK}%00", f"/v1/accounts?q={MARK}%FF", f"/v1/accounts?q={MARK}%ED%A0%80",
    f"/v1/accounts?q={MARK}%C0%AF", f"/v1/accounts/{MARK}%00", f"/v1/accounts/{MARK}%FF",
    f"/v1/accounts/{MARK}%00/history", f"/accounts/{MARK}%00", f"/static/{MARK}%00.css",
    f"/problems/{MARK}%FF",
]  # fmt: skip

_NOWHERE: list[tuple[str, int, str]] = [
    (f"/v1/accounts/{MARK}", 404, "unknown-account"),
    (f"/v1/accounts/{MARK}/history", 404, "unknown-account"),
    (f"/v1/accounts/{MARK}/explanation", 404, "unknown-account"),
    (f"/v1/accounts/{MARK}'%20OR%201=1--", 404, "unknown-account"),
    (f"/v1/accounts/%3Cscript%3E{MARK}%3C/script%3E", 404, "unknown-account"),
    (f"/v1/accounts/{MARK * 32}", 422, "invalid-request"),
    ("/v1/accounts/", 422, "invalid-request"),
    (f"/v1/accounts/A00001?x={MARK}", 422, "invalid-request"),
    (f"/v1/accounts/A00001/explanation?lang={MARK}", 422, "invalid-request"),
    ("/v1/accounts/A00001/explanation?lang=", 422, "invalid-request"),
    ("/v1/accounts/A00001/explanation?lang=ja&lang=en", 422, "invalid-request"),
    (f"/v1/accounts/A00001/history?limit={MARK}", 422, "invalid-request"),
    (f"/v1/model?version={MARK}", 422, "invalid-request"),
    (f"/v1/forecast?x={MARK}", 422, "invalid-request"),
    (f"/v1/leavers?x={MARK}", 422, "invalid-request"),
    (f"/v1/answer-check?x={MARK}", 422, "invalid-request"),
    (f"/livez?x={MARK}", 422, "invalid-request"),
    (f"/readyz?x={MARK}", 422, "invalid-request"),
    (f"/v1/model/{MARK}", 404, "no-such-route"),
    (f"/v2/{MARK}", 404, "no-such-route"),
    (f"/{MARK}.php", 404, "no-such-route"),
    (f"//{MARK}", 404, "no-such-route"),
    (f"/.git/{MARK}", 404, "no-such-route"),
    (f"/docs/..%2f..%2f{MARK}", 404, "no-such-route"),
    (f"/docs/../{MARK}", 404, "no-such-route"),
    (f"/static/../../{MARK}", 404, "no-such-route"),
    (f"/static/%2e%2e%2f%2e%2e%2f{MARK}", 404, "no-such-route"),
    (f"/static/{'x' * 300}{MARK}", 404, "no-such-route"),
    (f"/problems/{MARK}-x", 422, "invalid-request"),
    ("/problems/nothing", 404, "not-found"),
]

_METHODS: list[tuple[str, str, int, str]] = [
    ("GET", PREDICTIONS, 405, "method-not-allowed"),
    ("PUT", PREDICTIONS, 405, "method-not-allowed"),
    ("PATCH", PREDICTIONS, 405, "method-not-allowed"),
    ("DELETE", PREDICTIONS, 405, "method-not-allowed"),
    ("OPTIONS", PREDICTIONS, 405, "method-not-allowed"),
    ("TRACE", PREDICTIONS, 405, "method-not-allowed"),
    ("PROPFIND", PREDICTIONS, 405, "method-not-allowed"),
    ("POST", "/v1/accounts", 405, "method-not-allowed"),
    ("DELETE", "/v1/accounts/A00001", 405, "method-not-allowed"),
    ("POST", "/livez", 405, "method-not-allowed"),
    ("POST", "/", 405, "method-not-allowed"),
    ("PUT", "/static/kenshin.css", 405, "method-not-allowed"),
    ("TRACE", "/v1/model", 405, "method-not-allowed"),
    ("OPTIONS", "/v1/model", 405, "method-not-allowed"),
]

_TYPES: list[tuple[str, str | None, tuple[str, ...]]] = [
    ("no type", None, ()),
    ("an empty type", "", ()),
    ("text/plain", "text/plain", ()),
    ("text/json", "text/json", ()),
    ("a form", FORM, ()),
    ("multipart", f"multipart/form-data; boundary={MARK}", ()),
    ("XML", "application/xml", ()),
    ("problem+json", "application/problem+json", ()),
    ("CSV where JSON is taken", "text/csv", ()),
    ("Shift JIS", "application/json; charset=shift_jis", ()),
    ("UTF-16", "application/json; charset=utf-16", ()),
    ("two types", "application/json, text/plain", ()),
    ("a mark as type", MARK, ()),
    ("gzip", "application/json", ("Content-Encoding: gzip",)),
    ("deflate", "application/json", ("Content-Encoding: deflate",)),
    ("br and gzip", "application/json", ("Content-Encoding: br, gzip",)),
    ("a mark as encoding", "application/json", (f"Content-Encoding: {MARK}",)),
]

_HEAD_BYTES = b"Host: 127.0.0.1\r\n"
_NO_HTTP: list[tuple[str, bytes]] = [
    ("a mark", f"{MARK}\r\n\r\n".encode()),
    ("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + MARK.encode()),
    ("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ("HTTP/3.0", b"GET / HTTP/3.0\r\n%s\r\n" % _HEAD_BYTES),
    ("an unknown method", b"FROB /livez HTTP/1.1\r\n%s\r\n" % _HEAD_BYTES),
    ("a method in small letters", b"get /livez HTTP/1.1\r\n%s\r\n" % _HEAD_BYTES),
    ("a space before the colon", b"GET /livez HTTP/1.1\r\nHost : %s\r\n\r\n" % MARK.encode()),
    ("a header without a name", b"GET /livez HTTP/1.1\r\n%s: %s\r\n\r\n"
     % (_HEAD_BYTES, MARK.encode())),
    ("a header without a colon", b"GET /livez HTTP/1.1\r\n%s%s\r\n\r\n"
     % (_HEAD_BYTES, MARK.encode())),
    ("a NUL in a header", b"GET /livez HTTP/1.1\r\n%sX-A: %s\0\r\n\r\n"
     % (_HEAD_BYTES, MARK.encode())),
    ("a bare line feed in a header", b"GET /livez HTTP/1.1\r\n%sX-A: a\rb%s\r\n\r\n"
     % (_HEAD_BYTES, MARK.encode())),
    ("a folded header", b"GET /livez HTTP/1.1\r\nX-A: a\r\n %s\r\nHost : x\r\n\r\n"
     % MARK.encode()),
    ("a space in the target", b"GET /livez?%s x HTTP/1.1\r\n%s\r\n" % (MARK.encode(), _HEAD_BYTES)),
    ("CONNECT", b"CONNECT %s.example:443 HTTP/1.1\r\n%s\r\n" % (MARK.encode(), _HEAD_BYTES)),
    ("a length that is a word", b"POST /v1/predictions HTTP/1.1\r\n%sContent-Length: %s\r\n\r\n"
     % (_HEAD_BYTES, MARK.encode())),
    ("a negative length", b"POST /v1/predictions HTTP/1.1\r\n%sContent-Length: -1\r\n\r\n"
     % _HEAD_BYTES),
    ("a length with a plus", b"POST /v1/predictions HTTP/1.1\r\n%sContent-Length: +2\r\n\r\n{}"
     % _HEAD_BYTES),
    ("a length of 30 digits", b"POST /v1/predictions HTTP/1.1\r\n%sContent-Length: %s\r\n\r\n"
     % (_HEAD_BYTES, b"9" * 30)),
    ("two lengths", b"POST /v1/predictions HTTP/1.1\r\n%sContent-Length: 2\r\n"
     b"Content-Length: 3\r\n\r\n{}" % _HEAD_BYTES),
    ("a length and chunks", b"POST /v1/predictions HTTP/1.1\r\n%sContent-Length: 2\r\n"
     b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" % _HEAD_BYTES),
    ("an unknown transfer encoding", b"POST /v1/predictions HTTP/1.1\r\n%s"
     b"Transfer-Encoding: %s\r\n\r\n{}" % (_HEAD_BYTES, MARK.encode())),
    ("a chunk size that is a word", b"POST /v1/predictions HTTP/1.1\r\n%s"
     b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n%s\r\n"
     % (_HEAD_BYTES, b"zz" + MARK.encode())),
    ("a chunk size beyond 64 bits", b"POST /v1/predictions HTTP/1.1\r\n%s"
     b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n%s\r\n"
     % (_HEAD_BYTES, b"F" * 17)),
]  # fmt: skip


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
        Bad("an absolute target", request("GET", f"http://{MARK}.example/v9"), 404,
            "no-such-route"),
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
        Bad("a body of a megabyte and one", request("POST", PREDICTIONS, b'"' + b"x" * 1_000_000),
            413, "body-too-large"),
        Bad("three megabytes in chunks", _chunked(PREDICTIONS, [b"x" * 60_000] * 50), 413,
            "body-too-large"),
        Bad("bad JSON in chunks", _chunked(PREDICTIONS, [b"{", MARK.encode(), b"}"]), 400,
            "malformed-request"),
        Bad("no body", request("POST", PREDICTIONS, b""), 400, "malformed-request"),
    ]  # fmt: skip


def _chunked(target: str, chunks: list[bytes]) -> bytes:
    head = request("POST", target, None, "Content-Type: application/json",
                   "Transfer-Encoding: chunked")  # fmt: skip
    return head + b"".join(b"%x\r\n%s\r\n" % (len(c), c) for c in chunks) + b"0\r\n\r\n"


def _writes() -> list[Bad]:
    """Return bad feedback, bad keys of writes and bad forms of pages."""
    good = _sent({"verdict": "agree"})
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
            Bad(name, request("POST", FEEDBACK, _sent(body)), 422, "invalid-request")
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
        Bad("a page's form as JSON", request("POST", "/feedback", _sent({"note": MARK})), 415,
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
            Bad(name, request("POST", INVOCATIONS, _sent(body)), 422, one)
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
          for name, body in _UNREADABLE),
        *(Bad(f"schema: {name}", request("POST", PREDICTIONS, body), 422, "invalid-request")
          for name, body in _BROKEN),
        Bad("an unknown account", request("POST", PREDICTIONS, _asked({"account_id": MARK})), 404,
            "unknown-account"),
        *(Bad(f"query: {query[:40]}", request("GET", f"/v1/accounts?{query}"), 422,
              "invalid-request") for query in _QUERIES),
        *(Bad(f"target: {target}", request("GET", target), 400, "malformed-request")
          for target in _UNREADABLE_TARGETS),
        Bad("target: raw bytes", request("GET", b"/v1/accounts?q=\xff"), 400,
            "malformed-request", closes=True),
        *(Bad(f"GET {target[:60]}", request("GET", target), status, slug)
          for target, status, slug in _NOWHERE),
        *(Bad(f"{method} {target}", request(method, target, MARK.encode()), status, slug)
          for method, target, status, slug in _METHODS),
        *(Bad(f"type: {name}", request("POST", PREDICTIONS, _asked({"account_id": MARK}), *more,
                                       media_type=declared), 415, "unsupported-media-type")
          for name, declared, more in _TYPES),
        *(Bad(f"no HTTP: {name}", data, 400, "malformed-request", closes=True)
          for name, data in _NO_HTTP),
        *_heads(),
        *_writes(),
        *_invocations(),
    ]  # fmt: skip
