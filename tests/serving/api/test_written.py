"""The prediction's own encoder writes what the documented models would."""

import json
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import sqlalchemy as sa
from fastapi.routing import APIRoute
from sqlalchemy.exc import OperationalError

from serving import records
from serving.app import create_app
from serving.dependencies import KnownQuery
from serving.predictions.routes import routes
from serving.predictions.runs import LONGEST_SECONDS, RECENT_SECONDS, KnownRuns
from serving.predictions.schemas import Predictions
from serving.predictions.written import written
from serving.store import scores
from tests.builders.served import Client, Served, rows_of, stored_values
from tests.builders.store import built_store

Json = dict[str, Any]


def every_way(company: Served) -> list[Json]:
    """Return each account by id, by features, and as a what-if, and one without a score."""
    asked: list[Json] = [{"features": {"plan": "Business"}}]
    for row in rows_of(company):
        name = row["account_id"]
        asked += [
            {"account_id": name},
            {"features": stored_values(company.bundle, row["values"])},
            {"account_id": name, "features": {"tickets_28d": 9, "nps_latest": None}},
        ]
    return asked


def answered(response: httpx.Response) -> list[Json]:
    assert response.status_code == 200, response.text
    predictions: list[Json] = response.json()["predictions"]
    return predictions


@pytest.mark.parametrize("drivers", ["all", 2, 0])
def test_what_is_written_is_what_the_documented_models_write(
    company: Served, client: Client, drivers: object
) -> None:
    asked = {"accounts": every_way(company), "drivers": drivers}
    body = client.post("/v1/predictions", asked).content
    by_models = Predictions.model_validate(as_python(json.loads(body)))
    assert json.loads(by_models.model_dump_json()) == json.loads(body)
    assert len(by_models.predictions) == len(asked["accounts"])  # type: ignore[arg-type]
    assert any(one.change is not None for one in by_models.predictions)
    assert any(one.health_score is None for one in by_models.predictions)


def as_python(answer: Json) -> Json:
    """Return the answer with its instants naive, as the models hold them."""
    for one in answer["predictions"]:
        for part in (one, one["data_freshness"], one["change"] or {}):
            for name in ("as_of", "band_since", "scored_at", "since"):
                if part.get(name) is not None:
                    assert part[name].endswith("Z")
                    instant = datetime.fromisoformat(part[name])
                    part[name] = instant.astimezone(UTC).replace(tzinfo=None)
    return answer


def test_renewals_and_horizons_are_written_alike(tmp_path: Path) -> None:
    made = built_store(tmp_path, accounts=30, weeks=2)
    run = scores.latest_run(made.engine)
    assert run is not None
    documents = [
        records.document(row, run, cast(Any, made.bundle), made.settings)
        for row in scores.rows_of(made.engine, run["run_id"])
    ]
    body = written("v14", documents)
    by_models = Predictions.model_validate(as_python(json.loads(body)))
    assert json.loads(by_models.model_dump_json()) == json.loads(body)
    assert any(one.renewal is not None for one in by_models.predictions)
    assert any(one.horizons for one in by_models.predictions)
    made.engine.dispose()


def test_alone_or_among_many_an_account_gets_the_same_answer(
    company: Served, client: Client
) -> None:
    asked = every_way(company)[:30]
    together = answered(client.post("/v1/predictions", {"accounts": asked}))
    for one, among in zip(asked, together, strict=True):
        alone = answered(client.post("/v1/predictions", {"accounts": [one]}))[0]
        if one.keys() == {"features"}:
            for record in (alone, among):  # given features are scored as of now
                record["as_of"] = record["data_freshness"]["as_of"] = None
        alone["data_freshness"]["scored_at"] = among["data_freshness"]["scored_at"] = None
        for name in ("churn_probability", "revenue_at_risk"):
            assert alone[name] == pytest.approx(among[name], abs=1e-12)
            alone[name] = among[name]
        assert [h["churn_probability"] for h in alone["horizons"]] == pytest.approx(
            [h["churn_probability"] for h in among["horizons"]], abs=1e-12
        )
        alone["horizons"] = among["horizons"]
        assert alone == among


