"""Bad input by hand: each is answered with where and what, and is never repeated."""

import json
from typing import Any

import httpx
import pytest

from tests.builders.served import Client

SECRET = "jane@example.com"


def accounts(*given: object) -> bytes:
    return json.dumps({"accounts": list(given)}).encode()


BODIES: list[tuple[str, bytes, int, str | None, str]] = [
    # what is wrong, body, status, place of the first fault, its code
    ("empty", b"", 400, "body", "not-json"),
    ("white space", b"  \n", 400, "body", "not-json"),
    ("half an object", b'{"accounts": [', 400, "body", "not-json"),
    ("two documents", b"{}{}", 400, "body", "not-json"),
    ("single quotes", b"{'accounts': []}", 400, "body", "not-json"),
    ("a comment", b'{"accounts": [] /* */}', 400, "body", "not-json"),
    ("a trailing comma", b'{"accounts": [],}', 400, "body", "not-json"),
    ("a raw control character", b'{"accounts": "\x01"}', 400, "body", "not-json"),
    ("NaN", accounts({"features": {"mrr": float("nan")}}), 400, "body", "not-finite"),
    ("Infinity", accounts({"features": {"mrr": float("inf")}}), 400, "body", "not-finite"),
    ("-Infinity", accounts({"features": {"mrr": float("-inf")}}), 400, "body", "not-finite"),
    ("1e999", b'{"accounts": [{"features": {"mrr": 1e999}}]}', 400, "body", "not-finite"),
    ("-1e999", b'{"accounts": [{"features": {"mrr": -1e999}}]}', 400, "body", "not-finite"),
    ("400 digits", b'{"accounts": [{"features": {"mrr": %s}}]}' % (b"7" * 400), 400, "body",
     "not-finite"),
    ("5,000 digits", b"7" * 5000, 400, "body", "not-finite"),
    ("lone surrogate", b'{"accounts": [{"account_id": "\\ud800"}]}', 400, "body",
     "lone-surrogate"),
    ("lone surrogate in a key", b'{"\\udc00": 1}', 400, "body", "lone-surrogate"),
    ("NUL in an id", b'{"accounts": [{"account_id": "A\\u0000"}]}', 400, "body", "nul-character"),
    ("NUL in a key", b'{"accounts": [{"features": {"\\u0000": 1}}]}', 400, "body",
     "nul-character"),
    ("a key twice", b'{"accounts": [], "accounts": []}', 400, "body", "duplicate-key"),
    ("a feature twice", b'{"accounts": [{"features": {"mrr": 1, "mrr": 2}}]}', 400, "body",
     "duplicate-key"),
    ("UTF-16", '{"accounts": []}'.encode("utf-16"), 400, "body", "not-utf-8"),
    ("UTF-32", '{"accounts": []}'.encode("utf-32-le"), 400, "body", "not-json"),
    ("Shift JIS", '{"accounts": "株式会社"}'.encode("shift_jis"), 400, "body", "not-utf-8"),
    ("a byte order mark", b'\xef\xbb\xbf{"accounts": []}', 400, "body", "byte-order-mark"),
    ("an overlong encoding", b'"\xc0\xaf"', 400, "body", "not-utf-8"),
    ("100,000 brackets", b"[" * 100_000, 400, "body", "too-deep"),
    ("8 MB and one", b'"' + b"x" * 7_999_999 + b'"', 413, None, ""),
    ("null", b"null", 422, "body", "model_type"),
    ("a list", b"[]", 422, "body", "model_type"),
    ("a text", b'"accounts"', 422, "body", "model_type"),
    ("a number", b"7", 422, "body", "model_type"),
    ("nothing in it", b"{}", 422, "body.accounts", "missing"),
    ("another key", b'{"account": []}', 422, "body.accounts", "missing"),
    ("an extra key", b'{"accounts": [{"account_id": "A00001"}], "x": 1}', 422, "body.x",
     "extra_forbidden"),
    ("no accounts", accounts(), 422, "body.accounts", "too_short"),
    ("accounts null", b'{"accounts": null}', 422, "body.accounts", "list_type"),
    ("accounts an object", b'{"accounts": {"0": {}}}', 422, "body.accounts", "list_type"),
    ("accounts a text", b'{"accounts": "A00001"}', 422, "body.accounts", "list_type"),
    ("an account a text", accounts("A00001"), 422, "body.accounts.0", "model_type"),
    ("an account null", accounts(None), 422, "body.accounts.0", "model_type"),
    ("an account empty", accounts({}), 422, "body.accounts.0", "value_error"),
    ("both null", accounts({"account_id": None, "features": None}), 422, "body.accounts.0",
     "value_error"),
    ("an extra field", accounts({"account_id": "A00001", "id": SECRET}), 422,
     "body.accounts.0.id", "extra_forbidden"),
    ("an id a number", accounts({"account_id": 12}), 422, "body.accounts.0.account_id",
     "string_type"),
    ("an id true", accounts({"account_id": True}), 422, "body.accounts.0.account_id",
     "string_type"),
    ("an id a list", accounts({"account_id": ["A00001"]}), 422, "body.accounts.0.account_id",
     "string_type"),
    ("an id empty", accounts({"account_id": ""}), 422, "body.accounts.0.account_id",
     "string_too_short"),
    ("an id too long", accounts({"account_id": "x" * 256}), 422, "body.accounts.0.account_id",
     "string_too_long"),
    ("the second of two", accounts({"account_id": "A00001"}, {"account_id": 2}), 422,
     "body.accounts.1.account_id", "string_type"),
    ("features empty", accounts({"features": {}}), 422, "body.accounts.0.features", "too_short"),
    ("features a list", accounts({"features": [1]}), 422, "body.accounts.0.features", "dict_type"),
    ("features a text", accounts({"features": "mrr"}), 422, "body.accounts.0.features",
     "dict_type"),
    ("a value a text for a number", accounts({"features": {"mrr": SECRET}}), 422,
     "body.accounts.0.features.mrr", "wrong_kind"),
    ("a value twelve in quotes", accounts({"features": {"mrr": "12"}}), 422,
     "body.accounts.0.features.mrr", "wrong_kind"),
    ("a value a number for a text", accounts({"features": {"plan": 3}}), 422,
     "body.accounts.0.features.plan", "wrong_kind"),
    ("a value true", accounts({"features": {"mrr": True}}), 422,
     "body.accounts.0.features.mrr", "value_type"),
    ("a value a list", accounts({"features": {"mrr": [1]}}), 422,
     "body.accounts.0.features.mrr", "value_type"),
    ("a value an object", accounts({"features": {"mrr": {"value": 1}}}), 422,
     "body.accounts.0.features.mrr", "value_type"),
    ("a value an empty text", accounts({"features": {"plan": ""}}), 422,
     "body.accounts.0.features.plan", "value_type"),
    ("an unknown feature", accounts({"features": {"active_user_28d": 3}}), 422,
     "body.accounts.0.features.active_user_28d", "unknown_feature"),
    ("an unknown feature of a known account",
     accounts({"account_id": "A00001", "features": {"Plan": "Business"}}), 422,
     "body.accounts.0.features.Plan", "unknown_feature"),
    ("a feature name of 300 letters", accounts({"features": {"f" * 300: 1}}), 422, None,
     "string_too_long"),
    ("an unknown account", accounts({"account_id": SECRET}), 404, None, ""),
    ("an unknown account last", accounts({"account_id": "A00001"}, {"account_id": "Z"}), 404,
     None, ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "status", "place", "code"),
    [case[1:] for case in BODIES],
    ids=[case[0] for case in BODIES],
)
def test_a_bad_body_is_refused_with_its_place_and_rule(
    client: Client, body: bytes, status: int, place: str | None, code: str
) -> None:
    response = client.send(body)
    problem = checked(response, status)
    assert SECRET not in response.text
    if place is not None:
        first = problem["errors"][0]
        assert first["field"] == place
        assert set(first) == {"field", "code", "message"}
    if code:
        assert problem["errors"][0]["code"] == code


