"""Signing in and out on the pages: cookies, ends, and who may do what."""

import re
from datetime import datetime, timedelta
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import sqlalchemy as sa

from features.clock import utc_now
from serving.access import failures, keys
from serving.access.failures import MOST, WINDOW_SECONDS, Failures
from serving.store.schema import feedback, sessions
from serving.store.scores import history
from tests.builders.stores import STORES
from tests.serving.access.conftest import FORM, OWN, Gate

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "gate" in metafunc.fixturenames:
        metafunc.parametrize("gate", STORES, indirect=True, scope="module")


def cookie_of(answer: httpx.Response) -> SimpleCookie:
    return SimpleCookie(answer.headers["set-cookie"])


def held(answer: httpx.Response) -> dict[str, str]:
    """Return the header by which a browser sends the session back."""
    return {"Cookie": answer.headers["set-cookie"].split(";")[0]}


def stored(gate: Gate) -> list[sa.Row[Any]]:
    with gate.company.engine.connect() as connection:
        return list(connection.execute(sa.select(sessions).order_by(sessions.c.created_at)))


def ends_of(gate: Gate, key: keys.Key) -> datetime:
    """Return when the newest session of a key ends."""
    of_key = [row for row in stored(gate) if row.key_id == key.key_id]
    ends: datetime = of_key[-1].expires_at
    return ends


def test_a_key_opens_a_session_of_which_only_the_hash_is_stored(gate: Gate) -> None:
    before = len(stored(gate))
    answer = gate.sign_in(gate.keys["read"].token.text, "/model-check")
    assert (answer.status_code, answer.headers["location"]) == (303, "/model-check")
    (morsel,) = cookie_of(answer).values()
    assert len(morsel.value) >= 43
    row = stored(gate)[-1]
    assert len(stored(gate)) == before + 1
    assert row.key_id == gate.keys["read"].key.key_id
    assert len(row.token_sha256) == 64
    assert morsel.value not in str(stored(gate))
    page = gate.client.get("/", headers=BROWSER | held(answer))
    assert page.status_code == 200
    assert gate.keys["read"].key.name in page.text
    assert 'action="/sign-out"' in page.text
    assert gate.keys["read"].token.secret not in page.text


@pytest.mark.parametrize(
    ("headers", "name", "secure"),
    [
        ({"Host": "127.0.0.1:8000", "Origin": "http://127.0.0.1:8000"}, "kenshin", False),
        ({"Host": "localhost", "Origin": "http://localhost"}, "kenshin", False),
        ({"Host": "[::1]:8", "Origin": "http://[::1]:8"}, "kenshin", False),
        ({"Host": "kenshin.example", "Origin": "https://kenshin.example"}, "__Host-kenshin", True),
        ({"Host": "10.0.0.5:8000", "Origin": "http://10.0.0.5:8000"}, "__Host-kenshin", True),
        ({"Host": "localhost", "Origin": "http://localhost", "X-Forwarded-Proto": "https"},
         "__Host-kenshin", True),
        ({"Host": "localhost", "Origin": "http://localhost", "Forwarded": "for=1"},
         "__Host-kenshin", True),
    ],
)  # fmt: skip
def test_the_cookie_is_out_of_reach_for_scripts_other_sites_and_plain_http(
    gate: Gate, headers: dict[str, str], name: str, secure: bool
) -> None:
    (morsel,) = cookie_of(gate.sign_in(gate.keys["read"].token.text, **headers)).values()
    assert morsel.key == name
    assert morsel["httponly"]
    assert morsel["samesite"] == "lax"
    assert morsel["path"] == "/"
    assert morsel["domain"] == ""
    assert bool(morsel["secure"]) is secure
    assert morsel["max-age"] == str(12 * 3600)


def test_a_neighbouring_site_cannot_plant_a_session_by_a_cookie_of_its_own(gate: Gate) -> None:
    far = {"Host": "kenshin.example", "Origin": "https://kenshin.example"}
    name, token = held(gate.sign_in(gate.keys["read"].token.text, **far))["Cookie"].split("=")
    assert name == "__Host-kenshin"
    for cookie, status in ((f"kenshin={token}", 401), (f"kenshin=x; {name}={token}", 200)):
        answer = gate.client.get("/", headers={"Host": "kenshin.example", "Cookie": cookie})
        assert answer.status_code == status
    out = {"Host": "kenshin.example", "Sec-Fetch-Site": "same-origin", "Cookie": f"{name}={token}"}
    assert gate.client.request("POST", "/sign-out", headers=out).status_code == 303
    assert gate.client.get("/", headers=out).status_code == 401


