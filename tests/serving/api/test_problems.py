"""Problem documents: an address that explains, an id that finds the log, no inner workings."""

import logging

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from markupsafe import escape

from features.errors import KenshinError
from serving.app import create_app
from serving.pages.language import LANGUAGES
from serving.problems.words import in_language
from tests.builders.problem_kinds import every_kind
from tests.builders.served import Client, Served, verdict_without_signal
from tests.builders.store import settings_in

MARK = "zq-canary-path"
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def test_every_kind_of_problem_has_its_page(client: Client) -> None:
    for slug, kind in every_kind().items():
        page = client.get(f"/problems/{slug}")
        assert page.status_code == 200
        assert page.json()["type"] == f"/problems/{slug}"
        assert page.json()["status"] == kind.status
        assert page.json()["meaning"]
        assert page.json()["fix"]


def test_a_browser_gets_each_kind_of_problem_as_a_page(client: Client) -> None:
    for slug, kind in every_kind().items():
        for language in LANGUAGES:
            page = client.get(f"/problems/{slug}", headers=BROWSER | {"Accept-Language": language})
            told, _ = in_language(kind, language)
            assert page.status_code == 200
            assert page.headers["content-type"].startswith("text/html")
            assert page.headers["content-language"] == language
            assert f'<h1 lang="{language}">{escape(told.title)}</h1>' in page.text
            assert f"<code>/problems/{slug}</code> · HTTP {kind.status}" in page.text
            assert "`" not in page.text, "what is code is marked as code"


@pytest.mark.parametrize(
    ("method", "address", "slug", "title"),
    [
        ("GET", f"/{MARK}", "no-such-route", "このアドレスには何もありません"),
        ("GET", f"/problems/{MARK}", "not-found", "見つかりません"),
        ("GET", f"/{MARK}?{MARK}={MARK}", "no-such-route", "このアドレスには何もありません"),
        ("DELETE", "/", "method-not-allowed", "このアドレスでは、そのメソッドを使えません"),
        ("GET", f"/{MARK}?q=%00", "malformed-request", "リクエストを読み取れません"),
        ("GET", f"/{MARK}?q={'x' * 9000}", "target-too-long", "アドレスが長すぎます"),
    ],
)
def test_a_person_who_comes_upon_a_problem_reads_it_in_their_language(
    client: Client, method: str, address: str, slug: str, title: str
) -> None:
    page = client.request(method, address, headers=BROWSER | {"Accept-Language": "ja"})
    assert page.status_code == every_kind()[slug].status
    assert page.headers["content-type"].startswith("text/html")
    assert f'<h1 lang="ja">{title}</h1>' in page.text
    assert f"<code>/problems/{slug}</code>" in page.text
    assert page.headers["X-Request-ID"] in page.text
    assert MARK not in page.text, "an address may name a customer"
    assert "x" * 100 not in page.text
    # A language is chosen without the address being repeated.
    assert '<a href="?lang=en" lang="en"' in page.text
    program = client.request(method, address, headers={"Accept-Language": "ja"})
    assert program.status_code == page.status_code
    assert program.headers["content-type"] == "application/problem+json"
    assert (program.json()["type"], program.json()["title"]) == (
        f"/problems/{slug}",
        every_kind()[slug].title,
    )
    assert MARK not in program.text


def test_the_page_of_a_company_that_is_none_does_not_repeat_its_id(client: Client) -> None:
    for language in LANGUAGES:
        page = client.get(f"/accounts/{MARK}", {"lang": language}, headers=BROWSER)
        assert page.status_code == 404
        assert MARK not in page.text


def test_a_browser_at_an_address_of_programs_gets_what_programs_get(client: Client) -> None:
    answer = client.get(f"/v1/{MARK}", headers=BROWSER)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("accept", ["application/json", "application/problem+json", "*/*", ""])
def test_a_program_gets_json_of_a_problem(client: Client, accept: str) -> None:
    page = client.get("/problems/not-found", headers={"Accept": accept})
    assert page.headers["content-type"] == "application/json"


def test_a_callers_request_id_is_kept_and_a_strange_one_replaced(client: Client) -> None:
    kept = client.get("/livez", headers={"X-Request-ID": "trace-1.2_3"})
    assert kept.headers["X-Request-ID"] == "trace-1.2_3"
    for strange in ("a b", "x" * 65, "<script>", ""):
        made = client.get("/nowhere", headers={"X-Request-ID": strange})
        assert made.headers["X-Request-ID"] not in ("", strange)
        assert made.json()["request_id"] == made.headers["X-Request-ID"]


