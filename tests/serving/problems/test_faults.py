"""What is wrong with a request is told in the words of JSON, with the name that was meant."""

from pathlib import Path

import pytest

from serving.app import create_app
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
         "body.drivers: Input should be 'all', or: Input should be greater than or equal to 0."),
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


def test_a_parameter_that_resembles_another_too_little_gets_them_all(client: Client) -> None:
    problem = client.get("/v1/accounts?sort=arr").json()
    assert problem["detail"].startswith("query.sort: unknown name; known: q, order, limit")