def test_a_proxys_own_authorization_does_not_stand_in_the_way_of_a_session(gate: Gate) -> None:
    session = held(gate.sign_in(gate.keys["read"].token.text))
    basic = {"Authorization": "Basic dTpw"}
    assert gate.client.get("/", headers=basic | session).status_code == 200
    assert gate.client.get("/", headers=basic | BROWSER).status_code == 303


def test_signing_in_always_gives_a_new_session_and_ends_the_one_before(gate: Gate) -> None:
    planted = {"Cookie": "__Host-kenshin=planted-by-somebody"}
    first = gate.sign_in(gate.keys["read"].token.text, **planted)
    assert "planted-by-somebody" not in first.headers["set-cookie"]
    assert gate.client.get("/", headers=planted).status_code == 401
    second = gate.sign_in(gate.keys["read"].token.text, **held(first))
    assert held(second) != held(first)
    assert gate.client.get("/", headers=held(first)).status_code == 401
    assert gate.client.get("/", headers=held(second)).status_code == 200


def test_signing_out_ends_the_session_in_the_store_and_in_the_browser(gate: Gate) -> None:
    session = held(gate.sign_in(gate.keys["read"].token.text))
    assert gate.client.get("/", headers=session).status_code == 200
    before = len(stored(gate))
    out = gate.client.request("POST", "/sign-out", headers=OWN | session)
    assert (out.status_code, out.headers["location"]) == (303, "/sign-in?out=1")
    assert len(stored(gate)) == before - 1
    for gone in out.headers.get_list("set-cookie"):
        assert re.search(r"Max-Age=0", gone, re.IGNORECASE), gone
    assert gate.client.get("/", headers=session).status_code == 401
    assert gate.client.request("GET", "/sign-out", headers=session).status_code in (401, 405)


def test_a_form_of_another_site_neither_signs_in_nor_out(gate: Gate) -> None:
    session = held(gate.sign_in(gate.keys["read"].token.text))
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"},
                    {"Origin": "null"}):  # fmt: skip
        entered = gate.sign_in(gate.keys["read"].token.text, **headers)
        assert (entered.status_code, "set-cookie" in entered.headers) == (403, False)
        out = gate.client.request("POST", "/sign-out", headers=headers | session)
        assert out.status_code == 403
    body = f"key={gate.keys['read'].token.text}".encode()
    assert gate.client.request("POST", "/sign-in", headers=FORM, body=body).status_code == 403
    assert gate.client.get("/", headers=session).status_code == 200


def test_a_session_ends_after_its_hours(gate: Gate) -> None:
    session = held(gate.sign_in(gate.keys["read"].token.text))
    ends = ends_of(gate, gate.keys["read"].key)
    gate.at(ends - timedelta(seconds=1))
    assert gate.client.get("/", headers=session).status_code == 200
    gate.at(ends)
    page = gate.client.get("/accounts/A00001?lang=ja", headers=BROWSER | session)
    assert page.status_code == 303
    back = quote("/accounts/A00001?lang=ja", safe="")
    assert page.headers["location"] == f"/sign-in?next={back}"
    program = gate.client.get("/v1/model", headers=BROWSER | session)
    assert (program.status_code, program.json()["type"]) == (401, "/problems/no-valid-key")


def test_sessions_that_ran_out_are_swept_at_the_next_sign_in(gate: Gate) -> None:
    gate.sign_in(gate.keys["read"].token.text)
    gate.at(utc_now() + timedelta(days=2))
    gate.sign_in(gate.keys["read"].token.text)
    assert len(stored(gate)) == 1