def broken(company: Served) -> FastAPI:
    app = create_app(company.settings, engine=company.engine)

    @app.get("/breaks")
    def breaks() -> None:
        raise RuntimeError("password=hunter2")

    @app.get("/store-breaks")
    def store_breaks() -> None:
        raise sa.exc.OperationalError("SELECT secret", {}, Exception("disk full at /var/x"))

    return app


def test_our_own_fault_is_told_without_its_inside_and_logged_under_its_id(
    company: Served, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "kenshin.http"):
        answer = Client(broken(company)).get("/breaks")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "hunter2" not in answer.text
    assert answer.json()["request_id"] in caplog.text
    assert answer.headers["X-Request-ID"] == answer.json()["request_id"]


def test_a_store_that_fails_is_named_without_its_statement(company: Served) -> None:
    answer = Client(broken(company)).get("/store-breaks")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert answer.json()["type"] == "/problems/store-unavailable"
    assert "secret" not in answer.text
    assert "/var/x" not in answer.text


def test_a_refusal_says_expected_found_and_fix(client: Client) -> None:
    problem = client.get("/v1/accounts/A0001").json()
    assert problem["expected"]
    assert problem["found"]
    assert problem["fix"] in problem["detail"]


DATA = ("/v1/accounts", "/v1/accounts/A00001", "/v1/accounts/A00001/history",
        "/v1/accounts/A00001/explanation", "/v1/model")  # fmt: skip


@pytest.mark.parametrize("address", DATA)
def test_before_anything_is_trained_the_next_step_is_named(
    tmp_path_factory: pytest.TempPathFactory, address: str
) -> None:
    client = Client(create_app(settings_in(tmp_path_factory.mktemp("empty"))))
    answer = client.get(address)
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/not-ready")
    assert "kenshin train" in answer.json()["fix"]
    asked = client.post("/v1/predictions", {"accounts": [{"account_id": "A"}]})
    assert asked.status_code == 503
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["ready"]) == (503, False)
    assert client.get("/livez").status_code == 200
    client.app.state.engine.dispose()


@pytest.mark.parametrize("address", DATA)
def test_without_a_usable_signal_no_score_is_shown_and_the_reason_is(
    tmp_path_factory: pytest.TempPathFactory, address: str
) -> None:
    settings = settings_in(tmp_path_factory.mktemp("no-signal"))
    verdict_without_signal(settings)
    client = Client(create_app(settings))
    answer = client.get(address)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/no-usable-signal")
    assert "AUC 0.51" in answer.json()["detail"]
    asked = client.post("/v1/predictions", {"accounts": [{"features": {"mrr": 1}}]})
    assert asked.status_code == 409
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["model_version"]) == (503, None)
    assert "no usable signal" in ready.json()["checks"][0]["sentence"]
    client.app.state.engine.dispose()


def test_a_store_that_takes_no_writes_is_not_ready(company: Served) -> None:
    url = str(company.engine.url).replace("sqlite:///", "sqlite:///file:") + "?mode=ro&uri=true"
    engine = sa.create_engine(url)
    ready = Client(create_app(company.settings, engine=engine)).get("/readyz")
    engine.dispose()
    assert ready.status_code == 503
    assert [check["passed"] for check in ready.json()["checks"]] == [True, False]


def test_a_store_that_is_being_written_to_is_ready(company: Served, client: Client) -> None:
    with company.engine.connect().execution_options(writes=True) as other, other.begin():
        ready = client.get("/readyz")
    assert ready.status_code == 200
    assert ready.json()["checks"][1]["sentence"] == "The store is being written to."


def test_kinds_of_problems_have_addresses_of_their_own() -> None:
    assert len({kind.slug for kind in every_kind().values()}) == len(every_kind())
    assert every_kind()[KenshinError.slug].status == 422


def test_the_description_tells_every_status_that_a_kind_of_problem_has(client: Client) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    told = {
        int(status)
        for methods in paths.values()
        for operation in methods.values()
        for status in operation["responses"]
    }
    # 405 is of a method that a path does not have, so no operation can declare it.
    assert {kind.status for kind in every_kind().values()} - told == {405}
