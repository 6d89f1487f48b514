"""Stored scores by account id: told once, and yet always what the store holds now."""

import json
from datetime import datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from serving.app import create_app
from serving.champion import Champion
from serving.predictions import answers, issued
from serving.store.schema import scores
from serving.store.scores import latest_run, rows_of, save_run
from serving.subjects.rows import Entry, named, remove
from tests.builders.served import Client, Served, served

Asked = str | dict[str, Any]
WHEN = datetime(2026, 11, 21)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Served:
    return served(tmp_path_factory.mktemp("company"), accounts=30, weeks=3)


@pytest.fixture
def own(tmp_path: Path) -> Served:
    return served(tmp_path, accounts=6, weeks=3)


def client_of(company: Served) -> Client:
    app = create_app(company.settings, engine=company.engine, champion=Champion(company.settings))
    return Client(app)


def ask(client: Client, *accounts: Asked, drivers: int | str = "all") -> httpx.Response:
    given = [one if isinstance(one, dict) else {"account_id": one} for one in accounts]
    body = json.dumps({"accounts": given, "drivers": drivers}).encode()
    headers = {"content-type": "application/json"}
    return client.request("POST", "/v1/predictions", headers=headers, body=body)


def as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every answer made the long way, from whole rows and documents."""
    monkeypatch.setattr(issued.Issued, "at_once", lambda *_: None)
    monkeypatch.setattr(issued.Issued, "answered", lambda *_: None)


def accounts_of(company: Served) -> list[str]:
    with company.engine.connect() as connection:
        found = connection.execute(sa.select(scores.c.account_id).distinct()).scalars()
        return sorted(found)


@pytest.mark.parametrize("drivers", ["all", 0, 2])
def test_each_way_to_ask_for_a_stored_score_gives_the_same_bytes(
    company: Served, drivers: int | str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, run = client_of(company), latest_run(company.engine)
    assert run is not None
    known = [name for name in accounts_of(company) if ask(client, name).status_code == 200]
    assert len(known) > 20
    told_anew = [ask(client, name, drivers=drivers).content for name in known]
    kept = [ask(client, name, drivers=drivers).content for name in known]
    together = ask(client, *known, known[0], drivers=drivers).json()["predictions"]
    as_before(monkeypatch)
    assert told_anew == kept == [ask(client, name, drivers=drivers).content for name in known]
    assert together == ask(client, *known, known[0], drivers=drivers).json()["predictions"]


def test_a_score_told_once_is_answered_without_a_thread_and_without_a_row(
    own: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, name = client_of(own), accounts_of(own)[0]
    told = ask(client, name).content

    def never(*_: object, **__: object) -> None:
        raise AssertionError("the row was read again")

    monkeypatch.setattr(issued, "scores_of", never)
    monkeypatch.setattr(issued.Issued, "answered", never)
    monkeypatch.setattr(answers, "predict", never)
    assert ask(client, name).content == told


def store_again(company: Served, days: int, **changed: str) -> None:
    """Store the latest run once more, so many days after it."""
    run = latest_run(company.engine)
    assert run is not None
    as_of = run["as_of"] + timedelta(days=days)
    name = f"again{days}"
    rows = [
        {**row, "score_id": f"{name}-{row['account_id']}", "as_of": as_of, "run_id": name}
        for row in rows_of(company.engine, run["run_id"])
    ]
    for row in rows:
        row.update((key, value) for key, value in changed.items() if key in row)
    save_run(company.engine, {**run, "run_id": name, "as_of": as_of, **changed}, rows)


def test_who_was_erased_is_unknown_at_once(own: Served) -> None:
    client, name, other = client_of(own), *accounts_of(own)[:2]
    assert [ask(client, name).status_code for _ in range(2)] == [200, 200]
    remove(own.engine, named(own.engine, name), Entry(WHEN, "hana", "f" * 64, {"why": "asked"}))
    assert ask(client, name).status_code == 404
    assert ask(client, other, name).status_code == 404
    assert ask(client, other).status_code == 200


def test_a_score_that_came_between_is_what_the_change_is_told_against(own: Served) -> None:
    client, name = client_of(own), accounts_of(own)[0]
    first = ask(client, name).json()["predictions"][0]
    store_again(own, -1, kind="replay")
    second = ask(client, name).json()["predictions"][0]
    assert first["change"]["since"] != second["change"]["since"]
    assert second == first | {"change": second["change"]}
    assert second["change"]["delta"] == 0


def test_a_later_run_is_answered_as_soon_as_it_is_there(own: Served) -> None:
    client, name = client_of(own), accounts_of(own)[0]
    for days in (1, 2):
        ask(client, name)
        store_again(own, days)
        assert ask(client, name).json()["predictions"][0]["score_id"] == f"again{days}-{name}"


def test_plays_that_were_changed_since_are_told_at_once(own: Served) -> None:
    client, names = client_of(own), accounts_of(own)
    before = [ask(client, name).json()["predictions"][0] for name in names]
    text = resources.files("serving").joinpath("plays.toml").read_text(encoding="utf-8")
    chosen = before[0]["recommended_action_en"]
    assert text.count(chosen) >= 1
    own.settings.root.joinpath("plays.toml").write_text(text.replace(chosen, "Ring them"))
    after = [ask(client, name).json()["predictions"][0] for name in names]
    assert after[0]["recommended_action_en"] == "Ring them"
    own.settings.root.joinpath("plays.toml").unlink()
    assert [ask(client, name).json()["predictions"][0] for name in names] == before


def test_what_other_settings_issued_is_computed(own: Served) -> None:
    client, name = client_of(own), accounts_of(own)[0]
    assert ask(client, name).json()["predictions"][0]["kind"] == "issued"
    store_again(own, 1, settings_version="other")
    assert ask(client, name).json()["predictions"][0]["kind"] == "computed"


def test_a_stored_score_beside_given_features_is_answered_as_each_alone(company: Served) -> None:
    client, name = client_of(company), accounts_of(company)[0]
    by_id = ask(client, name).json()["predictions"][0]
    values = {"features": {"mrr": 10.0}}
    both = ask(client, name, values).json()["predictions"]
    assert both[0] == by_id
    assert both[1]["kind"] == "computed"


def test_an_answer_is_counted_by_its_band_however_it_was_had(company: Served) -> None:
    client, name = client_of(company), accounts_of(company)[0]
    for _ in range(3):
        told = ask(client, name).json()["predictions"][0]
    said = client.request("GET", "/metrics").text
    counted = [line for line in said.splitlines() if "prediction" in line and told["band"] in line]
    assert any(line.endswith(" 3.0") for line in counted), counted
