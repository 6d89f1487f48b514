"""Whose page a request came from, and under which name this machine was asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.access.gate import is_open
from serving.access.origin import hostname, is_loopback, own_name, own_page
from serving.access.scopes import routes_of
from serving.app import create_app
from tests.builders.served import Client
from tests.serving.access.conftest import Gate
from tests.serving.access.test_matrix import address

FOREIGN = ("evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil.example",
           "0.0.0.0", "0.0.0.0:80", "127.1", "2130706433", "0x7f.1", "[::]", "10.0.0.1",
           "localhost.", "localhost@evil.example", "evil.example#localhost", "")  # fmt: skip
OWN_NAMES = ("localhost", "LOCALHOST:8000", "127.0.0.1", "127.0.0.2:1", "[::1]:8000", "::1",
             "[::ffff:127.0.0.1]:80")  # fmt: skip


@pytest.mark.parametrize("host", FOREIGN)
def test_a_foreign_name_is_refused_while_there_is_no_key(open_gate: Gate, host: str) -> None:
    answer = open_gate.client.get("/v1/model", headers={"Host": host})
    assert answer.status_code == 421
    assert answer.json()["type"] == "/problems/foreign-host"
    assert "kenshin keys create" in answer.json()["fix"]
    assert host not in answer.text or host == ""


@pytest.mark.parametrize("host", OWN_NAMES)
def test_this_machines_own_names_are_known(open_gate: Gate, host: str) -> None:
    assert own_name(host, "127.0.0.1", ())
    assert open_gate.client.get("/v1/model", headers={"Host": host}).status_code == 200


def test_a_proxys_name_is_known_where_the_settings_name_it() -> None:
    assert own_name("kenshin.example:443", "127.0.0.1", ("kenshin.example",))
    assert not own_name("other.example", "127.0.0.1", ("kenshin.example",))
    assert not own_name(None, "127.0.0.1", ("kenshin.example",))


BY_PROXIES = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto",
              "x-forwarded-prefix", "X-Real-IP")  # fmt: skip


@pytest.mark.parametrize("header", BY_PROXIES)
def test_what_a_proxy_sent_on_is_refused_while_nothing_guards_the_server(
    open_gate: Gate, header: str
) -> None:
    given = {"Host": "localhost:8000", header: "for=203.0.113.9"}
    answer = open_gate.client.get("/v1/model", headers=given)
    assert (answer.status_code, answer.json()["type"]) == (421, "/problems/unguarded-proxy")
    assert "kenshin keys create" in answer.json()["fix"]
    assert "[serving].hosts" in answer.json()["fix"]
    assert "203.0.113.9" not in answer.text
    page = open_gate.client.get("/", headers=given)
    assert page.status_code == 421
    # The straight way as well as the long one.
    ask = ("POST", "/v1/predictions")
    json = given | {"Content-Type": "application/json"}
    body = b'{"accounts": [{"features": {"mrr": 1}}]}'
    assert open_gate.client.request(*ask, headers=json, body=body).status_code == 421
    assert open_gate.client.get("/livez", headers=given).status_code == 200


def test_a_proxy_that_the_settings_name_or_a_key_guards_may_send_on(
    gate: Gate, open_gate: Gate
) -> None:
    forwarded = {"X-Forwarded-For": "203.0.113.9", "Via": "1.1 proxy"}
    answer = gate.client.get("/v1/model", headers=gate.bearer("read") | forwarded)
    assert answer.status_code == 200
    settings = open_gate.company.settings
    serving = settings.serving.model_copy(update={"hosts": ("kenshin.example",)})
    named = settings.model_copy(update={"serving": serving})
    client = Client(create_app(named, engine=open_gate.company.engine))
    behind = forwarded | {"Host": "kenshin.example"}
    assert client.get("/v1/model", headers=behind).status_code == 200
    assert client.get("/v1/model", headers=forwarded | {"Host": "x.example"}).status_code == 421


def test_with_a_key_the_name_does_not_matter(gate: Gate) -> None:
    headers = gate.bearer("read") | {"Host": "kenshin.example"}
    assert gate.client.get("/v1/model", headers=headers).status_code == 200


@given(st.text(max_size=60))
def test_any_host_header_is_read_without_an_error(host: str) -> None:
    assert isinstance(own_name(host, "127.0.0.1", ()), bool)
    assert ":" not in hostname(f"x{host.replace(':', '')}:80")


@pytest.mark.parametrize(
    ("server", "opened"),
    [
        ("127.0.0.1", True), ("::1", True), ("here", True), ("0.0.0.0", False), ("10.1.2.3", False),
        ("2001:db8::1", False), ("/run/kenshin.sock", False), ("kenshin.example", False),
        ("", False), (None, False), ("::ffff:10.0.0.1", False),
    ],
)  # fmt: skip
def test_without_a_key_only_loopback_is_open(server: str | None, opened: bool) -> None:
    assert is_open(server) is opened


@pytest.mark.parametrize("text", ["", "localhost", "127.1", "0", "::ffff:10.0.0.1", "x" * 5000])
def test_what_is_no_loopback_address_is_none(text: str) -> None:
    assert not is_loopback(text)


@pytest.mark.parametrize(
    ("site", "origin", "own"),
    [
        ("same-origin", None, True), ("same-origin", "https://evil.example", True),
        ("same-site", "http://here", False), ("cross-site", "http://here", False),
        ("none", "http://here", False), ("", "http://here", False),
        (None, "http://here", True), (None, "https://here", True), (None, "http://here:81", False),
        (None, "null", False), (None, "", False), (None, "http://evil.example", False),
        (None, "http://here\n", False), (None, "http://user@here", False), (None, None, None),
    ],
)  # fmt: skip
def test_a_page_is_our_own_only_where_the_browser_says_so(
    site: str | None, origin: str | None, own: bool | None
) -> None:
    assert own_page(site, origin, "here") is own


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_origin_is_read_without_an_error(origin: str, host: str) -> None:
    for given_origin in (origin, f"http://{origin}", f"http://[{origin}"):
        assert own_page(None, given_origin, host) is not None


FORGED = (
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost:3000"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://["},
)


def writes(gate: Gate) -> list[tuple[str, str]]:
    """Return method and address of everything that changes something, but for the door itself."""
    found = [
        (method, address(template))
        for method, template in routes_of(gate.app.routes)
        if method not in ("GET", "HEAD", "*") and not template.startswith("/sign-")
    ]
    assert {"/override", "/feedback", "/v1/subjects/A00001"} <= {path for _, path in found}
    return found


@pytest.mark.parametrize("headers", FORGED)
def test_a_foreign_page_changes_nothing_even_without_keys(
    open_gate: Gate, headers: dict[str, str]
) -> None:
    for method, path in writes(open_gate):
        answer = open_gate.client.request(method, path, headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/foreign-form"), path


@pytest.mark.parametrize("headers", [*FORGED, {}])
def test_a_session_changes_nothing_unless_our_own_page_asked(
    gate: Gate, headers: dict[str, str]
) -> None:
    entered = gate.sign_in(gate.keys["all"].token.text)
    token = {"Cookie": entered.headers["set-cookie"].split(";")[0]}
    for method, path in writes(gate):
        answer = gate.client.request(method, path, headers=headers | token)
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/foreign-form"), path
        if "subjects" not in path:
            asked = {"Sec-Fetch-Site": "same-origin"} | token
            assert "foreign-form" not in gate.client.request(method, path, headers=asked).text, path


def test_a_program_without_a_browser_needs_no_origin(open_gate: Gate, gate: Gate) -> None:
    asked = b'{"accounts": [{"features": {"mrr": 1}}]}'
    json = {"Content-Type": "application/json"}
    ask = ("POST", "/v1/predictions")
    assert open_gate.client.request(*ask, headers=json, body=asked).status_code == 200
    keyed = json | gate.bearer("predict") | {"Origin": "https://elsewhere.example"}
    assert gate.client.request(*ask, headers=keyed, body=asked).status_code == 200
