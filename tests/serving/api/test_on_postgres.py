"""The same answers from PostgreSQL as from SQLite."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, cast

import httpx
import pytest
import sqlalchemy as sa

from serving.app import create_app
from serving.store.engine import open_url
from serving.store.scores import latest_run, rows_of, save_run
from serving.subjects.rows import Entry, named, remove
from tests.builders.opened import html_pages
from tests.builders.postgres import store
from tests.builders.served import Client, Served
from tests.builders.store import populate

pytestmark = pytest.mark.postgres

ADDRESSES = [
    "/v1/accounts?limit=500",
    "/v1/accounts?limit=500&order=expected_loss",
    "/v1/accounts?limit=500&order=arr",
    "/v1/accounts?limit=500&order=change",
    "/v1/accounts?limit=500&band=red&band=yellow&q=a0",
    "/v1/accounts?q=%25",
    "/v1/accounts/A00001",
    "/v1/accounts/A0001",
    "/v1/accounts/A00001/history",
    "/v1/accounts/A00001/explanation?lang=en",
    f"/v1/scores/{'0' * 32}",
    "/v1/drift",
    "/v1/model",
    "/v1/forecast",
    "/v1/answer-check",
    "/v1/leavers",
    "/readyz",
]
PAGES = ["/?order=change&q=a0", "/portfolio.csv", "/leavers.csv", *html_pages("A00001")]
FILES = [
    "/v1/accounts.csv?lang=en&order=change",
    "/v1/accounts.csv?band=red&order=expected_loss",
    "/v1/accounts.parquet?order=arr",
]


def without_request_id(answer: httpx.Response) -> dict[str, Any]:
    of_request = ("request_id", "instance")
    return {name: value for name, value in answer.json().items() if name not in of_request}


@pytest.fixture
def elsewhere(company: Served, postgres_server: str) -> Iterator[sa.Engine]:
    """The store of the company in a PostgreSQL that is set otherwise than a developer's."""
    with store(postgres_server) as url:
        engine = open_url(url)
        populate(company.settings, engine, accounts=60, weeks=4, bundle=cast(Any, company.bundle))
        yield engine
        engine.dispose()


def test_every_route_answers_the_same(
    company: Served, client: Client, elsewhere: sa.Engine
) -> None:
    other = Client(create_app(company.settings, engine=elsewhere))
    for address in ADDRESSES:
        left, right = client.get(address), other.get(address)
        assert left.status_code == right.status_code, right.text
        assert without_request_id(left) == without_request_id(right), address
    for address in FILES:
        left, right = client.get(address), other.get(address)
        assert (right.status_code, left.content) == (200, right.content), address
    for address in PAGES:
        left, right = client.get(address), other.get(address)
        assert (right.status_code, left.text) == (200, right.text), address
    history = client.get("/v1/accounts/A00001/history").json()["scores"]
    oldest = f"/v1/scores/{history[0]['score_id']}"
    assert client.get(oldest).json() == other.get(oldest).json()
    said = other.post("/v1/accounts/A00001/feedback", {"verdict": "agree"})
    assert (said.status_code, said.json()["score_id"]) == (201, history[-1]["score_id"])
    asked = {"accounts": [{"account_id": "A00001"}, {"account_id": "A00002"}]}
    assert (
        client.post("/v1/predictions", asked).json() == other.post("/v1/predictions", asked).json()
    )
    pages, cursor = [], ""
    while cursor is not None:
        params: dict[str, Any] = {"limit": 7, "order": "change"}
        page = other.get("/v1/accounts", params=params | ({"cursor": cursor} if cursor else {}))
        pages += page.json()["accounts"]
        cursor = page.json()["next_cursor"]
    whole = other.get("/v1/accounts", params={"limit": 500, "order": "change"}).json()["accounts"]
    assert pages == whole


def test_a_stored_score_by_id_is_told_as_the_database_has_it_now(
    company: Served, client: Client, elsewhere: sa.Engine
) -> None:
    other = Client(create_app(company.settings, engine=elsewhere))
    asked = {"accounts": [{"account_id": "A00002"}]}
    told = client.post("/v1/predictions", asked).content
    assert [other.post("/v1/predictions", asked).content for _ in range(3)] == [told] * 3
    run = latest_run(elsewhere)
    assert run is not None
    as_of = run["as_of"] + timedelta(days=1)
    new = {"run_id": "new", "as_of": as_of, "created_at": as_of}
    rows = [
        {**row, "as_of": as_of, "run_id": "new", "score_id": f"new-{row['account_id']}"}
        for row in rows_of(elsewhere, run["run_id"])
    ]
    save_run(elsewhere, {**run, **new}, rows)
    (record,) = other.post("/v1/predictions", asked).json()["predictions"]
    assert record["score_id"] == "new-A00002"
    entry = Entry(as_of, "hana", "f" * 64, {"why": "asked"})
    remove(elsewhere, named(elsewhere, "A00002"), entry)
    gone = other.post("/v1/predictions", asked)
    assert (gone.status_code, gone.json()["type"]) == (404, "/problems/unknown-account")