def test_a_session_ends_with_its_key(gate: Gate) -> None:
    short = gate.make("short", "read", lasts=timedelta(hours=1))
    session = held(gate.sign_in(short.token.text))
    assert ends_of(gate, short.key) == short.key.expires_at
    lost = gate.make("lost", "read")
    other = held(gate.sign_in(lost.token.text))
    keys.revoke(gate.company.engine, lost.key.key_id, now=utc_now(), by="test")
    gate.callers.reread()
    assert gate.client.get("/", headers=other).status_code == 401
    assert gate.client.get("/", headers=session).status_code == 200
    assert short.key.expires_at is not None
    gate.at(short.key.expires_at)
    assert gate.client.get("/", headers=session).status_code == 401


@pytest.mark.parametrize("token", ["", "x", "x" * 5000, "%00", '"', "a;b", "kenshin=1"])
def test_a_cookie_that_is_no_session_opens_nothing(gate: Gate, token: str) -> None:
    headers = {"Cookie": f"__Host-kenshin={token}; lang=en"}
    assert gate.client.get("/v1/model", headers=headers).status_code == 401


def test_the_same_sentence_for_every_key_that_is_not_valid(gate: Gate) -> None:
    wrong = f"kk_{gate.keys['all'].key.key_id}_{'A' * 43}"
    given = [wrong, "kk_abcdefghijkl_" + "A" * 43, "", "nonsense"]
    given += [gate.keys[name].token.text for name in ("expired", "revoked")]
    same = {"X-Request-ID": "same"}
    answers = [gate.sign_in(text, address="192.0.2.7", **same) for text in given]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.text for answer in answers}) == 1
    assert "set-cookie" not in answers[0].headers
    assert not any(text in answers[0].text for text in given if text)


def test_after_ten_failures_an_address_has_to_wait_even_with_a_right_key(gate: Gate) -> None:
    for _ in range(MOST):
        assert gate.sign_in("wrong", address="192.0.2.8").status_code == 401
    paused = gate.sign_in(gate.keys["read"].token.text, address="192.0.2.8")
    assert paused.status_code == 429
    assert 0 < int(paused.headers["Retry-After"]) <= WINDOW_SECONDS
    assert "set-cookie" not in paused.headers


def test_the_pause_is_over_after_its_time_and_others_are_not_held_up() -> None:
    now = [0.0]
    counted = Failures(lambda: now[0])
    for _ in range(MOST):
        assert counted.pause("192.0.2.1") == 0
        counted.note("192.0.2.1")
    assert counted.pause("192.0.2.1") == WINDOW_SECONDS
    assert counted.pause("192.0.2.2") == 0
    now[0] = WINDOW_SECONDS
    assert counted.pause("192.0.2.1") == 0
    counted.note("192.0.2.1")
    assert counted.pause("192.0.2.1") == 0


def test_neighbours_in_one_half_of_version_6_count_as_one_and_memory_is_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(failures, "ADDRESSES", 100)
    counted = Failures(lambda: 0.0)
    for number in range(MOST):
        counted.note(f"2001:db8::{number:x}")
    assert counted.pause("2001:db8::ffff") > 0
    assert counted.pause("2001:db8:0:1::1") == 0
    for number in range(300):
        counted.note(f"10.0.{number // 256}.{number % 256}")
    assert len(counted._seen) == 100
    assert counted.pause("2001:db8::ffff") == 0


def test_a_key_that_may_not_read_opens_no_page_and_says_so(gate: Gate) -> None:
    answer = gate.sign_in(gate.keys["predict"].token.text)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert "read" in answer.text


def test_a_reader_sees_no_form_for_feedback_and_can_send_none(gate: Gate) -> None:
    session = held(gate.sign_in(gate.keys["read"].token.text))
    page = gate.client.get(f"/accounts/{gate.account}?lang=en", headers=session)
    assert "may read, but not give feedback" in page.text
    assert 'action="/feedback"' not in page.text
    score = str(history(gate.company.engine, gate.account)[-1]["score_id"])
    body = f"score_id={score}&verdict=agree".encode()
    sent = gate.client.request("POST", "/feedback", headers=FORM | OWN | session, body=body)
    assert (sent.status_code, sent.json()["type"]) == (403, "/problems/scope-missing")
    giver = held(gate.sign_in(gate.keys["all"].token.text))
    assert 'action="/feedback"' in gate.client.get(f"/accounts/{gate.account}", headers=giver).text
    before = given_feedback(gate)
    sent = gate.client.request("POST", "/feedback", headers=FORM | OWN | giver, body=body)
    assert sent.status_code == 303
    assert given_feedback(gate) == before + 1


