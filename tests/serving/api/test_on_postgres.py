"""The same answers from PostgreSQL as from SQLite."""

from typing import Any, cast

import httpx
import pytest

from serving.app import create_app
from serving.store.engine import open_url
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
    "/readyz",
]
FILES = [
    "/v1/accounts.csv?lang=en&order=change",
    "/v1/accounts.csv?band=red&order=expected_loss",
    "/v1/accounts.parquet?order=arr",
]


def without_request_id(answer: httpx.Response) -> dict[str, Any]:
    of_request = ("request_id", "instance")
    return {name: value for name, value in answer.json().items() if name not in of_request}


def test_every_route_answers_the_same(company: Served, client: Client, postgres_url: str) -> None:
    engine = open_url(postgres_url)
    populate(company.settings, engine, accounts=60, weeks=4, bundle=cast(Any, company.bundle))
    other = Client(create_app(company.settings, engine=engine))
    for address in ADDRESSES:
        left, right = client.get(address), other.get(address)
        assert left.status_code == right.status_code, right.text
        assert without_request_id(left) == without_request_id(right), address
    for address in FILES:
        left, right = client.get(address), other.get(address)
        assert (right.status_code, left.content) == (200, right.content), address
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
    engine.dispose()
