"""The pages in a real browser, served as the application serves them."""

import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
import sqlalchemy as sa
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from serving.effects.kept import keep
from serving.store.schema import feedback
from tests.builders.effects import an_effect
from tests.builders.store import AS_OF, Populated, built_store
from tests.serving.pages.conftest import application, checked

pytestmark = pytest.mark.browser

CHROMIUM = Path("/usr/bin/chromium")
A4_INSIDE = 703
"""CSS pixels between the margins of a printed page."""
PAGES = (
    "/", "/accounts/A00002", "/model-check", "/leavers", "/drift",
    "/alerts", "/report", "/segments", "/drivers", "/effect",
)  # fmt: skip
A4_TALL = 1032

# Colours as the browser computed them; relative luminance after WCAG 2.
CONTRASTS = """() => {
  const part = (v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = (rgb) => 0.2126 * part(rgb[0]) + 0.7152 * part(rgb[1]) + 0.0722 * part(rgb[2]);
  const read = (text) => text.match(/[\\d.]+/g).map(Number);
  const ground = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const colour = read(getComputedStyle(at).backgroundColor);
      if (colour.length < 4 || colour[3] === 1) return colour;
    }
    return read(getComputedStyle(document.documentElement).backgroundColor);
  };
  const found = [];
  for (const node of document.querySelectorAll("main *, header *")) {
    const own = [...node.childNodes].some((c) => c.nodeType === 3 && c.textContent.trim());
    if (!own || node.closest("svg, .hidden, option") || !node.getClientRects().length) continue;
    const a = light(read(getComputedStyle(node).color)), b = light(ground(node));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) found.push(`${ratio.toFixed(2)} ${node.className} ${node.textContent.trim()}`);
  }
  return found;
}"""

UNNAMED = """() => [...document.querySelectorAll("input:not([type=hidden]), select, textarea")]
  .filter((field) => !field.labels.length || !field.labels[0].textContent.trim())
  .map((field) => field.name)"""

SMALL_TEXT = """() => [...document.querySelectorAll("main *, header *")].filter((node) =>
    [...node.childNodes].some((c) => c.nodeType === 3 && c.textContent.trim()) &&
    !node.closest("svg") && parseFloat(getComputedStyle(node).fontSize) < 12)
  .map((node) => node.className + node.textContent)"""


# A chart is scaled with its column: what counts is the size at which its words are seen.
SMALL_IN_CHARTS = """() => [...document.querySelectorAll("svg text")].map((node) => {
    const chart = node.ownerSVGElement, drawn = chart.viewBox.baseVal;
    const scale = drawn && drawn.width ? chart.getBoundingClientRect().width / drawn.width : 1;
    return [parseFloat(getComputedStyle(node).fontSize) * scale, node.textContent];
  }).filter(([size]) => size > 0 && size < 11.9)"""


class Server(uvicorn.Server):
    def install_signal_handlers(self) -> None: ...


