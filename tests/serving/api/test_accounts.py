"""GET /v1/accounts and what lies below: filters, order, pages, tags, words."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import pytest

from serving.accounts import cursor, listing
from serving.app import create_app
from serving.plays import FILE as PLAYS
from serving.store import scores
from tests.builders.served import Client, Params, Served, served

Json = dict[str, Any]
STRANGE = "本社/第一 50%?#&"


def lines(client: Client, **params: str | int | list[str]) -> list[Json]:
    response = client.get("/v1/accounts", params={"limit": 500, **params})
    assert response.status_code == 200, response.text
    found: list[Json] = response.json()["accounts"]
    return found


def all_pages(client: Client, params: dict[str, str | int | list[str]]) -> list[Json]:
    found: list[Json] = []
    given: Params = params
    while True:
        page = client.get("/v1/accounts", params=given).json()
        found += page["accounts"]
        if page["next_cursor"] is None:
            return found
        given = {**params, "cursor": page["next_cursor"]}


def test_the_list_holds_every_account_of_the_latest_issued_run(
    company: Served, client: Client
) -> None:
    run = scores.latest_run(company.engine, "issued")
    assert run is not None
    page = client.get("/v1/accounts", params={"limit": 500}).json()
    assert page["total"] == len(page["accounts"]) == run["accounts"]
    assert (page["run_id"], page["next_cursor"]) == (run["run_id"], None)


@pytest.mark.parametrize("order", ["health_score", "expected_loss", "arr", "change"])
def test_each_order_puts_first_what_needs_attention_and_last_what_has_no_number(
    client: Client, order: str
) -> None:
    field, sign = {
        "health_score": ("health_score", 1),
        "expected_loss": ("revenue_at_risk", -1),
        "arr": ("arr", -1),
        "change": ("change", 1),
    }[order]
    values = [line[field] for line in lines(client, order=order)]
    known = [sign * value for value in values if value is not None]
    assert known == sorted(known)
    assert len(known) > 30
    assert values[: len(known)] == [sign * value for value in known]


@pytest.mark.parametrize("order", ["health_score", "expected_loss", "arr", "change"])
@pytest.mark.parametrize("limit", [1, 7, 60])
def test_pages_together_are_the_whole_list_in_its_order(
    client: Client, order: str, limit: int
) -> None:
    whole = [line["account_external_id"] for line in lines(client, order=order)]
    paged = all_pages(client, {"order": order, "limit": limit})
    assert [line["account_external_id"] for line in paged] == whole


def test_filters_keep_exactly_what_they_name(client: Client) -> None:
    everything = lines(client)
    for name in ("band", "plan", "industry", "owner"):
        values = sorted({line[name] for line in everything})[:2]
        found = lines(client, **{name: values})
        assert {line[name] for line in found} == set(values)
        assert len(found) == sum(line[name] in values for line in everything)


def test_filters_together_narrow_and_the_total_counts_them(client: Client) -> None:
    params: Params = {"band": ["red", "yellow"], "plan": "Business", "limit": 2}
    page = client.get("/v1/accounts", params=params).json()
    expected = [
        line
        for line in lines(client)
        if line["band"] in ("red", "yellow") and line["plan"] == "Business"
    ]
    assert page["total"] == len(expected) > 2
    assert len(page["accounts"]) == 2


@pytest.mark.parametrize("part", ["a0001", "株式会社", "TRADING", "%", "_", "\\", "'; drop"])
def test_a_search_finds_part_of_an_id_or_a_name_and_takes_nothing_as_a_pattern(
    client: Client, part: str
) -> None:
    found = {line["account_external_id"] for line in lines(client, q=part)}
    expected = {
        line["account_external_id"]
        for line in lines(client)
        if any(
            part.lower() in (line[name] or "").lower()
            for name in ("account_external_id", "name", "name_en")
        )
    }
    assert found == expected


def test_change_compares_with_the_run_a_week_before(company: Served, client: Client) -> None:
    line = next(line for line in lines(client, order="change") if line["change"])
    history = client.get(f"/v1/accounts/{line['account_external_id']}/history").json()["scores"]
    assert line["change"] == history[-1]["health_score"] - history[-2]["health_score"]


def test_a_tag_saves_the_second_answer_until_another_run_is_there(client: Client) -> None:
    account = lines(client)[0]["account_external_id"]
    for address in (
        "/v1/accounts",
        "/v1/accounts?order=arr&limit=5",
        f"/v1/accounts/{account}",
        f"/v1/accounts/{account}/history",
        f"/v1/accounts/{account}/explanation",
        "/v1/model",
    ):
        first = client.get(address)
        tag = first.headers["ETag"]
        for held in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            again = client.get(address, headers={"If-None-Match": held})
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["ETag"] == tag
        assert client.get(address, headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_tag_is_another_once_the_company_s_plays_are(tmp_path: Path) -> None:
    made = served(tmp_path, accounts=6, weeks=1)
    client = Client(create_app(made.settings, engine=made.engine))
    account = lines(client)[0]["account_external_id"]
    held = {"If-None-Match": client.get(f"/v1/accounts/{account}").headers["ETag"]}
    assert client.get(f"/v1/accounts/{account}", headers=held).status_code == 304
    plays = PLAYS.read_text(encoding="utf-8").replace("due_hours = ", "due_hours = 1")
    (tmp_path / "plays.toml").write_text(plays, encoding="utf-8")
    assert client.get(f"/v1/accounts/{account}", headers=held).status_code == 200
    (tmp_path / "plays.toml").write_text("no table", encoding="utf-8")
    assert client.get("/v1/accounts").status_code == 200  # of which no line tells a play
    made.engine.dispose()


def test_languages_have_tags_of_their_own(client: Client) -> None:
    account = lines(client)[0]["account_external_id"]
    address = f"/v1/accounts/{account}/explanation"
    ja = client.get(address, params={"lang": "ja"})
    en = client.get(address, params={"lang": "en"}, headers={"If-None-Match": ja.headers["ETag"]})
    assert en.status_code == 200


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_every_explanation_adds_up_to_the_score_in_the_list(client: Client, lang: str) -> None:
    for line in lines(client):
        address = f"/v1/accounts/{line['account_external_id']}/explanation"
        said = client.get(address, params={"lang": lang}).json()
        assert said["health_score"] == line["health_score"]
        if line["health_score"] is None:
            assert said["reasons"] == []
            assert said["abstain_reason"]
            continue
        points = [reason["points"] for reason in said["reasons"]]
        assert said["baseline_points"] + sum(points) == said["health_score"]
        assert all(reason["sentence"] for reason in said["reasons"])


def test_an_explanation_speaks_the_language_asked_for(client: Client) -> None:
    account = lines(client)[0]["account_external_id"]
    address = f"/v1/accounts/{account}/explanation"
    ja = client.get(address, params={"lang": "ja"}).json()["reasons"][0]
    en = client.get(address, params={"lang": "en"}).json()["reasons"][0]
    assert not ja["sentence"].isascii()
    assert en["sentence"].isascii()
    company_language = client.get(address).json()
    assert company_language["language"] == "ja"


def test_history_is_oldest_first_and_limited_to_the_latest(client: Client) -> None:
    account = lines(client)[0]["account_external_id"]
    whole = client.get(f"/v1/accounts/{account}/history").json()["scores"]
    assert [one["as_of"] for one in whole] == sorted(one["as_of"] for one in whole)
    latest = client.get(f"/v1/accounts/{account}/history", params={"limit": 2}).json()["scores"]
    assert latest == whole[-2:]


def test_instants_are_written_with_their_zone(client: Client) -> None:
    account = lines(client)[0]["account_external_id"]
    record = client.get(f"/v1/accounts/{account}").json()["score"]
    assert record["as_of"].endswith("Z")
    assert record["data_freshness"]["scored_at"].endswith("Z")


@pytest.mark.parametrize("below", ["", "/history", "/explanation"])
def test_a_wrong_account_gets_close_matches(client: Client, below: str) -> None:
    refused = client.get(f"/v1/accounts/A0001{below}")
    assert refused.status_code == 404
    assert refused.json()["type"] == "/problems/unknown-account"
    assert "A00010" in refused.json()["fix"]


def test_a_name_instead_of_an_id_leads_to_the_account(client: Client) -> None:
    line = lines(client)[0]
    refused = client.get(f"/v1/accounts/{line['name_en']}")
    assert line["account_external_id"] in refused.json()["fix"]


def test_an_id_unlike_all_others_leads_to_the_list(client: Client) -> None:
    assert "/v1/accounts lists" in client.get("/v1/accounts/@@@@").json()["fix"]


@pytest.fixture
def next_day(tmp_path: Path) -> Iterator[Client]:
    """A company whose latest run knows one account only; the others have left."""
    made = served(tmp_path, accounts=8, weeks=1)
    run = scores.latest_run(made.engine, "issued")
    assert run is not None
    row = next(row for row in scores.rows_of(made.engine, run["run_id"]) if row["points"])
    tomorrow = run["as_of"] + timedelta(days=1)
    later = {**cast(Json, run), "run_id": "later", "as_of": tomorrow}
    strange = {"account_id": STRANGE, "score_id": "f" * 32, "as_of": tomorrow}
    scores.save_run(made.engine, later, [{**cast(Json, row), **strange, "run_id": "later"}])
    yield Client(create_app(made.settings, engine=made.engine))
    made.engine.dispose()


def test_an_account_that_left_is_told_from_one_that_never_was(next_day: Client) -> None:
    refused = next_day.get("/v1/accounts/A00001")
    assert refused.status_code == 404
    assert "was last scored on 2026-11-20" in refused.json()["found"]
    assert len(next_day.get("/v1/accounts/A00001/history").json()["scores"]) == 1
    never = next_day.get("/v1/accounts/B")
    assert "is in no run" in never.json()["found"]


def test_an_id_with_slashes_and_spaces_is_an_id_like_any_other(next_day: Client) -> None:
    address = f"/v1/accounts/{quote(STRANGE, safe='')}"
    for below in ("", "/history", "/explanation"):
        assert next_day.get(address + below).json()["account_external_id"] == STRANGE
    record = next_day.get(address).json()["score"]
    assert record["explanation_url"] == f"{address}/explanation"


def test_a_cursor_goes_on_in_the_run_it_began_in(company: Served, client: Client) -> None:
    first = client.get("/v1/accounts", params={"limit": 5}).json()
    place = cursor.read(first["next_cursor"], listing.Question().fingerprint)
    assert place.run_id == first["run_id"]
    older = next(run for run in scores.runs(company.engine) if run["run_id"] != first["run_id"])
    elsewhere = cursor.Cursor(older["run_id"], place.question, -1.0, "")
    page = client.get("/v1/accounts", params={"limit": 5, "cursor": elsewhere.text()}).json()
    assert page["run_id"] == older["run_id"]
    assert page["accounts"][0]["as_of"] == f"{older['as_of'].isoformat()}Z"


@pytest.mark.parametrize(
    "broken",
    [
        "x",
        "====",
        "W10",
        "bnVsbA",
        "WzEsMiwzLDRd",
        "é",
        "A" * 1999,
        cursor.Cursor("r", "another", 1.0, "A").text(),
        cursor.Cursor("gone", listing.Question().fingerprint, 1.0, "A").text(),
        cursor.Cursor("r", listing.Question().fingerprint, float("nan"), "A").text(),
    ],
)
def test_a_cursor_not_made_for_this_question_is_refused(client: Client, broken: str) -> None:
    refused = client.get("/v1/accounts", params={"cursor": broken})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "query.cursor"
