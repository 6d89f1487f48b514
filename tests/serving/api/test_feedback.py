"""Feedback of a tool's users: kept beside that of the page, once, and only where it belongs."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from serving.app import create_app
from serving.store.schema import feedback
from serving.store.scores import history
from tests.builders.served import Client, Served, served
from tests.builders.stores import STORES, store_of

SECRET = "jane@example.com"
ADDRESS = "/v1/accounts/A00001/feedback"


@pytest.fixture(scope="module", params=STORES)
def company(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    with store_of(request) as url:
        made = served(tmp_path_factory.mktemp("feedback"), accounts=12, weeks=2, store_url=url)
        yield made
        made.engine.dispose()


@pytest.fixture(scope="module")
def client(company: Served) -> Client:
    return Client(create_app(company.settings, engine=company.engine))


def rows(company: Served) -> list[sa.Row[Any]]:
    with company.engine.connect() as connection:
        return list(connection.execute(sa.select(feedback).order_by(feedback.c.feedback_id)))


def send(client: Client, given: object, key: str) -> httpx.Response:
    headers = {"Content-Type": "application/json", "Idempotency-Key": key}
    return client.request("POST", ADDRESS, headers=headers, body=json.dumps(given).encode())


def test_it_is_kept_with_the_latest_score_and_answered_whole(
    client: Client, company: Served
) -> None:
    given = {"verdict": "disagree", "feature": "nps_latest", "note": " 合併の話がある \n"}
    answer = client.post(ADDRESS, given)
    assert answer.status_code == 201
    stored = answer.json()
    latest = history(company.engine, "A00001")[-1]
    kept = rows(company)[-1]
    assert stored == {
        "feedback_id": kept.feedback_id,
        "at": f"{kept.at.isoformat()}Z",
        "account_external_id": "A00001",
        "score_id": latest["score_id"],
        "verdict": "disagree",
        "feature": "nps_latest",
        "note": "合併の話がある",
    }
    assert kept.note == "合併の話がある"
    assert "合併の話がある" in client.get("/accounts/A00001?lang=ja").text


def test_it_may_be_about_an_older_score(client: Client, company: Served) -> None:
    older = history(company.engine, "A00001")[0]["score_id"]
    answer = client.post(ADDRESS, {"verdict": "agree", "score_id": older})
    assert (answer.status_code, answer.json()["score_id"]) == (201, older)


def test_the_same_request_under_one_key_is_kept_once(client: Client, company: Served) -> None:
    given = {"verdict": "partly", "note": "once"}
    first, again = send(client, given, "one"), send(client, given, "one")
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert [row.note for row in rows(company)].count("once") == 1
    other = send(client, {"verdict": "agree"}, "one")
    assert other.json()["type"] == "/problems/idempotency-key-reused"


def foreign_score(company: Served) -> str:
    return str(history(company.engine, "A00002")[-1]["score_id"])


REFUSED: list[tuple[dict[str, Any], int, str]] = [
    ({"verdict": "perhaps"}, 422, "body.verdict"),
    ({"verdict": SECRET}, 422, "body.verdict"),
    ({}, 422, "body.verdict"),
    ({"verdict": "agree", "feature": "no_such_signal"}, 422, "body.feature"),
    ({"verdict": "agree", "feature": SECRET}, 422, "body.feature"),
    ({"verdict": "agree", "note": "x" * 501}, 422, "body.note"),
    ({"verdict": "agree", "note": "   "}, 422, "body.note"),
    ({"verdict": "agree", "note": 7}, 422, "body.note"),
    ({"verdict": "agree", "at": "2026-01-01"}, 422, "body.at"),
    ({"verdict": "agree", "score_id": "f" * 32}, 404, ""),
    ({"verdict": "agree", "score_id": "another account's"}, 404, ""),
]


@pytest.mark.parametrize(("given", "status", "place"), REFUSED)
def test_what_does_not_belong_is_refused_and_not_kept(
    client: Client, company: Served, given: dict[str, Any], status: int, place: str
) -> None:
    if given.get("score_id") == "another account's":
        given = {**given, "score_id": foreign_score(company)}
    before = len(rows(company))
    answer = client.post(ADDRESS, given)
    assert answer.status_code == status
    assert SECRET not in answer.text
    if place:
        assert answer.json()["errors"][0]["field"] == place
    assert len(rows(company)) == before


def test_an_account_nobody_knows_gets_its_nearest(client: Client) -> None:
    answer = client.post("/v1/accounts/A0001/feedback", {"verdict": "agree"})
    assert answer.status_code == 404
    assert "A00010" in answer.json()["fix"]