def serve(app: FastAPI) -> Iterator[str]:
    """Serve ``app`` on a free port of the loopback, and yield its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Server(uvicorn.Config(app, port=port, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.05)
        assert thread.is_alive()
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Populated:
    built = built_store(tmp_path_factory.mktemp("browser"), accounts=60, weeks=30)
    keep(built.settings, an_effect(), AS_OF)
    return built


@pytest.fixture(scope="module")
def address(small: Populated) -> Iterator[str]:
    yield from serve(application(small.settings, small.engine, checked(small.bundle)))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("Debian's chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def opened(browser: Browser, **options: Any) -> tuple[BrowserContext, Page, list[str]]:  # noqa: ANN401
    """Return a page and the list of all that goes wrong in it or leaves this machine."""
    context = browser.new_context(**options)
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda r: None if "127.0.0.1" in r.url else wrong.append(r.url))
    page.on("requestfailed", lambda r: wrong.append(f"failed {r.url}"))
    return context, page, wrong


def test_a_long_name_and_the_months_keep_to_the_width_of_a_page(
    browser: Browser, address: str
) -> None:
    context, page, wrong = opened(browser, viewport={"width": 390, "height": 900})
    page.goto(f"{address}/accounts/A00002?lang=ja")
    page.evaluate(
        "document.querySelector('h1').textContent = '氷見崎ケアホールディングス'.repeat(3)"
    )
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.goto(f"{address}/?lang=ja")
    for width in (1440, 1280, 1200, 1024):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, width
        shares = page.evaluate(
            "[...document.querySelectorAll('.chart.months')].map("
            "(c) => c.getBoundingClientRect().width / c.parentElement.clientWidth)"
        )
        assert shares, "the portfolio has a chart of the months"
        assert min(shares) > 0.95
    assert wrong == []
    context.close()


@pytest.mark.parametrize(
    ("language", "scheme"), [("ja", "light"), ("en", "light"), ("ja", "dark")]
)  # colours do not depend on the language
def test_each_page_fits_reads_well_and_stays_on_this_machine(
    browser: Browser, address: str, language: str, scheme: Literal["light", "dark"]
) -> None:
    context, page, wrong = opened(browser, color_scheme=scheme)
    for path in PAGES:
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(f"{address}{path}?lang={language}")
            too_wide = page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert too_wide == 0, (path, width)
            assert page.evaluate(CONTRASTS) == [], (path, width)
            assert page.evaluate(UNNAMED) == []
            assert page.evaluate(SMALL_TEXT) == []
            assert page.evaluate(SMALL_IN_CHARTS) == [], (path, width)
            assert page.evaluate("document.querySelectorAll('h1').length") == 1
            assert page.evaluate("document.documentElement.lang") == language
    assert wrong == []
    context.close()


def test_without_script_one_can_filter_page_open_and_give_feedback(
    browser: Browser, address: str, small: Populated
) -> None:
    context, page, wrong = opened(browser, java_script_enabled=False, locale="en-GB")
    page.goto(address)
    page.locator("nav.pager a[rel=next]").click()
    assert "page=2" in page.url
    page.locator("form.filters input[value=yellow]").check()
    page.get_by_label("Order").select_option("score")
    page.get_by_role("button", name="Show", exact=True).click()
    assert "band=yellow" in page.url
    assert "order=score" in page.url
    assert set(page.locator("#rows .c-band").all_inner_texts()) == {"Watch"}
    page.locator("#rows tbody th a").first.click()
    account = page.url.split("/accounts/")[1]
    page.get_by_label("Partly").check()
    page.get_by_label("What the data cannot see").fill("A merger is planned.")
    page.get_by_role("button", name="Record").click()
    assert page.get_by_role("status").is_visible()
    assert page.get_by_text("A merger is planned.").is_visible()
    with small.engine.connect() as connection:
        kept = connection.execute(sa.select(feedback)).all()[-1]
    assert (kept.account_id, kept.verdict) == (account, "partly")
    assert wrong == []
    context.close()


def test_with_script_a_choice_applies_at_once_and_j_walks_the_list(
    browser: Browser, address: str
) -> None:
    context, page, wrong = opened(browser, locale="en-GB")
    page.goto(address)
    page.get_by_label("Order").select_option("arr")
    page.wait_for_url(re.compile(r"order=arr"))
    assert "q=" not in page.url, "empty fields stay out of the address"
    page.keyboard.press("j")
    page.keyboard.press("j")
    second = page.locator("#rows tbody th a").nth(1)
    assert page.evaluate("document.activeElement.textContent") == second.text_content()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/accounts/"))
    assert wrong == []
    context.close()


def test_a_page_can_be_printed(browser: Browser, address: str) -> None:
    context, page, _ = opened(browser)
    page.goto(f"{address}/accounts/A00002?lang=en")
    page.emulate_media(media="print")
    assert not page.locator(".rail").is_visible()
    assert not page.locator("#feedback").is_visible()
    assert page.locator(".waterfall").is_visible()
    assert page.pdf(format="A4").startswith(b"%PDF")
    page.set_viewport_size({"width": A4_INSIDE, "height": 1000})
    for path in PAGES:
        page.goto(f"{address}{path}?lang=ja")
        assert page.evaluate("document.documentElement.scrollWidth") == A4_INSIDE, path
        heads = page.evaluate(
            "[...document.querySelectorAll('.rows thead')].map((n) => n.offsetHeight)"
        )
        assert min(heads, default=9) > 5, "paper has the heads of tables"
    context.close()


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_report_is_one_sheet_of_paper(browser: Browser, address: str, language: str) -> None:
    context, page, _ = opened(browser, viewport={"width": A4_INSIDE, "height": 500})
    page.goto(f"{address}/report?lang={language}")
    assert page.locator("button.print").is_visible()
    page.emulate_media(media="print")
    assert not page.locator("button.print").is_visible()
    assert page.evaluate("document.documentElement.scrollHeight") <= A4_TALL
    assert page.locator(".decisions th a").count() > 0
    context.close()


def test_tables_of_the_whole_book_say_on_a_phone_what_each_number_is(
    browser: Browser, address: str
) -> None:
    context, page, _ = opened(browser, viewport={"width": 390, "height": 900})
    for path, table in (("/segments", ".segmented"), ("/report", ".decisions")):
        page.goto(f"{address}{path}?lang=ja")
        clipped = page.evaluate(
            "(t) => [...document.querySelectorAll(t)].filter("
            "(n) => n.scrollWidth > n.parentElement.clientWidth).length",
            table,
        )
        assert clipped == 0, path
        unnamed = page.evaluate(
            "(t) => [...document.querySelectorAll(t + ' td:not(.bands, .why)')].filter((n) => "
            "getComputedStyle(n, '::before').content === 'none').length",
            table,
        )
        assert unnamed == 0, path
    context.close()


def test_at_320_pixels_no_page_scrolls_sideways(browser: Browser, address: str) -> None:
    context, page, _ = opened(browser, viewport={"width": 320, "height": 900})
    for path in PAGES:
        page.goto(f"{address}{path}?lang=en")
        too_wide = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert too_wide == 0, path
    context.close()
