"""Any stored score by its id: old, replayed, of an account that left, of an earlier model."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from serving.app import create_app
from serving.store import scores
from tests.builders.served import WHEN, Client, Served, served, shipped
from training import bundle as shipping

Json = dict[str, Any]


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Three weeks by v1, the second a replay beside the issued one; now v2 serves."""
    made = served(Path(tmp_path_factory.mktemp("grown")), accounts=12, weeks=3)
    run = scores.runs(made.engine)[1]
    rows = scores.rows_of(made.engine, run["run_id"])
    again = {**cast(Json, run), "run_id": "replayed", "kind": "replay"}
    again["as_of"] = run["as_of"] + timedelta(days=1)
    replayed = [
        {**cast(Json, row), "run_id": "replayed", "kind": "replay", "as_of": again["as_of"],
         "score_id": f"{i:032x}"}
        for i, row in enumerate(rows)
    ]  # fmt: skip
    scores.save_run(made.engine, again, replayed)
    shipped(made.settings, "v2", seed=5)
    shipping.crown(made.settings, "v2", WHEN)
    yield made
    made.engine.dispose()


@pytest.fixture(scope="module")
def client(grown: Served) -> Client:
    return Client(create_app(grown.settings, engine=grown.engine))


@pytest.fixture(scope="module")
def account(grown: Served) -> str:
    """Return an account that every run knows."""
    known = [
        {row["account_id"] for row in scores.rows_of(grown.engine, run["run_id"])}
        for run in scores.runs(grown.engine)
    ]
    return str(min(set.intersection(*known)))


def test_every_score_ever_stored_is_answered_as_it_was_given(client: Client, grown: Served) -> None:
    assert client.get("/v1/model").json()["version"] == "v2"
    kinds = set()
    for run in scores.runs(grown.engine):
        for row in scores.rows_of(grown.engine, run["run_id"]):
            record = client.get(f"/v1/scores/{row['score_id']}").json()
            assert record["score_id"] == row["score_id"]
            assert record["kind"] == run["kind"]
            assert record["model_version"] == "v1"
            assert record["as_of"] == f"{run['as_of'].isoformat()}Z"
            assert record["churn_probability"] == row["churn_probability"]
            if record["health_score"] is not None:
                points = [driver["points"] for driver in record["drivers"]]
                assert record["baseline_points"] + sum(points) == row["health_score"]
            kinds.add(record["kind"])
    assert kinds == {"issued", "replay"}


def test_the_history_tells_what_was_issued_from_what_was_replayed(
    client: Client, account: str
) -> None:
    moments = client.get(f"/v1/accounts/{account}/history").json()["scores"]
    assert [moment["kind"] for moment in moments] == ["issued", "issued", "replay", "issued"]


def test_a_move_is_told_against_the_score_before_it(client: Client, account: str) -> None:
    moments = client.get(f"/v1/accounts/{account}/history").json()["scores"]
    first, second = (client.get(f"/v1/scores/{one['score_id']}").json() for one in moments[:2])
    assert first["change"] is None
    assert second["change"]["since"] == first["as_of"]


def test_an_unknown_id_is_404_and_a_malformed_one_422(client: Client) -> None:
    assert client.get(f"/v1/scores/{'e' * 32}").status_code == 404
    for wrong in ("E" * 32, "e" * 31, "e" * 33, "x", "e" * 31 + "%20"):
        assert client.get(f"/v1/scores/{wrong}").status_code == 422


def test_a_score_that_one_has_already_is_not_sent_again(client: Client, grown: Served) -> None:
    row = scores.rows_of(grown.engine, scores.runs(grown.engine)[0]["run_id"])[0]
    first = client.get(f"/v1/scores/{row['score_id']}")
    tag = {"If-None-Match": first.headers["etag"]}
    assert client.get(f"/v1/scores/{row['score_id']}", headers=tag).status_code == 304


def test_without_its_model_a_score_says_what_is_gone(tmp_path: Path) -> None:
    made = served(tmp_path, accounts=12, weeks=1)
    run = scores.runs(made.engine)[0]
    later = run["as_of"] + timedelta(days=1)
    row = {**cast(Json, scores.rows_of(made.engine, run["run_id"])[0]), "as_of": later}
    row |= {"run_id": "gone", "score_id": "a" * 32}
    gone = {**cast(Json, run), "run_id": "gone", "model_version": "v0", "as_of": later}
    scores.save_run(made.engine, gone, [row])
    refused = Client(create_app(made.settings, engine=made.engine)).get(f"/v1/scores/{'a' * 32}")
    made.engine.dispose()
    assert refused.status_code == 503
    assert refused.json()["type"] == "/problems/gone-bundle"
