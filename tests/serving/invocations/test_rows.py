"""Rows that cannot be read are refused by place and rule; nothing of them is repeated."""

import json
from typing import Any

import pytest

from serving.invocations.tables import from_csv
from serving.problems import RequestFault
from tests.builders.served import Client
from tests.builders.small_catalogue import FEATURES

SECRET = "jane@example.com"
NAMES = [feature.name for feature in FEATURES]
ROW: dict[str, Any] = dict.fromkeys(NAMES) | {"active_users_28d": 12, "plan": "Business"}
SPLIT = {"columns": NAMES, "data": [[ROW[name] for name in NAMES]]}


def without(name: str) -> dict[str, Any]:
    return {column: value for column, value in ROW.items() if column != name}


REFUSED: list[tuple[object, str, str]] = [
    # body, place of the first fault, its code
    ([], "body", "not_an_object"),
    ("rows", "body", "not_an_object"),
    ({}, "body", "one_format"),
    ({"params": {}}, "body", "one_format"),
    ({"inputs": [ROW], "instances": [ROW]}, "body", "one_format"),
    ({"inputs": [ROW], "params": {"threshold": 1}}, "body.params", "no_params"),
    ({"inputs": [ROW], "signature_name": "x"}, "body.signature_name", "extra_forbidden"),
    ({"dataframe_split": [ROW]}, "body.dataframe_split", "not_split"),
    ({"dataframe_split": {"data": [[1]]}}, "body.dataframe_split", "not_split"),
    ({"dataframe_split": {**SPLIT, "dtype": 1}}, "body.dataframe_split.dtype", "extra_forbidden"),
    ({"dataframe_split": {"columns": [1], "data": []}}, "body.dataframe_split.columns",
     "not_names"),
    ({"dataframe_split": {"columns": NAMES, "data": 5}}, "body.dataframe_split.data", "list_type"),
    ({"dataframe_split": {"columns": NAMES, "data": [[1]]}}, "body.dataframe_split.data.0",
     "row_length"),
    ({"dataframe_split": {"columns": ["mrr", "mrr"], "data": [[1, 2]]}}, "body.dataframe_split.mrr",
     "repeated"),
    ({"dataframe_records": ROW}, "body.dataframe_records", "list_type"),
    ({"dataframe_records": [ROW, [1]]}, "body.dataframe_records.1", "no_names"),
    ({"instances": [[1, 2, 3]]}, "body.instances.0", "no_names"),
    ({"inputs": 7}, "body.inputs", "list_type"),
    ({"inputs": {**{n: [None] for n in NAMES}, "mrr": [1, 2]}}, "body.inputs.mrr",
     "column_length"),
    ({"inputs": {**{n: [None] for n in NAMES}, "mrr": 1}}, "body.inputs.mrr", "column_length"),
    ({"inputs": [without("mrr")]}, "body.inputs.mrr", "missing_column"),
    ({"inputs": [{**ROW, "mrrr": 1}]}, "body.inputs.mrrr", "unknown_column"),
    ({"inputs": [{**ROW, "mrr": "12"}]}, "body.inputs.mrr.0", "wrong_kind"),
    ({"inputs": [ROW, {**ROW, "mrr": SECRET}]}, "body.inputs.mrr.1", "wrong_kind"),
    ({"inputs": [{**ROW, "mrr": True}]}, "body.inputs.mrr.0", "wrong_kind"),
    ({"inputs": [{**ROW, "mrr": [1]}]}, "body.inputs.mrr.0", "wrong_kind"),
    ({"inputs": [{**ROW, "plan": 3}]}, "body.inputs.plan.0", "wrong_kind"),
    ({"inputs": [{**ROW, "plan": {"x": SECRET}}]}, "body.inputs.plan.0", "wrong_kind"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "place", "code"), REFUSED)
def test_what_cannot_be_read_is_named(client: Client, body: object, place: str, code: str) -> None:
    answer = client.post("/invocations", body)
    assert answer.status_code == 422
    assert SECRET not in answer.text
    first = answer.json()["errors"][0]
    assert (first["field"], first["code"]) == (place, code)


