"""The same bodies to MLflow's own scoring server and to ours; MLflow's own client against both."""

import json
import os
from collections.abc import Iterator
from typing import Any, cast
from urllib.parse import urlsplit

import numpy as np
import pandas as pd
import pytest

from tests.builders.served import Client, Served
from tests.builders.server import Server, running
from tests.serving.invocations.conftest import Row

pytestmark = [
    pytest.mark.slow,
    # What MLflow says of its own modules, and of a model saved without an example.
    pytest.mark.filterwarnings("ignore:.*Any type hint is inferred as AnyType"),
    pytest.mark.filterwarnings("ignore:.*An input example was not provided"),
]
NEAR = 1e-9


@pytest.fixture(scope="module")
def oracle(company: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """MLflow's scoring server over the same bundle, loaded as an MLflow model."""
    before = dict(os.environ)
    from mlflow.pyfunc import scoring_server

    from tests.builders.pyfunc_model import loaded

    model = loaded(company.bundle, tmp_path_factory.mktemp("pyfunc") / "model")
    yield Client(scoring_server.init(model))
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="module")
def server(company: Served) -> Iterator[Server]:
    with running(company.settings.root) as made:
        yield made


def shuffled(rows: list[Row]) -> pd.DataFrame:
    names = list(rows[0])
    np.random.default_rng(3).shuffle(names)
    return pd.DataFrame(rows)[names]


def bodies(rows: list[Row]) -> dict[str, tuple[str, bytes]]:
    table = shuffled(rows)
    plain: dict[str, Any] = {
        "dataframe_split": {
            "columns": list(table.columns),
            "index": list(range(len(table))),
            "data": [[row[name] for name in table.columns] for row in rows],
        },
        "dataframe_records": rows,
        "instances": rows,
        "inputs": {name: [row[name] for row in rows] for name in table.columns},
    }
    made = {
        name: ("application/json", json.dumps({name: given}).encode())
        for name, given in plain.items()
    }
    as_pandas_writes = json.dumps({"dataframe_split": table.to_dict(orient="split")}).encode()
    made["NaN"] = ("application/json; charset=utf-8", as_pandas_writes)
    made["csv"] = ("text/csv", table.to_csv(index=False).encode())
    return made


FORMATS = ("dataframe_split", "dataframe_records", "instances", "inputs", "NaN", "csv")


def predictions(client: Client, media_type: str, body: bytes) -> list[float | None]:
    answer = client.request("POST", "/invocations", headers={"Content-Type": media_type}, body=body)
    assert answer.status_code == 200, answer.text
    assert set(answer.json()) == {"predictions"}
    found: list[float | None] = answer.json()["predictions"]
    return found


@pytest.mark.parametrize("name", FORMATS)
def test_every_way_to_write_the_rows_gives_what_mlflow_gives(
    client: Client, oracle: Client, company: Served, rows: list[Row], name: str
) -> None:
    media_type, body = bodies(rows)[name]
    theirs = predictions(oracle, media_type, body)
    ours = predictions(client, media_type, body)
    known = [
        (our, their)
        for our, their in zip(ours, theirs, strict=True)
        if our is not None and their is not None
    ]
    assert len(known) > 250
    assert max(abs(our - their) for our, their in known) <= NEAR
    usage = [f.name for f in company.bundle.features if f.group == "usage"]
    silent = [all(row[name] is None for name in usage) for row in rows]
    assert [our is None for our in ours] == silent


@pytest.mark.scale
def test_mlflow_and_this_server_agree_on_ten_thousand_rows(
    client: Client, oracle: Client, company: Served
) -> None:
    random, compared = np.random.default_rng(8), 0
    kinds = {feature.name: feature.kind for feature in company.bundle.features}
    known = {name: [*company.bundle.categories[name], "never seen"]
             for name, kind in kinds.items() if kind == "category"}  # fmt: skip
    for _ in range(10):
        drawn = pd.DataFrame(
            {
                name: random.choice(known[name], 1_000) if name in known
                else np.where(random.random(1_000) < 0.1, np.nan, random.normal(5, 20, 1_000))
                for name in kinds
            }
        )  # fmt: skip
        body = drawn.to_csv(index=False).encode()
        theirs, ours = (predictions(one, "text/csv", body) for one in (oracle, client))
        both = [
            abs(our - their)
            for our, their in zip(ours, theirs, strict=True)
            if our is not None and their is not None
        ]
        assert max(both) <= NEAR
        compared += len(ours)
        assert len(both) > 990
    assert compared == 10_000


def test_an_account_of_which_nothing_is_known_gets_no_number(client: Client) -> None:
    names = [one["name"] for one in client.get("/v1/model").json()["features"]]
    empty = {"dataframe_records": [dict.fromkeys(names)]}
    assert client.post("/invocations", empty).json() == {"predictions": [None]}


@pytest.mark.parametrize("address", ["/ping", "/health", "/version"])
def test_the_other_addresses_of_the_protocol_are_there(
    client: Client, oracle: Client, address: str
) -> None:
    assert client.get(address).status_code == oracle.get(address).status_code == 200


def test_mlflows_own_client_works_unchanged(server: Server, rows: list[Row]) -> None:
    from mlflow.pyfunc.scoring_server.client import ScoringServerClient

    place = urlsplit(server.url)
    client: Any = cast(Any, ScoringServerClient)(place.hostname, place.port)
    client.wait_server_ready(timeout=10)
    assert client.get_version()[0].isdigit()
    answer = client.invoke(shuffled(rows[:20]))
    assert answer.get_predictions().shape == (20, 1)
    with pytest.raises(Exception, match=r"error code 422.*missing_column"):
        client.invoke(shuffled(rows[:2]).drop(columns=["mrr"]))


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"[]",
        b'{"inputs": [[1, 2]]}',
        b'{"dataframe_split": {"columns": ["mrr"], "data": [[1]]}}',
        b'{"instances": [], "inputs": []}',
        b'{"dataframe_records": {"mrr": 1}}',
        b"not json",
    ],
)
def test_what_mlflow_refuses_is_refused_here_and_never_repeated(
    client: Client, oracle: Client, body: bytes
) -> None:
    assert oracle.send(body, "/invocations").status_code >= 400
    answer = client.send(body, "/invocations")
    assert 400 <= answer.status_code < 500
    assert answer.headers["content-type"] == "application/problem+json"


def test_every_format_was_compared(rows: list[Row]) -> None:
    assert set(bodies(rows[:1])) == set(FORMATS)
