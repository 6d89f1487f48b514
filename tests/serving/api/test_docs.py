"""The documentation page in a real browser: it renders, runs nothing inline, asks nobody else."""

import os
import re
import shutil
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import ConsoleMessage, Request, sync_playwright

from serving.app import described
from serving.docs.routes import ASSETS, PAGE
from tests.builders.served import Client
from tests.builders.server import Server

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"


@pytest.mark.browser
def test_it_renders_and_tries_a_request_without_asking_another_host(server: Server) -> None:
    asked: list[str] = []
    said: list[str] = []

    def note_request(request: Request) -> None:
        asked.append(request.url)

    def note_message(message: ConsoleMessage) -> None:
        said.append(message.text)

    with sync_playwright() as playwright:
        options = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        page = browser.new_page()
        page.on("request", note_request)
        page.on("console", note_message)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(f"{server.url}/docs")
        page.wait_for_selector(".opblock", timeout=60_000)
        shown = page.locator(".opblock").count()
        page.locator("#operations-predictions-createPredictions .opblock-summary-control").click()
        page.get_by_role("button", name="Try it out").click()
        page.get_by_role("button", name="Execute").click()
        page.wait_for_selector(".live-responses-table", timeout=60_000)
        browser.close()
    assert shown == sum(len(operations) for operations in described()["paths"].values())
    own = urlsplit(server.url).netloc
    assert {urlsplit(url).netloc for url in asked if not url.startswith("data:")} == {own}
    assert any(url.endswith("/v1/predictions") for url in asked)
    assert said == []


def test_the_page_has_no_inline_script_or_style_and_names_no_other_host() -> None:
    assert not re.search(r"<script(?![^>]*\bsrc=)", PAGE)
    assert "style=" not in PAGE
    assert "//" not in PAGE.replace("</", "")


def test_every_file_the_page_names_is_served_by_us(client: Client) -> None:
    page = client.get("/docs")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    named = re.findall(r'(?:src|href)="(/docs/[^"]+)"', page.text)
    assert {name.removeprefix("/docs/") for name in named} == set(ASSETS)
    for name in named:
        answer = client.get(name)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(("text/javascript", "text/css"))
