"""What a person holds against a score: a reason and an end, beside the number and never for it."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from features.clock import utc_now
from serving import audit
from serving.app import create_app
from serving.overrides import kept
from serving.overrides.override import BANDS, LONGEST_REASON
from serving.store.schema import overrides
from serving.store.scores import latest_run, score_of
from tests.builders.served import Client, Served, served
from tests.builders.stores import STORES, store_of

ACCOUNT = "A00001"
ADDRESS = f"/v1/accounts/{ACCOUNT}/override"
REASON = "新しい担当役員が3月に更新を決める"


@pytest.fixture(scope="module", params=STORES)
def company(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    with store_of(request) as url:
        made = served(tmp_path_factory.mktemp("overrides"), accounts=12, weeks=2, store_url=url)
        yield made
        made.engine.dispose()


@pytest.fixture(scope="module")
def client(company: Served) -> Client:
    return Client(create_app(company.settings, engine=company.engine))


def other_band(company: Served, account: str = ACCOUNT) -> str:
    run = latest_run(company.engine, "issued")
    assert run is not None
    row = score_of(company.engine, run["run_id"], account)
    assert row is not None
    return next(band for band in BANDS if band != row["band"])


def given(company: Served, **changed: object) -> dict[str, Any]:
    until = (utc_now().date() + timedelta(days=30)).isoformat()
    return {"band": other_band(company), "reason": REASON, "until": until, **changed}


def rows(company: Served) -> list[sa.Row[Any]]:
    with company.engine.connect() as connection:
        return list(connection.execute(sa.select(overrides).order_by(overrides.c.override_id)))


def withdraw(client: Client) -> httpx.Response:
    return client.request("DELETE", ADDRESS)


def test_it_stands_beside_the_score_on_every_door_and_leaves_the_score_as_it_was(
    client: Client, company: Served
) -> None:
    before = client.get(f"/v1/accounts/{ACCOUNT}")
    said = given(company)
    answer = client.post(ADDRESS, said)
    assert answer.status_code == 201, answer.text
    stored = answer.json()
    assert (stored["band"], stored["reason"], stored["until"], stored["by"]) == (
        said["band"], REASON, said["until"], "local",
    )  # fmt: skip
    again = client.request(
        "GET", f"/v1/accounts/{ACCOUNT}", headers={"If-None-Match": before.headers["ETag"]}
    )
    assert again.status_code == 200
    assert again.json()["override"] == {
        name: value for name, value in stored.items() if name != "account_external_id"
    }
    assert again.json()["score"] == before.json()["score"]
    line = next(
        one
        for one in client.get("/v1/accounts").json()["accounts"]
        if one["account_external_id"] == ACCOUNT
    )
    assert (line["override"]["band"], line["band"]) == (
        said["band"],
        before.json()["score"]["band"],
    )
    page = client.get(f"/accounts/{ACCOUNT}?lang=ja").text
    assert "人の判断：" in page
    assert REASON in page
    last = date.fromisoformat(said["until"])
    until = f"（{last.year}年{last.month}月{last.day}日まで）"
    assert until in client.get("/?lang=ja").text


def test_the_exports_carry_it(client: Client, company: Served, tmp_path: Path) -> None:
    said = given(company)
    assert client.post(ADDRESS, said).status_code == 201
    csv = client.get("/v1/accounts.csv").text
    assert f",{said['band']},{said['until']}," in csv
    (tmp_path / "a.parquet").write_bytes(client.get("/v1/accounts.parquet").content)
    table = pq.read_table(tmp_path / "a.parquet")
    held = [row for row in table.to_pylist() if row["override_band"] is not None]
    assert [(row["account_external_id"], row["override_until"]) for row in held] == [
        (ACCOUNT, date.fromisoformat(said["until"]))
    ]
    assert f"{said['band']},{said['until']}" in client.get("/portfolio.csv").text


def test_a_new_one_ends_the_one_before_and_withdrawing_ends_both(
    client: Client, company: Served
) -> None:
    client.post(ADDRESS, given(company, reason="first"))
    client.post(ADDRESS, given(company, reason="second"))
    with company.engine.connect() as connection:
        held = kept.in_force(connection, ACCOUNT, utc_now())
    assert held is not None
    assert held["reason"] == "second"
    tag = client.get("/v1/accounts").headers["ETag"]
    assert withdraw(client).json() == {"withdrawn": True}
    assert withdraw(client).json() == {"withdrawn": False}
    assert client.get("/v1/accounts").headers["ETag"] != tag
    assert client.get(f"/v1/accounts/{ACCOUNT}").json()["override"] is None
    assert all(row.ended_at is not None for row in rows(company))


def test_it_ends_by_itself_after_its_last_day(client: Client, company: Served) -> None:
    today = utc_now()
    client.post(ADDRESS, given(company, until=today.date().isoformat()))
    with company.engine.connect() as connection:
        assert kept.in_force(connection, ACCOUNT, today) is not None
        tomorrow = today + timedelta(days=1)
        assert kept.in_force(connection, ACCOUNT, tomorrow) is None
        assert kept.all_in_force(connection, tomorrow) == {}
        assert kept.mark(connection, tomorrow) == "none"
    withdraw(client)


@pytest.mark.parametrize(
    "wrong",
    [
        {"reason": ""},
        {"reason": "   "},
        {"reason": "x" * (LONGEST_REASON + 1)},
        {"reason": None},
        {"band": "no_data"},
        {"until": "2020-01-01"},
        {"until": "2099-01-01"},
        {"until": "soon"},
        {"until": f"{utc_now() + timedelta(days=30):%G-W%V-%u}"},
        {"until": 20270101},
    ],
)
def test_without_a_reason_and_an_end_within_a_year_nothing_is_kept(
    client: Client, company: Served, wrong: dict[str, object]
) -> None:
    before = rows(company)
    answer = client.post(ADDRESS, given(company) | wrong)
    assert answer.status_code == 422, answer.text
    assert rows(company) == before


def test_what_the_model_says_itself_is_no_override(client: Client, company: Served) -> None:
    band = client.get(f"/v1/accounts/{ACCOUNT}").json()["score"]["band"]
    answer = client.post(ADDRESS, given(company, band=band))
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/override")


def test_nobody_known_is_404_and_asks_nothing_of_the_store(client: Client, company: Served) -> None:
    before = rows(company)
    assert client.post("/v1/accounts/A99999/override", given(company)).status_code == 404
    assert client.request("DELETE", "/v1/accounts/A99999/override").status_code == 404
    assert rows(company) == before


def test_the_same_request_under_one_key_is_kept_once(client: Client, company: Served) -> None:
    body = json.dumps(given(company, reason="once")).encode()
    headers = {"Content-Type": "application/json", "Idempotency-Key": "one"}
    first, again = (client.request("POST", ADDRESS, headers=headers, body=body) for _ in range(2))
    assert (first.status_code, first.content) == (201, again.content)
    assert [row.reason for row in rows(company)].count("once") == 1


def test_the_audit_log_knows_what_was_held_but_neither_whom_it_is_about_nor_why(
    client: Client, company: Served
) -> None:
    client.post(ADDRESS, given(company))
    withdraw(client)
    with company.engine.connect() as connection:
        ended, begun = audit.entries(connection)[:2]
        assert audit.verify(connection) is None
    assert (begun.action, ended.action) == ("override set", "override withdrawn")
    assert begun.details["band"] == other_band(company)
    assert len(begun.subject) == 64
    assert begun.subject == ended.subject
    assert REASON not in json.dumps([begun.details, ended.details], ensure_ascii=False)
