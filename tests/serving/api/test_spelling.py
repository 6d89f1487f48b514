"""An account is found however its letters are written, on both databases."""

import unicodedata
from collections.abc import Iterator
from typing import Any, cast

import pytest

from serving.accounts.spelling import spellings
from serving.app import create_app
from serving.store import scores
from tests.builders.served import Client, Served, served
from tests.builders.stores import STORES, store_of

APART = unicodedata.normalize("NFD", "ガス")
"""As macOS writes it in names of files."""

NAMES = {APART: "ガス灯", "Ä1": "ÉCLAIR ＣＯ", "B/2": "éclair"}


@pytest.fixture(scope="module", params=STORES)
def company(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    with store_of(request) as url:
        made = served(tmp_path_factory.mktemp("spelling"), accounts=6, weeks=1, store_url=url)
        run = cast(dict[str, Any], scores.latest_run(made.engine))
        one = dict(scores.rows_of(made.engine, run["run_id"])[0])
        later = {"run_id": "later", "created_at": run["created_at"].replace(month=12)}
        rows = [
            one | {"run_id": "later", "score_id": f"{place:032x}", "account_id": i, "name": name}
            for place, (i, name) in enumerate(NAMES.items())
        ]
        scores.save_run(made.engine, {**run, **later}, rows)
        yield made
        made.engine.dispose()


@pytest.fixture(scope="module")
def client(company: Served) -> Client:
    return Client(create_app(company.settings, engine=company.engine))


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("ガス", {APART}),
        (APART, {APART}),
        ("éclair", {"Ä1", "B/2"}),
        ("ÉCLAIR", {"Ä1", "B/2"}),
        ("ä1", {"Ä1"}),
        ("b/2", {"B/2"}),
        ("ｃｏ", {"Ä1"}),
        ("ガズ", set()),
    ],
)
def test_a_search_finds_every_spelling(client: Client, q: str, found: set[str]) -> None:
    listed = client.get("/v1/accounts", params={"q": q}).json()["accounts"]
    assert {account["account_external_id"] for account in listed} == found


@pytest.mark.parametrize("written", ["ガス", "ｶﾞｽ"])
def test_an_id_in_another_spelling_is_no_account_but_the_answer_names_it(
    client: Client, written: str
) -> None:
    refused = client.get(f"/v1/accounts/{written}")
    assert refused.status_code == 404
    assert APART in refused.json()["fix"]


def test_plain_letters_have_one_spelling_and_the_given_one_comes_first() -> None:
    assert spellings("Acme 1%") == ["Acme 1%"]
    assert spellings(APART)[0] == APART
    assert "ガス" in spellings(APART)
