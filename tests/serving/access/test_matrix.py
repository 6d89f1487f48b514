"""Every route × every kind of key: who gets in and who is told what."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import httpx
import pytest
from fastapi import Request, Response

from serving.access import keyring
from serving.access import keys as kept
from serving.access.caller import SCOPES
from serving.access.scopes import routes_of, rule_of
from serving.app import create_app
from tests.builders.served import Client
from tests.serving.access.conftest import Gate

Next = Callable[[Request], Awaitable[Response]]

FILLED = {
    "{account_id}": "A00001", "{slug}": "no-valid-key", "{name}": "start.js",
    "{path}": "kenshin.css", "{score_id}": "0" * 32, "{request_id}": "1",
}  # fmt: skip
WRONG = {
    "no key": {},
    "no scheme": {"Authorization": "kk_abcdefghijkl_" + "A" * 43},
    "basic": {"Authorization": "Basic dTpw"},
    "nonsense": {"Authorization": "Bearer nonsense"},
    "unknown": {"Authorization": "Bearer kk_abcdefghijkl_" + "A" * 43},
}


def address(template: str) -> str:
    for place, value in FILLED.items():
        template = template.replace(place, value)
    if "{" in template:
        template = template.replace("{", "").replace("}", "")
    return template


def asked(gate: Gate, method: str, template: str, headers: dict[str, str]) -> httpx.Response:
    return gate.client.request(
        "GET" if method == "*" else method, address(template), headers=headers
    )


def lacks_scope(answer: httpx.Response) -> bool:
    return answer.status_code == 403 and "/problems/scope-missing" in answer.text


def reasons(gate: Gate) -> dict[str, dict[str, str]]:
    """Return the headers of every request that has to be answered 401."""
    wrong = gate.keys["all"].key.key_id
    return {
        **WRONG,
        "wrong secret": {"Authorization": f"Bearer kk_{wrong}_{'A' * 43}"},
        "expired": gate.bearer("expired"),
        "revoked": gate.bearer("revoked"),
    }


def test_the_whole_matrix(gate: Gate) -> None:
    seen = 0
    for method, template in routes_of(gate.app.routes):
        rule = rule_of(method, template)
        for reason, headers in reasons(gate).items():
            status = asked(gate, method, template, headers).status_code
            assert (status == 401) == (not rule.is_open), (method, template, reason, status)
            seen += 1
        for scope in SCOPES:
            answer = asked(gate, method, template, gate.bearer(scope))
            place = (method, template, scope, answer.status_code)
            if rule.scope in (None, scope):
                assert answer.status_code != 401, place
                assert not lacks_scope(answer), place
            else:
                assert answer.status_code == 403, place
                if method != "HEAD":
                    assert answer.json()["type"] == "/problems/scope-missing", place
                    assert f"'{rule.scope}'" in answer.json()["expected"], place
                assert f'scope="{rule.scope}"' in answer.headers["WWW-Authenticate"], place
            seen += 1
    assert seen > 300


def test_each_reason_to_refuse_a_key_has_the_same_answer(gate: Gate) -> None:
    answers = {
        reason: gate.client.get("/v1/model", headers=headers | {"X-Request-ID": "same"})
        for reason, headers in reasons(gate).items()
    }
    assert {answer.text for answer in answers.values()} == {answers["no key"].text}
    assert {answer.status_code for answer in answers.values()} == {401}
    shown = {tuple(sorted(answer.headers.items())) for answer in answers.values()}
    assert len(shown) == 1
    assert answers["no key"].headers["WWW-Authenticate"] == 'Bearer realm="kenshin"'
    assert answers["no key"].headers["content-type"] == "application/problem+json"


def test_a_key_is_answered_only_in_its_header_and_only_once(gate: Gate) -> None:
    text = gate.keys["read"].token.text
    assert gate.client.get("/v1/model", {"api_key": text}).status_code == 401
    assert gate.client.get("/v1/model", headers={"X-API-Key": text}).status_code == 401
    twice = httpx.Headers(
        [("Authorization", f"Bearer {text}"), ("Authorization", f"Bearer {text}")]
    )
    assert gate.client.get("/v1/model", headers=twice).status_code == 401  # type: ignore[arg-type]
    for scheme in ("bearer", "BEARER"):
        headers = {"Authorization": f"{scheme} {text}"}
        assert gate.client.get("/v1/model", headers=headers).status_code == 200


def test_a_wrong_key_is_not_mended_by_a_session(gate: Gate) -> None:
    entered = gate.sign_in(gate.keys["read"].token.text)
    token = entered.headers["set-cookie"].split(";")[0]
    assert gate.client.get("/", headers={"Cookie": token}).status_code == 200
    both = {"Cookie": token, "Authorization": "Bearer nonsense"}
    assert gate.client.get("/", headers=both).status_code == 401


def test_unknown_addresses_and_methods_are_told_only_to_those_with_a_key(gate: Gate) -> None:
    assert gate.client.get("/nowhere").status_code == 401
    assert gate.client.get("/nowhere", headers=gate.bearer("predict")).status_code == 404
    assert gate.client.request("PUT", "/v1/model").status_code == 401
    assert gate.client.request("PUT", "/v1/model", headers=gate.bearer("read")).status_code == 405


def test_the_caller_is_known_to_what_comes_after(gate: Gate) -> None:
    seen = []
    app = create_app(gate.company.settings, engine=gate.company.engine)

    @app.middleware("http")
    async def _(request: Request, call_next: Next) -> Response:
        answer = await call_next(request)
        seen.append(request.scope["state"]["caller"])
        return answer

    client = Client(app)
    client.get("/v1/model", headers=gate.bearer("read"))
    client.get("/livez")
    assert [(one.name, one.key_id) for one in seen] == [
        ("read", gate.keys["read"].key.key_id),
        ("nobody", None),
    ]


@pytest.mark.parametrize("host", ["here", "localhost", "LOCALHOST:80", "127.0.0.1:8000", "[::1]"])
def test_without_any_key_every_route_is_open_under_its_own_name(open_gate: Gate, host: str) -> None:
    for method, template in routes_of(open_gate.app.routes):
        answer = asked(open_gate, method, template, {"Host": host})
        assert answer.status_code not in (401, 421), template
        assert not lacks_scope(answer), template


def test_once_a_key_was_made_nothing_opens_again_by_itself(open_gate: Gate) -> None:
    made = open_gate.make("first", "read")
    try:
        assert open_gate.client.get("/v1/model").status_code == 401
        open_gate.at(made.key.created_at)
        revoked_at = made.key.created_at + timedelta(seconds=1)
        kept.revoke(open_gate.company.engine, made.key.key_id, now=revoked_at, by="test")
        open_gate.at(revoked_at + timedelta(days=1))
        assert open_gate.client.get("/v1/model").status_code == 401
        assert open_gate.client.get("/livez").status_code == 200
    finally:
        _forget_keys(open_gate)


def _forget_keys(gate: Gate) -> None:
    with gate.company.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM api_keys")
    gate.callers.reread()


def test_a_store_that_cannot_be_read_lets_nobody_in(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_: object) -> dict[str, keyring.KnownKey]:
        raise RuntimeError("away")

    monkeypatch.setattr(keyring, "_known", away)
    gate.callers.reread()
    answer = gate.client.get("/v1/model", headers=gate.bearer("read"))
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/keys-unknown")
    assert gate.client.get("/livez").status_code == 200
    monkeypatch.undo()
    assert Client(gate.app).get("/v1/model", headers=gate.bearer("read")).status_code == 200
