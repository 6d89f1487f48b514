"""The OpenAPI document is kept: real answers of every route fit it."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from typer.testing import CliRunner

from features.clock import utc_now
from serving.app import described
from serving.cli import app
from tests.builders.served import Client
from tests.builders.small_catalogue import FEATURES

Json = dict[str, Any]


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


def test_the_committed_document_is_what_the_command_prints() -> None:
    printed = CliRunner().invoke(app, ["openapi"], catch_exceptions=False)
    committed = (Path(__file__).parents[3] / "docs" / "openapi.json").read_text(encoding="utf-8")
    renew = "the API changed: run `kenshin openapi > docs/openapi.json` and commit it"
    assert json.loads(printed.stdout) == json.loads(committed), renew
    assert printed.stdout == committed, renew


def test_it_is_what_a_server_answers_whatever_the_company(document: Json) -> None:
    assert document == described()
    assert document["openapi"].startswith("3.1.")


def test_every_operation_shows_how_it_is_asked(document: Json) -> None:
    for method, path, operation in operations(document).values():
        assert operation["operationId"], (method, path)
        for parameter in operation.get("parameters", []):
            if parameter["in"] == "path":
                schema = parameter["schema"]
                assert parameter.get("examples") or schema.get("examples"), (method, path)
        for media in operation.get("requestBody", {}).get("content", {}).values():
            reference = media["schema"].get("$ref", "").removeprefix("#/components/schemas/")
            known = document["components"]["schemas"].get(reference, {})
            assert media.get("example") or media.get("examples") or known.get("examples"), path


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


def test_it_is_written_once_and_not_sent_again_to_whoever_has_it(client: Client) -> None:
    first, again = client.get("/openapi.json"), client.get("/openapi.json")
    assert (first.content, first.headers["etag"]) == (again.content, again.headers["etag"])
    assert first.headers["content-type"] == "application/json"
    assert client.app.state.document.body == first.content
    held = client.get("/openapi.json", headers={"If-None-Match": first.headers["etag"]})
    assert (held.status_code, held.content) == (304, b"")
    other = client.get("/openapi.json", headers={"If-None-Match": '"other"'})
    assert (other.status_code, other.content) == (200, first.content)


RENEW = "run `python -m tests.builders.api_examples`, then `kenshin openapi > docs/openapi.json`"


def test_every_answer_is_shown_by_an_example_that_fits_and_adds_up(document: Json) -> None:
    for name, (_, path, operation) in operations(document).items():
        answer = next(one for status, one in operation["responses"].items() if status < "300")
        content = answer["content"].get("application/json")
        if content is None:
            continue
        assert content.get("example"), f"{name}: {RENEW}"
        try:
            validate(document, content["schema"]["$ref"], content["example"])
        except jsonschema_rs.ValidationError as error:
            pytest.fail(f"{path}: {error}; {RENEW}")
    record = operations(document)["getScore"][2]["responses"]["200"]
    shown = record["content"]["application/json"]["example"]
    points = [driver["points"] for driver in shown["drivers"]]
    assert shown["baseline_points"] + sum(points) == shown["health_score"]


def validate(document: Json, reference: str, instance: object) -> None:
    schema = {"$ref": reference, "components": document["components"]}
    jsonschema_rs.Draft202012Validator(schema, validate_formats=True).validate(instance)


EVERYTHING = {feature.name: None for feature in FEATURES}

HELD = {
    "band": "red",
    "reason": "Their new owner signs in March.",
    "until": (utc_now().date() + timedelta(days=30)).isoformat(),
}
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
    ("setOverride", "POST", "/v1/accounts/A00001/override", HELD, 201),
    ("setOverride", "POST", "/v1/accounts/A00001/override", {**HELD, "reason": ""}, 422),
    ("getAccount", "GET", "/v1/accounts/A00001", None, 200),
    ("withdrawOverride", "DELETE", "/v1/accounts/A00001/override", None, 200),
    ("withdrawOverride", "DELETE", "/v1/accounts/A/override", None, 404),
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
    ("createFeedback", "POST", "/v1/accounts/A00001/feedback", {"verdict": "agree"}, 201),
    ("createFeedback", "POST", "/v1/accounts/A/feedback", {"verdict": "agree"}, 404),
    ("createFeedback", "POST", "/v1/accounts/A00001/feedback", {"verdict": "perhaps"}, 422),
    ("getScore", "GET", f"/v1/scores/{'0' * 32}", None, 404),
    ("getScore", "GET", "/v1/scores/x", None, 422),
    ("getDrift", "GET", "/v1/drift", None, 404),
    ("invoke", "POST", "/invocations", {"dataframe_records": []}, 422),
    ("invoke", "POST", "/invocations", {"dataframe_records": [EVERYTHING]}, 200),
    ("ping", "GET", "/ping", None, 200),
    ("health", "GET", "/health", None, 200),
    ("exportSubject", "GET", "/v1/subjects/A", None, 404),
    ("eraseSubject", "DELETE", "/v1/subjects/A", None, 404),
]

FILES = [
    ("exportAccountsCsv", "/v1/accounts.csv"),
    ("exportAccountsParquet", "/v1/accounts.parquet"),
    ("getVersion", "/version"),
    ("getMetrics", "/metrics"),
]
"""Operations whose answers are no JSON."""


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
    answer = client.post(address, body) if body else client.request(method, address)
    assert answer.status_code == status, answer.text
    declared = operations(document)[operation][2]["responses"][str(status)]
    media_type = answer.headers["content-type"].partition(";")[0]
    reference = declared["content"][media_type]["schema"]["$ref"]
    validate(document, reference, answer.json())
    assert all(name in answer.headers for name in declared["headers"])


@pytest.mark.parametrize(("operation", "address"), FILES)
def test_a_file_is_of_the_type_the_document_says(
    client: Client, document: Json, operation: str, address: str
) -> None:
    answer = client.get(address)
    assert answer.status_code == 200
    declared = operations(document)[operation][2]["responses"]["200"]
    assert answer.headers["content-type"].partition(";")[0] in declared["content"]
    assert all(name in answer.headers for name in declared["headers"])


def test_every_operation_was_asked(document: Json) -> None:
    assert {asked[0] for asked in (*ASKED, *FILES)} == set(operations(document))


def test_any_score_of_the_history_fits_the_document(client: Client, document: Json) -> None:
    history = client.get("/v1/accounts/A00001/history").json()["scores"]
    assert len(history) > 1
    for moment in history:
        record = client.get(f"/v1/scores/{moment['score_id']}").json()
        validate(document, "#/components/schemas/Record", record)
        assert {name: record[name] for name in moment} == moment


def test_every_account_fits_the_document(client: Client, document: Json) -> None:
    page = client.get("/v1/accounts", params={"limit": 500}).json()
    validate(document, "#/components/schemas/AccountPage", page)
    for line in page["accounts"]:
        address = f"/v1/accounts/{line['account_external_id']}"
        validate(document, "#/components/schemas/Account", client.get(address).json())
