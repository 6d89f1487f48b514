"""The contents of bad requests: bodies, queries, addresses, types, and what is no HTTP."""

import gzip
import json

MARK = "c4n4ry7f"
PREDICTIONS = "/v1/predictions"
FEEDBACK = "/v1/accounts/A00001/feedback"
INVOCATIONS = "/invocations"
FORM = "application/x-www-form-urlencoded"


def sent(body: object) -> bytes:
    """Return ``body`` as JSON."""
    return json.dumps(body).encode()


def asked(*accounts: object) -> bytes:
    """Return a request for predictions of ``accounts``."""
    return sent({"accounts": list(accounts), **({} if accounts else {"mark": MARK})})


def _valued(text: str) -> bytes:
    """Return a prediction with one raw JSON value, the mark beside it."""
    one = f'{{"account_id": "{MARK}", "features": {{"mrr": {text}}}}}'
    return f'{{"accounts": [{one}]}}'.encode()


UNREADABLE: list[tuple[str, bytes]] = [
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

BROKEN: list[tuple[str, bytes]] = [
    ("null", b"null"),
    ("true", b"true"),
    ("a number", b"7"),
    ("a text", b'"%s"' % MARK.encode()),
    ("a list", b'["%s"]' % MARK.encode()),
    ("nothing in it", b"{}"),
    ("another key", sent({"account": MARK})),
    ("an extra key", sent({"accounts": [{"account_id": "A00001"}], "x": MARK})),
    ("a key of another script", sent({"accounts": [{"account_id": "A00001"}], "会社": MARK})),
    ("an address as a key", sent({"accounts": [], f"{MARK}@example.com": 1})),
    ("__proto__", b'{"accounts": [{"account_id": "A00001"}], "__proto__": {"x": "%s"}}'
     % MARK.encode()),
    ("no accounts", asked()),
    ("accounts null", sent({"accounts": None, "mark": MARK})),
    ("accounts an object", sent({"accounts": {"0": MARK}})),
    ("accounts a text", sent({"accounts": MARK})),
    ("accounts a number", sent({"accounts": 12, "mark": MARK})),
    ("an account a text", asked(MARK)),
    ("an account null", asked(None, {"account_id": MARK})),
    ("an account a list", asked([MARK])),
    ("an account empty", asked({})),
    ("both null", asked({"account_id": None, "features": None})),
    ("an extra field", asked({"account_id": "A00001", "id": MARK})),
    ("an id a number", asked({"account_id": 12}, {"account_id": MARK})),
    ("an id true", asked({"account_id": True})),
    ("an id a list", asked({"account_id": [MARK]})),
    ("an id an object", asked({"account_id": {"$ne": MARK}})),
    ("an id empty", asked({"account_id": ""})),
    ("an id of 256 letters", asked({"account_id": MARK * 32})),
    ("1,001 accounts", asked(*[{"account_id": MARK}] * 1_001)),
    ("features empty", asked({"features": {}})),
    ("features a list", asked({"features": [MARK]})),
    ("features a text", asked({"features": MARK})),
    ("a text for a number", asked({"features": {"mrr": MARK}})),
    ("twelve in quotes", asked({"features": {"mrr": "12"}})),
    ("a number for a text", asked({"features": {"plan": 3}})),
    ("true for a number", asked({"features": {"mrr": True}})),
    ("a list for a number", asked({"features": {"mrr": [MARK]}})),
    ("an object for a number", asked({"features": {"mrr": {"value": MARK}}})),
    ("an empty text", asked({"features": {"plan": ""}})),
    ("a text of 256 letters", asked({"features": {"plan": MARK * 32}})),
    ("an unknown feature", asked({"features": {"active_user_28d": 3, "plan": MARK}})),
    ("a feature name of 300 letters", asked({"features": {"f" * 300: MARK}})),
    ("2,001 features", asked({"features": {f"f{n}": MARK for n in range(2_001)}})),
    ("an empty feature name", asked({"features": {"": MARK}})),
]  # fmt: skip

QUERIES = [
    "limit=0", "limit=-1", "limit=501", "limit=99999999999999999999999", "limit=1.0", "limit=1e1",
    "limit=1_0", "limit=%2B5", "limit=%20", "limit=", "limit=%EF%BC%95", "limit=0x10", "limit=NaN",
    "limit=5&limit=6", "limit[]=5", f"limit={MARK}", f"band={MARK}", "band=red&band=RED", "plan=",
    f"order={MARK}", "order=arr&order=arr", "cursor=", f"cursor={MARK}", "cursor=e30=",
    "cursor=bnVsbA==", "cursor=" + "A" * 2_001, f"bands={MARK}", "q=" + MARK * 26, f"%7B{MARK}=1",
    f"{MARK}@example.com=1", "__proto__=1", "order=health_score;drop+table+runs",
]  # fmt: skip

UNREADABLE_TARGETS = [
    f"/v1/accounts?q={MARK}%00", f"/v1/accounts?q={MARK}%FF", f"/v1/accounts?q={MARK}%ED%A0%80",
    f"/v1/accounts?q={MARK}%C0%AF", f"/v1/accounts/{MARK}%00", f"/v1/accounts/{MARK}%FF",
    f"/v1/accounts/{MARK}%00/history", f"/accounts/{MARK}%00", f"/static/{MARK}%00.css",
    f"/problems/{MARK}%FF",
]  # fmt: skip

NOWHERE: list[tuple[str, int, str]] = [
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

METHODS: list[tuple[str, str, int, str]] = [
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

TYPES: list[tuple[str, str | None, tuple[str, ...]]] = [
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
NO_HTTP: list[tuple[str, bytes]] = [
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
    ("a bare line feed in a header", b"GET /livez HTTP/1.1\r\n%sX-A: a\nX-B: %s\r\n\r\n"
     % (_HEAD_BYTES, MARK.encode())),
    ("a bare carriage return in a header", b"GET /livez HTTP/1.1\r\n%sX-A: a\rb%s\r\n\r\n"
     % (_HEAD_BYTES, MARK.encode())),
    ("line feeds alone", b"GET /livez HTTP/1.1\nHost: 127.0.0.1\nX-A: %s\n\n" % MARK.encode()),
    ("a folded header", b"GET /livez HTTP/1.1\r\n%sX-A: a\r\n %s\r\n\r\n"
     % (_HEAD_BYTES, MARK.encode())),
    ("a folded transfer encoding", b"POST /v1/predictions HTTP/1.1\r\n%s"
     b"Transfer-Encoding:\r\n chunked\r\nX-A: %s\r\n\r\n0\r\n\r\n"
     % (_HEAD_BYTES, MARK.encode())),
    ("two transfer encodings", b"POST /v1/predictions HTTP/1.1\r\n%sTransfer-Encoding: chunked\r\n"
     b"Transfer-Encoding: identity\r\nX-A: %s\r\n\r\n0\r\n\r\n"
     % (_HEAD_BYTES, MARK.encode())),
    ("the same length twice", b"POST /v1/predictions HTTP/1.1\r\n%sContent-Length: 2\r\n"
     b"Content-Length: 2\r\n\r\n{}" % _HEAD_BYTES),
    ("a list of lengths", b"POST /v1/predictions HTTP/1.1\r\n%sContent-Length: 2, 2\r\n\r\n{}"
     % _HEAD_BYTES),
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