ADDRESSES: list[tuple[str, str, int, str | None]] = [
    # method, address, status, place of the first fault
    ("GET", "/v1/accounts?limit=0", 422, "query.limit"),
    ("GET", "/v1/accounts?limit=-1", 422, "query.limit"),
    ("GET", "/v1/accounts?limit=501", 422, "query.limit"),
    ("GET", "/v1/accounts?limit=99999999999999999999999", 422, "query.limit"),
    ("GET", "/v1/accounts?limit=1.0", 422, "query.limit"),
    ("GET", "/v1/accounts?limit=1e1", 422, "query.limit"),
    ("GET", "/v1/accounts?limit=1_0", 422, "query.limit"),
    ("GET", "/v1/accounts?limit=%2B5", 422, "query.limit"),
    ("GET", "/v1/accounts?limit=%20", 422, "query.limit"),
    ("GET", "/v1/accounts?limit=", 422, "query.limit"),
    ("GET", "/v1/accounts?limit=%EF%BC%95", 422, "query.limit"),
    ("GET", "/v1/accounts?limit=5&limit=6", 422, "query.limit"),
    ("GET", "/v1/accounts?band=purple", 422, "query.band.0"),
    ("GET", "/v1/accounts?band=red&band=RED", 422, "query.band.1"),
    ("GET", "/v1/accounts?plan=", 422, "query.plan.0"),
    ("GET", "/v1/accounts?order=name", 422, "query.order"),
    ("GET", "/v1/accounts?order=arr&order=arr", 422, "query.order"),
    ("GET", "/v1/accounts?cursor=", 422, "query.cursor"),
    ("GET", "/v1/accounts?cursor=abc", 422, "query.cursor"),
    ("GET", "/v1/accounts?bands=red", 422, "query.bands"),
    ("GET", "/v1/accounts?q=" + "x" * 201, 422, "query.q"),
    ("GET", "/v1/accounts?q=%00", 400, "query"),
    ("GET", "/v1/accounts?q=%FF", 400, "query"),
    ("GET", "/v1/accounts?q=%ED%A0%80", 400, "query"),
    ("GET", "/v1/accounts/%00", 400, "path"),
    ("GET", "/v1/accounts/%FF", 400, "path"),
    ("GET", "/v1/accounts/" + "x" * 256, 422, "path.account_id"),
    ("GET", "/v1/accounts/", 422, "path.account_id"),
    ("GET", "/v1/accounts/A00001?x=1", 422, "query.x"),
    ("GET", "/v1/accounts/A00001/explanation?lang=fr", 422, "query.lang"),
    ("GET", "/v1/accounts/A00001/explanation?lang=", 422, "query.lang"),
    ("GET", "/v1/accounts/A00001/history?limit=0", 422, "query.limit"),
    ("GET", "/v1/accounts/nobody", 404, None),
    ("GET", "/v1/model?version=1", 422, "query.version"),
    ("GET", "/livez?verbose", 422, "query.verbose"),
    ("GET", "/readyz?x=1", 422, "query.x"),
    ("GET", "/v1/model/", 404, None),
    ("GET", "/v2/accounts", 404, None),
    ("GET", "/v1", 404, None),
    ("GET", "/redoc", 404, None),
    ("GET", "/docs/../pyproject.toml", 404, None),
    ("GET", "/docs/%2e%2e%2fapp.py", 404, None),
    ("GET", "/problems/nothing", 404, None),
    ("GET", "/problems/Not%20a%20slug", 422, "path.slug"),
    ("GET", "/v1/predictions", 405, None),
    ("PUT", "/v1/predictions", 405, None),
    ("DELETE", "/v1/accounts/A00001", 405, None),
    ("POST", "/v1/accounts", 405, None),
    ("POST", "/livez", 405, None),
    ("PATCH", "/v1/model", 405, None),
    ("TRACE", "/v1/model", 405, None),
    ("FROB", "/v1/model", 405, None),
]


