"""A fuzzer that reads the OpenAPI document asks a real server; no answer is a surprise."""

from collections.abc import Iterator
from typing import Any, cast

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from tests.builders.server import Server

EXAMPLES = 15
PROBLEM = "application/problem+json"
CHECKED = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "negative_data_rejection",
    "unsupported_method",
)
# Nothing can be wrong about these: they take no input, or any text as an id.
NEVER_WRONG = {
    "isAlive",
    "isReady",
    "getModel",
    "getAnswerCheck",
    "getLeavers",
    "getForecast",
    "getAccount",
}
OPERATIONS = {
    "listAccounts": ("GET", "/v1/accounts"),
    "getAccount": ("GET", "/v1/accounts/{account_id}"),
    "explainAccount": ("GET", "/v1/accounts/{account_id}/explanation"),
    "getAccountHistory": ("GET", "/v1/accounts/{account_id}/history"),
    "getModel": ("GET", "/v1/model"),
    "getAnswerCheck": ("GET", "/v1/answer-check"),
    "getLeavers": ("GET", "/v1/leavers"),
    "getForecast": ("GET", "/v1/forecast"),
    "isAlive": ("GET", "/livez"),
    "isReady": ("GET", "/readyz"),
    "explainProblem": ("GET", "/problems/{slug}"),
    "createPredictions": ("POST", "/v1/predictions"),
}


@pytest.fixture(scope="module")
def schema(server: Server) -> schemathesis.BaseSchema:
    load_all_checks()
    return schemathesis.openapi.from_url(f"{server.url}/openapi.json")


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as made:
        yield made


@pytest.mark.parametrize(
    ("method", "path", "mode"),
    [
        (method, path, mode)
        for name, (method, path) in OPERATIONS.items()
        for mode in GenerationMode
        if mode is GenerationMode.POSITIVE or name not in NEVER_WRONG
    ],
)
def test_valid_and_invalid_requests_get_only_declared_answers(
    schema: schemathesis.BaseSchema,
    session: requests.Session,
    server: Server,
    method: str,
    path: str,
    mode: GenerationMode,
) -> None:
    operation = schema[path][method]
    takes_input = list(operation.iter_parameters()) or operation.body
    checks: list[Any] = [CHECKS.get_one(name) for name in CHECKED]
    seen: list[int] = []

    @settings(
        max_examples=EXAMPLES if takes_input else 1,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(mode))
    def ask(case: schemathesis.Case[Any]) -> None:
        response = case.call(base_url=server.url, session=session)
        case.validate_response(response, checks=checks)
        kind = response.headers["content-type"][0].partition(";")[0]
        assert response.status_code < 400 or kind == PROBLEM
        seen.append(response.status_code)

    ask()
    assert seen
    assert max(seen) < 500


def test_every_operation_is_fuzzed(schema: schemathesis.BaseSchema) -> None:
    raw = cast(Any, schema).raw_schema["paths"]
    found = {(method.upper(), path) for path, methods in raw.items() for method in methods}
    assert found == set(OPERATIONS.values())