def csv(client: Client, text: str) -> Any:  # noqa: ANN401
    headers = {"Content-Type": "text/csv; charset=utf-8"}
    return client.request("POST", "/invocations", headers=headers, body=text.encode())


HEAD = ",".join(NAMES)
LINE = ",".join(
    "Business" if name == "plan" else "" if name == "industry" else "1" for name in NAMES
)


@pytest.mark.parametrize("text", [f"{HEAD}\n{LINE}\n", f"\ufeff{HEAD}\r\n{LINE}\r\n\r\n"])
def test_a_csv_is_read_by_its_header(client: Client, text: str) -> None:
    answer = csv(client, text)
    numbers = dict.fromkeys(NAMES, 1) | {"plan": "Business", "industry": None}
    same = client.post("/invocations", {"inputs": [numbers]}).json()
    assert answer.json() == same
    assert 0 < same["predictions"][0] < 1


@pytest.mark.parametrize(
    ("text", "place", "code"),
    [
        ("", "body", "no_header"),
        (f"{HEAD}\n{LINE},1\n", "body.0", "row_length"),
        (f"{HEAD}\n" + LINE.replace("1", SECRET, 1), "body.seats_in_use_28d.0", "wrong_kind"),
        (f"{HEAD}\n" + LINE.replace("1", "1e999", 1), "body.seats_in_use_28d.0", "wrong_kind"),
        (f"{HEAD}\n" + LINE.replace("1", "inf", 1), "body.seats_in_use_28d.0", "wrong_kind"),
        (f"{HEAD}\n" + LINE.replace("1", "1_0", 1), "body.seats_in_use_28d.0", "wrong_kind"),
        (f"{HEAD},mrr\n{LINE},1\n", "body.mrr", "repeated"),
        (f",{HEAD}\n0,{LINE}\n", "body.?", "unknown_column"),
        (f'{HEAD}\n"{SECRET}', "body", "not_csv"),
    ],
)
def test_a_csv_that_is_none_is_named(client: Client, text: str, place: str, code: str) -> None:
    answer = csv(client, text)
    assert answer.status_code == 422, answer.text
    assert SECRET not in answer.text
    first = answer.json()["errors"][0]
    assert (first["field"], first["code"]) == (place, code)


def test_a_cell_beyond_reason_is_a_fault_and_no_crash() -> None:
    with pytest.raises(RequestFault):
        from_csv("a\n" + "x" * 200_000)


def test_no_rows_are_no_predictions(client: Client) -> None:
    empty = {"dataframe_split": {"columns": NAMES, "data": []}}
    assert client.post("/invocations", empty).json() == {"predictions": []}
    assert csv(client, HEAD + "\n").json() == {"predictions": []}


def test_another_order_of_columns_is_the_same_row(client: Client) -> None:
    backwards = {"columns": NAMES[::-1], "data": [[ROW[name] for name in NAMES[::-1]]]}
    first = client.post("/invocations", {"dataframe_split": SPLIT})
    second = client.post("/invocations", {"dataframe_split": backwards})
    assert first.json() == second.json()


def test_the_numbers_are_those_of_predictions(client: Client) -> None:
    invoked = client.post("/invocations", {"instances": [ROW]}).json()["predictions"][0]
    features = {name: value for name, value in ROW.items() if value is not None}
    predicted = client.post("/v1/predictions", {"accounts": [{"features": features}]}).json()
    assert abs(invoked - predicted["predictions"][0]["churn_probability"]) <= 1e-12


def test_infinity_and_other_media_types_are_refused_and_nan_is_missing(client: Client) -> None:
    infinite = json.dumps({"inputs": [{**ROW, "mrr": float("inf")}]}).encode()
    assert client.send(infinite, "/invocations").status_code == 400
    missing = json.dumps({"inputs": [{**ROW, "mrr": float("nan")}]}).encode()
    same = client.post("/invocations", {"inputs": [{**ROW, "mrr": None}]})
    assert client.send(missing, "/invocations").json() == same.json()
    headers = {"Content-Type": "application/vnd.apache.parquet"}
    refused = client.request("POST", "/invocations", headers=headers, body=b"PAR1")
    assert refused.status_code == 415
    assert refused.headers["accept"] == "application/json, text/csv"
