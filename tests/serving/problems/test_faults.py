"""What is wrong with a request is told in the words of JSON, with the name that was meant."""

from pathlib import Path

import pytest

from serving.app import create_app, described
from serving.problems.faults import PATTERNS
from tests.builders.served import Client, Served, served

PREDICTIONS = "/v1/predictions"
OVERRIDE = "/v1/accounts/A00001/override"
FEEDBACK = "/v1/accounts/A00001/feedback"
ONE = {"account_id": "A00001"}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Served:
    return served(Path(tmp_path_factory.mktemp("faults")), accounts=6, weeks=1)


@pytest.fixture(scope="module")
def client(company: Served) -> Client:
    return Client(create_app(company.settings, engine=company.engine))


@pytest.mark.parametrize(
    ("address", "given", "code", "told"),
    [
        (PREDICTIONS, [], "model_type", "body: Input should be an object."),
        (PREDICTIONS, {"accounts": {}}, "list_type", "accounts: Input should be an array."),
        (PREDICTIONS, {"accounts": ["A"]}, "model_type", "accounts.0: Input should be an object."),
        (PREDICTIONS, {"accounts": []}, "too_short", "should have at least 1 item, not 0."),
        (PREDICTIONS, {"accounts": [ONE] * 1001}, "too_long", "at most 1000 items, not 1001."),
        (PREDICTIONS, {"accounts": [{"acount_id": "A"}]}, "extra_forbidden",
         "body.accounts.0.acount_id: unknown name; did you mean 'account_id'?"),
        (PREDICTIONS, {"accounts": [ONE], "lang": "en"}, "extra_forbidden",
         "body.lang: unknown name; known: accounts, drivers."),
        (PREDICTIONS, {"accounts": [ONE], "drivers": -1}, "literal_error",
         "body.drivers: Input should be 'all', or: Input should be at least 0, found less: "
         "send 0 or more."),
        (FEEDBACK, {"verdict": "agree", "stars": 5}, "extra_forbidden",
         "body.stars: unknown name; known: verdict, feature, note, score_id."),
        (OVERRIDE, {"band": "red", "reason": "x", "until": "24.12.2026"}, "date_type",
         "body.until: Input should be a date as YYYY-MM-DD."),
    ],
)  # fmt: skip
def test_a_fault_is_told_so_that_a_stranger_to_python_can_mend_it(
    client: Client, address: str, given: object, code: str, told: str
) -> None:
    problem = client.post(address, given).json()
    assert (problem["status"], problem["errors"][0]["code"]) == (422, code)
    assert problem["detail"].endswith(told)
    for word in ("dictionary", "instance", "List", "constrained", "?."):
        assert word not in problem["detail"]


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("/v1/accounts?limit=501", "query.limit: Input should be at most 500, found more: send 500 "
         "or less."),
        ("/v1/accounts?limit=0", "query.limit: Input should be at least 1, found less: send 1 or "
         "more."),
        ("/v1/scores/zzz", "path.score_id: Input should be the id of a score: 32 digits from 0 to "
         "9 and a to f, found another text: copy `score_id` from /v1/accounts or from an account's "
         "history."),
        ("/v1/accounts?q=" + "a" * 201, "query.q: Input should be a text of at most 200 "
         "characters, found a longer one: shorten it."),
    ],
)  # fmt: skip
def test_a_limit_or_a_form_is_told_in_a_sentence_with_what_to_do(
    client: Client, address: str, told: str
) -> None:
    problem = client.get(address).json()
    assert (problem["status"], problem["detail"]) == (422, told)


def test_every_form_that_a_route_asks_for_has_its_sentence() -> None:
    assert asked_forms(described()["paths"]) - OF_OUR_OWN_ANSWERS == set(PATTERNS)


OF_OUR_OWN_ANSWERS = {"^[A-Za-z0-9._-]{1,64}$"}
"""Of `X-Request-ID`, which is replaced where it is of another form, never refused."""


def asked_forms(part: object) -> set[str]:
    if isinstance(part, dict):
        mine = {part["pattern"]} if isinstance(part.get("pattern"), str) else set()
        return mine.union(*map(asked_forms, part.values()))
    return set().union(*map(asked_forms, part)) if isinstance(part, list) else set()


def test_a_parameter_that_resembles_another_too_little_gets_them_all(client: Client) -> None:
    problem = client.get("/v1/accounts?sort=arr").json()
    assert problem["detail"].startswith("query.sort: unknown name; known: q, order, limit")
