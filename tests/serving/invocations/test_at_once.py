"""A few rows are answered at once: the same answers, and every refusal left to the long way."""

import json
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from serving import express
from serving.invocations import encoding
from serving.invocations.encoding import encode
from serving.invocations.routes import IN_THE_LOOP
from serving.invocations.tables import Table, from_csv, from_json
from tests.builders.served import Client, Served

Row = dict[str, Any]
JSON = {"Content-Type": "application/json"}
LONG_WAY = {"Content-Type": 'application/json; charset="utf-8"'}


@pytest.fixture
def straight(monkeypatch: pytest.MonkeyPatch, client: Client) -> list[bool]:
    """Whether each request took the straight way."""
    noted: list[bool] = []
    answer = express.Express.answer

    async def noting(
        self: express.Express, scope: Scope, receive: Receive, send: Send
    ) -> Receive | None:
        left = await answer(self, scope, receive, send)
        noted.append(left is None)
        return left

    client.get("/v1/accounts")  # reads the keys
    monkeypatch.setattr(express.Express, "answer", noting)
    return noted


def invoke(client: Client, document: object, headers: dict[str, str]) -> Any:  # noqa: ANN401
    body = json.dumps(document).encode()
    return client.request("POST", "/invocations", headers=headers, body=body)


def forms(rows: list[Row]) -> list[object]:
    names = list(reversed(rows[0]))
    by_column = {name: [row[name] for row in rows] for name in names}
    return [
        {"dataframe_split": {"columns": names, "data": [[r[n] for n in names] for r in rows]}},
        {"dataframe_records": rows},
        {"instances": rows, "params": None},
        {"inputs": by_column},
    ]


def test_both_ways_give_the_same_probabilities(
    client: Client, rows: list[Row], straight: list[bool]
) -> None:
    for start in range(0, 40, IN_THE_LOOP):
        for document in forms(rows[start : start + IN_THE_LOOP]):
            short, long = (invoke(client, document, headers) for headers in (JSON, LONG_WAY))
            assert short.status_code == long.status_code == 200
            assert short.json() == long.json()
    assert straight == [True, False] * (len(straight) // 2)


def test_a_value_that_python_writes_as_nan_is_missing_on_both(
    client: Client, rows: list[Row], straight: list[bool]
) -> None:
    name = next(name for name, value in rows[0].items() if isinstance(value, float))
    given = [{**rows[0], name: value} for value in (float("nan"), None)]
    answers = [invoke(client, {"inputs": [row]}, JSON).json() for row in given]
    assert answers[0] == answers[1]
    assert straight == [True, True]


def test_many_rows_and_refusals_take_the_long_way(
    client: Client, rows: list[Row], straight: list[bool]
) -> None:
    assert invoke(client, {"inputs": rows[: IN_THE_LOOP + 1]}, JSON).status_code == 200
    refused: list[object] = [
        {"inputs": [{}]}, {"inputs": [{**rows[0], "mrr": True}]}, {"instances": 7}, [],
    ]  # fmt: skip
    for wrong in refused:
        assert invoke(client, wrong, JSON).status_code == 422
    assert straight == [False] * 5


def test_rows_read_one_by_one_are_those_read_by_column(
    company: Served, rows: list[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = [from_json(document) for n in (1, 3, 32) for document in forms(rows[:n])]
    names = list(rows[0])
    empty: Table = from_json({"dataframe_split": {"columns": names, "data": []}})
    tables += [empty, from_csv(",".join(names) + "\n" + ",".join(["NaN"] * len(names)) + "\n")]
    one_by_one = [encode(table, company.bundle).tobytes() for table in tables]
    monkeypatch.setattr(encoding, "FEW", -1)
    assert one_by_one == [encode(table, company.bundle).tobytes() for table in tables]