def given_feedback(gate: Gate) -> int:
    with gate.company.engine.connect() as connection:
        return len(connection.execute(sa.select(feedback)).all())


def test_a_page_never_shows_another_reader_s_name(gate: Gate) -> None:
    one = held(gate.sign_in(gate.keys["read"].token.text))
    other = held(gate.sign_in(gate.keys["all"].token.text))
    for path in ("/", f"/accounts/{gate.account}", "/model-check", "/leavers"):
        for session, name in ((one, "read"), (other, "all"), (one, "read")):
            page = gate.client.get(path, headers=session).text
            assert re.search(r'class="who">.*?<b>(\w+)</b>', page, re.S)[1] == name  # type: ignore[index]


def test_a_hostile_name_stays_text(gate: Gate) -> None:
    made = gate.make('<img src=x onerror="alert(1)">', "read")
    page = gate.client.get("/", headers=held(gate.sign_in(made.token.text))).text
    assert "<img" not in page
    assert "&lt;img src=x" in page


def test_only_a_browser_on_a_page_is_led_to_the_door(gate: Gate) -> None:
    for path in ("/", "/portfolio.csv", "/docs", "/accounts/A00001"):
        assert gate.client.get(path, headers=BROWSER).status_code == 303, path
        assert gate.client.get(path).status_code == 401, path
        assert gate.client.get(path, headers=BROWSER | gate.bearer("expired")).status_code == 401
    for path in ("/v1/model", "/openapi.json", "/metrics"):
        assert gate.client.get(path, headers=BROWSER).status_code == 401, path


@pytest.mark.parametrize(("language", "words"), [("ja", "サインイン"), ("en", "Sign in")])
def test_the_door_is_open_to_all_in_both_languages_and_kept_by_nobody(
    gate: Gate, language: str, words: str
) -> None:
    door = gate.client.get("/sign-in", {"lang": language, "next": "/leavers"})
    assert door.status_code == 200
    assert words in door.text
    assert door.headers["cache-control"] == "no-store"
    assert 'name="next" value="/leavers"' in door.text
    assert "<nav" not in door.text


def test_the_door_speaks_the_language_of_the_page_that_was_asked_for(gate: Gate) -> None:
    english = {"Accept-Language": "en"}
    door = gate.client.get("/sign-in", {"next": "/leavers?lang=ja"}, headers=english)
    assert '<html lang="ja">' in door.text
    action = re.findall(r'action="(/sign-in[^"]*)"', door.text)[0]
    refused = gate.client.request("POST", action, headers=FORM | OWN | english, body=b"key=kk_none")
    assert refused.status_code == 401
    assert "このキーは有効ではありません" in refused.text
    assert '<html lang="en">' in gate.client.get("/sign-in", headers=english).text


def test_a_door_in_the_clear_warns(gate: Gate) -> None:
    clear = gate.client.get("/sign-in?lang=en", headers={"Host": "kenshin.example"}).text
    by_proxy = {"Host": "kenshin.example", "X-Forwarded-Proto": "https"}
    assert "without https" in clear
    for headers in (by_proxy, {"Host": "localhost"}):
        assert "without https" not in gate.client.get("/sign-in?lang=en", headers=headers).text


def test_a_session_is_checked_while_the_store_is_away_as_long_as_it_was_just_seen(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = held(gate.sign_in(gate.keys["read"].token.text))
    assert gate.client.get("/docs", headers=session).status_code == 200

    def away(*_: object) -> None:
        raise sa.exc.OperationalError("SELECT", {}, Exception("away"))

    monkeypatch.setattr(gate.company.engine, "connect", away)
    assert gate.client.get("/docs", headers=session).status_code == 200
    unseen = gate.client.get("/docs", headers={"Cookie": "__Host-kenshin=never-seen"})
    assert (unseen.status_code, unseen.json()["type"]) == (503, "/problems/store-unavailable")