@pytest.mark.parametrize(("method", "address", "status", "place"), ADDRESSES)
def test_a_bad_address_is_refused_with_its_place(
    client: Client, method: str, address: str, status: int, place: str | None
) -> None:
    response = client.request(method, address)
    problem = checked(response, status)
    if place is not None:
        assert problem["errors"][0]["field"] == place
    if status == 405:
        assert response.headers["Allow"]


@pytest.mark.parametrize(
    ("address", "taken"),
    [
        ("/v1/accounts/A00001/feedback", {"GET", "HEAD", "POST"}),
        ("/v1/accounts/A00001/override", {"DELETE", "GET", "HEAD", "POST"}),
        ("/v1/accounts/A00001", {"GET", "HEAD"}),
        ("/v1/predictions", {"POST"}),
    ],
)  # fmt: skip
def test_allow_names_what_an_address_takes_by_all_routes_that_it_fits(
    client: Client, address: str, taken: set[str]
) -> None:
    response = client.request("OPTIONS", address)
    checked(response, 405)
    assert set(response.headers["Allow"].split(", ")) == taken


@pytest.mark.parametrize("ending", ["feedback", "override"])
def test_reading_where_one_writes_says_so(client: Client, ending: str) -> None:
    problem = checked(client.get(f"/v1/accounts/A00001/{ending}"), 404)
    assert "Use POST" in problem["fix"]


@pytest.mark.parametrize(
    "declared",
    ["", "text/plain", "text/json", "application/x-www-form-urlencoded", "multipart/form-data",
     "application/json; charset=shift_jis", "application/problem+json"],
)  # fmt: skip
def test_a_body_of_another_type_is_refused(client: Client, declared: str) -> None:
    headers = {"Content-Type": declared} if declared else {}
    body = accounts({"account_id": "A00001"})
    response = client.request("POST", "/v1/predictions", headers=headers, body=body)
    checked(response, 415)
    assert response.headers["Accept"] == "application/json"


def test_a_compressed_body_is_refused(client: Client) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    response = client.request("POST", "/v1/predictions", headers=headers, body=b"\x1f\x8b")
    checked(response, 415)


def test_a_wrong_method_comes_before_a_wrong_type(client: Client) -> None:
    checked(client.request("PUT", "/v1/predictions", body=b"x"), 405)
    checked(client.request("POST", "/v1/nothing", body=b"x"), 404)


def test_many_faults_are_counted_and_the_first_are_listed(client: Client) -> None:
    response = client.send(accounts(*[{"account_id": n} for n in range(100)]))
    problem = checked(response, 422)
    assert len(problem["errors"]) == 20
    assert "and 99 more" in problem["detail"]


def checked(response: httpx.Response, status: int) -> dict[str, Any]:
    """Return the problem document of ``response`` after checking what holds for all of them."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert problem["status"] == status
    assert problem["type"].startswith("/problems/")
    assert problem["title"]
    assert problem["detail"]
    assert problem["request_id"] == response.headers["X-Request-ID"]
    assert problem["instance"] == f"urn:kenshin:request:{problem['request_id']}"
    return problem
