"""The way back after signing in: to the page that was asked for, and to no other site."""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.pages.sign_in import own_path
from tests.serving.access.conftest import Gate

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}

EVIL = ("//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example", "evil",
        "/\t/evil.example", "/\n/evil", "javascript:alert(1)", "", "///evil.example", "/a\\b",
        "http:evil.example", " //evil.example", "/%0d\r\nx", "/sign-in", "/sign-out", "/\x85/evil",
        "/" + "a" * 3000)  # fmt: skip


@pytest.mark.parametrize("target", EVIL)
def test_the_way_back_never_leads_to_another_site(gate: Gate, target: str) -> None:
    answer = gate.sign_in(gate.keys["read"].token.text, target)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    shown = gate.client.get("/sign-in", {"next": target}).text
    assert 'name="next" value="/"' in shown


@given(st.text(max_size=40))
def test_a_way_back_is_a_path_of_this_site_for_a_browser_too(target: str) -> None:
    chosen = httpx.URL("http://here/sign-in").join(own_path(target))
    assert (chosen.host, chosen.scheme) == ("here", "http")


@pytest.mark.parametrize("target", ["/", "/accounts/A%2F1?lang=ja#feedback", "/leavers.csv"])
def test_a_path_of_our_own_is_kept(target: str) -> None:
    assert own_path(target) == target


@pytest.mark.parametrize("path", ["/accounts/a%3Fb%23c%2Fd?lang=ja&x=%26", "/accounts/%E5%81%A5"])
def test_the_way_back_is_the_very_address_that_was_asked_for(gate: Gate, path: str) -> None:
    led = gate.client.get(path, headers=BROWSER).headers["location"]
    assert httpx.URL(led).params["next"] == path
    entered = gate.sign_in(gate.keys["read"].token.text, httpx.URL(led).params["next"])
    assert entered.headers["location"] == path