def test_fewer_drivers_keep_the_weightiest_and_the_sum(company: Served, client: Client) -> None:
    accounts = [{"account_id": row["account_id"]} for row in rows_of(company)]
    whole = answered(client.post("/v1/predictions", {"accounts": accounts}))
    some = answered(client.post("/v1/predictions", {"accounts": accounts, "drivers": 2}))
    shortened = 0
    for full, few in zip(whole, some, strict=True):
        if full["health_score"] is None:
            continue
        points = sum(driver["points"] for driver in few["drivers"])
        assert few["baseline_points"] + points == few["health_score"] == full["health_score"]
        named = [d for d in few["drivers"] if d["group"] is not None]
        assert len(named) <= 2
        everyone = [abs(d["points"]) for d in full["drivers"] if d["group"] is not None]
        if len(everyone) > 2:
            assert min(abs(d["points"]) for d in named) >= sorted(everyone)[-2] - 1
            shortened += 1
    assert shortened > 20


@pytest.mark.parametrize("drivers", [-1, 101, 1.5, "some", True, None])
def test_another_number_of_drivers_is_refused(client: Client, drivers: object) -> None:
    asked = {"accounts": [{"features": {"mrr": 1}}], "drivers": drivers}
    refused = client.post("/v1/predictions", asked)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"].startswith("body.drivers")


def test_the_short_way_leaves_out_no_dependency_of_the_route() -> None:
    route = next(route for route in routes.routes if isinstance(route, APIRoute))
    others = [one.call for one in route.dependant.dependencies]
    assert [type(call) for call in others] == [KnownQuery]
    assert route.dependant.body_params[0].name == "request"


def test_a_query_is_refused_although_the_body_was_read(client: Client) -> None:
    asked = json.dumps({"accounts": [{"features": {"mrr": 1}}]}).encode()
    assert client.send(asked, "/v1/predictions?drivers=3").status_code == 422


class Gone:
    """A store that cannot be reached."""

    def connect(self) -> None:
        raise OperationalError("connect", None, Exception("gone"))


def test_the_latest_run_is_read_once_a_second_and_kept_while_the_store_is_gone(
    company: Served,
) -> None:
    now = [100.0]
    known = KnownRuns(company.engine, clock=lambda: now[0])
    assert not known.is_recent
    run = known.recent()
    assert run is not None
    assert known.is_recent
    known._engine = Gone()
    assert known.recent() is run
    now[0] += RECENT_SECONDS + 1
    assert not known.is_recent
    assert known.recent() is run
    assert known.is_recent


class Slow:
    """A store that lets nobody in before it is told to, and counts who comes."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine, self.opened, self.asked = engine, threading.Event(), 0

    def connect(self) -> sa.Connection:
        self.asked += 1
        assert self.opened.wait(30)
        return self.engine.connect()


def test_nobody_waits_while_the_latest_run_is_asked_for_again_and_only_one_asks(
    company: Served,
) -> None:
    now = [100.0]
    known = KnownRuns(company.engine, clock=lambda: now[0])
    assert not known.at_hand()
    run = known.recent()
    assert known.at_hand()
    store = Slow(company.engine)
    known._engine = cast(sa.Engine, store)
    now[0] += RECENT_SECONDS
    assert [known.at_hand() for _ in range(3)] == [True] * 3
    assert not known.is_recent
    assert known.recent() is run
    store.opened.set()
    with known._looking:  # let go of when the store has answered
        assert known.is_recent
    assert store.asked == 1
    now[0] += LONGEST_SECONDS
    assert not known.at_hand()
    assert store.asked == 1


def test_where_no_thread_can_be_had_the_next_one_who_comes_asks_again(
    company: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refusing(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    now = [100.0]
    known = KnownRuns(company.engine, clock=lambda: now[0])
    known.recent()
    now[0] += RECENT_SECONDS
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refusing)
        with pytest.raises(RuntimeError, match="new thread"):
            known.at_hand()
    assert known.at_hand()
    with known._looking:
        assert known.is_recent


def test_given_features_are_answered_while_the_store_is_gone(company: Served) -> None:
    app = create_app(company.settings, engine=company.engine)
    client, ask = Client(app), {"accounts": [{"features": {"mrr": 1, "seats_in_use_28d": 0.5}}]}
    before = answered(client.post("/v1/predictions", ask))
    app.state.runs._engine = app.state.issued._engine = app.state.engine = Gone()
    app.state.runs._looked_at -= RECENT_SECONDS
    after = answered(client.post("/v1/predictions", ask))
    assert after[0]["drivers"] == before[0]["drivers"]
    gone = client.post("/v1/predictions", {"accounts": [{"account_id": "A00001"}]})
    assert gone.status_code == 503
