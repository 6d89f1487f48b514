"""The OpenAPI document is kept: real answers of every route fit it."""

from typing import Any

import jsonschema_rs
import pytest

from tests.builders.served import Client

Json = dict[str, Any]

OPERATIONS = {
    "createPredictions",
    "explainAccount",
    "explainProblem",
    "getAccount",
    "getAccountHistory",
    "getAnswerCheck",
    "getForecast",
    "getLeavers",
    "getModel",
    "isAlive",
    "isReady",
    "listAccounts",
}


@pytest.fixture(scope="module")
def document(client: Client) -> Json:
    found: Json = client.get("/openapi.json").json()
    return found


def operations(document: Json) -> dict[str, tuple[str, str, Json]]:
    return {
        operation["operationId"]: (method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def test_it_is_openapi_3_1_with_stable_operation_ids(document: Json) -> None:
    assert document["openapi"].startswith("3.1.")
    assert set(operations(document)) == OPERATIONS


def test_every_operation_has_a_summary_and_declares_its_problems(document: Json) -> None:
    for method, path, operation in operations(document).values():
        assert operation["summary"], (method, path)
        assert operation["description"], (method, path)
        problems = [status for status in operation["responses"] if status >= "400"]
        assert {"400", "422", "500"} <= set(problems)
        for status in problems:
            content = operation["responses"][status]["content"]
            assert "application/problem+json" in content or (path, status) == ("/readyz", "503")


def test_every_schema_is_closed_over_the_document(document: Json) -> None:
    for name in document["components"]["schemas"]:
        schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        jsonschema_rs.Draft202012Validator(schema)
    assert "HTTPValidationError" not in document["components"]["schemas"]


def test_examples_fit_their_schemas(document: Json) -> None:
    checked = 0
    for name, schema in document["components"]["schemas"].items():
        for example in schema.get("examples", []):
            validate(document, f"#/components/schemas/{name}", example)
            checked += 1
    assert checked >= 4


def validate(document: Json, reference: str, instance: object) -> None:
    schema = {"$ref": reference, "components": document["components"]}
    jsonschema_rs.Draft202012Validator(schema, validate_formats=True).validate(instance)


ASKED: list[tuple[str, str, str, object, int]] = [
    ("listAccounts", "GET", "/v1/accounts", None, 200),
    ("listAccounts", "GET", "/v1/accounts?order=change&limit=3&band=red", None, 200),
    ("listAccounts", "GET", "/v1/accounts?limit=x", None, 422),
    ("getAccount", "GET", "/v1/accounts/A00001", None, 200),
    ("getAccount", "GET", "/v1/accounts/A", None, 404),
    ("getAccountHistory", "GET", "/v1/accounts/A00001/history", None, 200),
    ("getAccountHistory", "GET", "/v1/accounts/A/history", None, 404),
    ("explainAccount", "GET", "/v1/accounts/A00001/explanation?lang=ja", None, 200),
    ("explainAccount", "GET", "/v1/accounts/A00001/explanation?lang=en", None, 200),
    ("explainAccount", "GET", "/v1/accounts/A/explanation", None, 404),
    ("getModel", "GET", "/v1/model", None, 200),
    ("getForecast", "GET", "/v1/forecast", None, 200),
    ("getAnswerCheck", "GET", "/v1/answer-check", None, 200),
    ("getLeavers", "GET", "/v1/leavers", None, 200),
    ("isAlive", "GET", "/livez", None, 200),
    ("isReady", "GET", "/readyz", None, 200),
    ("explainProblem", "GET", "/problems/not-ready", None, 200),
    ("explainProblem", "GET", "/problems/x", None, 404),
    (
        "createPredictions",
        "POST",
        "/v1/predictions",
        {"accounts": [{"account_id": "A00001"}, {"features": {"plan": "Business", "mrr": 5}}]},
        200,
    ),
    ("createPredictions", "POST", "/v1/predictions", {"accounts": [{"account_id": "A"}]}, 404),
    ("createPredictions", "POST", "/v1/predictions", {"accounts": 1}, 422),
]


@pytest.mark.parametrize(("operation", "method", "address", "body", "status"), ASKED)
def test_an_answer_is_what_the_document_says(
    client: Client,
    document: Json,
    operation: str,
    method: str,
    address: str,
    body: object,
    status: int,
) -> None:
    answer = client.post(address, body) if method == "POST" else client.get(address)
    assert answer.status_code == status
    declared = operations(document)[operation][2]["responses"][str(status)]
    media_type = answer.headers["content-type"].partition(";")[0]
    reference = declared["content"][media_type]["schema"]["$ref"]
    validate(document, reference, answer.json())
    assert all(name in answer.headers for name in declared["headers"])


def test_every_operation_was_asked() -> None:
    assert {asked[0] for asked in ASKED} == OPERATIONS


def test_every_account_fits_the_document(client: Client, document: Json) -> None:
    page = client.get("/v1/accounts", params={"limit": 500}).json()
    validate(document, "#/components/schemas/AccountPage", page)
    for line in page["accounts"]:
        address = f"/v1/accounts/{line['account_external_id']}"
        validate(document, "#/components/schemas/Account", client.get(address).json())
