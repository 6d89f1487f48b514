"""The door in a real browser: it fits, reads well, and behaves as a browser makes it behave."""

from collections.abc import Iterator
from itertools import product
from typing import Literal

import pytest
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from playwright.sync_api import Browser

from features.clock import utc_now
from serving.access import keys
from serving.access.caller import SCOPES
from serving.app import create_app
from tests.builders.served import Served, served
from tests.serving.pages.test_browser import (
    CONTRASTS,
    SMALL_TEXT,
    UNNAMED,
    browser,
    opened,
    serve,
)

pytestmark = pytest.mark.browser
__all__ = ["browser"]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    made = served(tmp_path_factory.mktemp("door"), accounts=12, weeks=2)
    yield made
    made.engine.dispose()


@pytest.fixture(scope="module")
def reader(company: Served) -> str:
    made = keys.create(company.engine, "佐藤 健", ["read"], now=utc_now(), by="test")
    return made.token.text


@pytest.fixture(scope="module")
def giver(company: Served) -> str:
    return keys.create(company.engine, "giver", SCOPES, now=utc_now(), by="test").token.text


@pytest.fixture(scope="module")
def address(company: Served, reader: str, giver: str) -> Iterator[str]:
    yield from serve(create_app(company.settings, engine=company.engine))


@pytest.mark.parametrize(("language", "scheme"), [("ja", "light"), ("en", "dark")])
def test_the_door_and_the_name_of_who_is_in_fit_and_read_well(
    browser: Browser, address: str, reader: str, language: str, scheme: Literal["light", "dark"]
) -> None:
    context, page, wrong = opened(browser, color_scheme=scheme)
    words = {"ja": ("キー", "サインイン"), "en": ("Your key", "Sign in")}[language]
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        for attempt in ("kk_no", reader):
            page.goto(f"{address}/sign-in?lang={language}")
            page.get_by_label(words[0]).fill(attempt)
            page.get_by_role("button", name=words[1], exact=True).click()
            too_wide = page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert too_wide == 0, (width, attempt)
            for check in (CONTRASTS, UNNAMED, SMALL_TEXT):
                assert page.evaluate(check) == [], (width, attempt)
            if attempt != reader:
                assert page.get_by_role("alert").is_visible()
                assert attempt not in page.content()
        assert page.url == f"{address}/"
        assert page.locator(".who b").inner_text() == "佐藤 健"
        page.locator(".who button").click()
        assert page.get_by_role("status").is_visible()
    assert [one for one in wrong if "401" not in one] == []
    context.close()


def test_without_script_one_comes_back_to_the_page_one_wanted(
    browser: Browser, address: str, giver: str
) -> None:
    context, page, _ = opened(browser, java_script_enabled=False, locale="en-GB")
    page.goto(f"{address}/leavers?x=1")
    assert page.url == f"{address}/sign-in?next=%2Fleavers%3Fx%3D1"
    page.get_by_label("Your key").fill(giver)
    page.get_by_role("button", name="Sign in").click()
    assert page.url == f"{address}/leavers?x=1"
    (cookie,) = [one for one in context.cookies() if one["name"] != "lang"]
    assert (cookie["name"], cookie["httpOnly"], cookie["sameSite"]) == ("kenshin", True, "Lax")
    page.goto(address)
    page.locator("#rows tbody th a").first.click()
    page.get_by_label("Partly").check()
    page.get_by_role("button", name="Record").click()
    assert page.get_by_role("status").is_visible(), "a browser's own form passes the origin rule"
    page.get_by_role("button", name="Sign out").click()
    assert "/sign-in" in page.url
    page.go_back()
    page.reload()
    assert "/sign-in" in page.url
    context.close()


@pytest.fixture(scope="module")
def elsewhere(address: str) -> Iterator[str]:
    """Serve a page of somebody else that sends forms and requests to us."""
    app = FastAPI()

    @app.get("/{path}")
    def form(path: str) -> HTMLResponse:
        return HTMLResponse(
            f"""<form method="post" action="{address}/{path}">
            <input name="verdict" value="agree"><button>Win</button></form>"""
        )

    yield from serve(app)


def test_another_site_or_port_can_neither_read_nor_send_with_a_session(
    browser: Browser, address: str, elsewhere: str, giver: str
) -> None:
    context, page, _ = opened(browser, locale="en-GB")
    page.goto(f"{address}/sign-in")
    page.get_by_label("Your key").fill(giver)
    page.get_by_role("button", name="Sign in").click()
    for name, path in product(("127.0.0.1", "localhost"), ("sign-out", "feedback")):
        page.goto(f"{elsewhere}/{path}".replace("127.0.0.1", name))
        asked = f"""() => fetch("{address}/v1/model", {{credentials: "include"}})
            .then((answer) => answer.text(), () => "refused")"""
        assert page.evaluate(asked) == "refused"
        with page.expect_response(f"{address}/{path}") as answered:
            page.get_by_role("button", name="Win").click()
        # To another port of the same name a browser sends it, from another name it does not.
        sent = "cookie" in answered.value.request.all_headers()
        assert sent == (name == "127.0.0.1")
        assert answered.value.status in ((403,) if sent or path == "sign-out" else (303, 401))
    page.goto(address)
    assert page.locator(".who b").inner_text() == "giver", "nobody signed the reader out"
    context.close()
