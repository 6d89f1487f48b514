"""What Prometheus is told, and what it is never told."""

import json
import logging
import re
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import anyio
import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as plain_text
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from features.errors import DamagedBundleError
from serving import logs
from serving.app import create_app
from serving.champion import Champion
from serving.condition import Condition
from serving.drift import kept
from serving.metrics import MOST_VERSIONS, Metrics
from serving.observing import UNROUTED, Observed
from serving.store.engine import open_url, writing
from serving.store.scores import save_run
from tests.builders.runs import a_row, a_run
from tests.builders.served import Client, Served, damage, served
from tests.builders.store import AS_OF
from training import bundle as shipping


def app_of(made: Served) -> FastAPI:
    """Return an application that loads its model at once, without a process that tries it."""
    return create_app(made.settings, engine=made.engine, champion=Champion(made.settings))


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    made = served(tmp_path_factory.mktemp("observed"), accounts=12, weeks=2)
    yield made
    made.engine.dispose()


@pytest.fixture
def client(company: Served) -> Client:
    return Client(app_of(company))


def scrape(client: Client, accept: str = "text/plain") -> dict[str, Metric]:
    answer = client.get("/metrics", headers={"Accept": accept})
    assert answer.status_code == 200
    read = open_metrics if "openmetrics" in answer.headers["content-type"] else plain_text
    return {family.name: family for family in read(answer.text)}


def value(found: dict[str, Metric], sample: str, **labels: str) -> float | None:
    for family in found.values():
        for one in family.samples:
            if one.name == sample and labels.items() <= one.labels.items():
                return float(one.value)
    return None


def test_a_request_is_counted_under_its_template_method_and_class(client: Client) -> None:
    for account in ("A00001", "A00002", "nobody"):
        client.get(f"/v1/accounts/{account}")
    found = scrape(client)
    route = {"route": "/v1/accounts/{account_id}", "method": "GET"}
    assert value(found, "kenshin_requests_total", status="2xx", **route) == 2
    assert value(found, "kenshin_requests_total", status="4xx", **route) == 1
    assert value(found, "kenshin_request_seconds_count", **route) == 3
    assert value(found, "kenshin_request_seconds_bucket", le="30.0", **route) == 3
    assert value(found, "kenshin_problems_total", slug="unknown-account") == 1


def test_pages_files_and_the_documentation_have_templates_too(client: Client) -> None:
    for path in ("/", "/static/kenshin.css", "/openapi.json", "/docs"):
        client.get(path)
    found = scrape(client)
    for route in ("/", "/static/{path}", "/openapi.json", "/docs"):
        assert value(found, "kenshin_requests_total", route=route) == 1, route


def test_the_scrape_itself_is_under_way(client: Client) -> None:
    assert value(scrape(client), "kenshin_requests_in_flight") == 1


def test_openmetrics_is_given_to_those_who_ask_for_it(client: Client) -> None:
    asked = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
    assert value(scrape(client, asked), "kenshin_ready") == 1
    for strange in ("application/openmetrics-text; version=nonsense", "*/*", "text/plain;q="):
        assert value(scrape(client, strange), "kenshin_ready") == 1


def test_the_model_the_run_and_the_process_are_told(company: Served) -> None:
    metrics = Metrics()
    app = app_of(company)
    now = AS_OF + timedelta(hours=30)
    state = app.state
    drift = {"word": "drifted", "as_of": "2026-11-20T00:00:00Z"}
    kept.keep(company.settings, drift, AS_OF + timedelta(hours=29))
    metrics.registry.register(
        Condition(company.settings, company.engine, state.champion, state.stopping, lambda: now)
    )
    state.metrics = metrics
    found = scrape(Client(app))
    kept.path(company.settings).unlink()
    assert value(found, "kenshin_model_info", version="v1", kind="model") == 1
    assert value(found, "kenshin_run_age_seconds") == 30 * 3600
    assert value(found, "kenshin_drift", verdict="drifted") == 1
    assert value(found, "kenshin_drift", verdict="ok") == 0
    assert value(found, "kenshin_drift_age_seconds") == 3600
    assert value(found, "kenshin_store_up") == 1
    assert value(found, "kenshin_stale_feeds") == 0
    assert value(found, "kenshin_model_refused_total") == 0
    assert value(found, "kenshin_unready", reason="store") == 0
    with company.engine.connect() as connection:
        counted = connection.execute(
            sa.text(
                "SELECT band, count(*) FROM scores WHERE run_id = (SELECT run_id FROM runs "
                "WHERE kind = 'issued' ORDER BY as_of DESC LIMIT 1) GROUP BY band"
            )
        ).all()
    for band, accounts in counted:
        assert value(found, "kenshin_run_accounts", band=band) == accounts
    assert (value(found, "kenshin_disk_free_bytes") or 0) > 0
    for name in ("process_resident_memory_bytes", "process_cpu_seconds_total", "process_open_fds"):
        assert value(found, name)


def test_a_stale_feed_is_told_with_its_days(tmp_path: Path) -> None:
    made = served(tmp_path, accounts=4, weeks=1)
    run = a_run("stale", AS_OF + timedelta(days=1), stale_feeds={"events": 9.0})
    save_run(made.engine, run, [a_row("s", as_of=run["as_of"])])
    found = scrape(Client(app_of(made)))
    made.engine.dispose()
    assert value(found, "kenshin_stale_feeds") == 1
    assert value(found, "kenshin_feed_silent_days", table="events") == 9


def test_without_a_model_the_reason_is_told_and_the_scrape_goes_on(tmp_path: Path) -> None:
    made = served(tmp_path, accounts=4, weeks=1)
    (shipping.bundles(made.settings) / "champion.json").unlink()
    found = scrape(Client(app_of(made)))
    made.engine.dispose()
    assert value(found, "kenshin_ready") == 0
    assert value(found, "kenshin_unready", reason="model") == 1
    assert value(found, "kenshin_model_info") is None
    assert value(found, "kenshin_run_accounts", band="red") is not None


def test_a_refused_candidate_is_counted_while_the_other_serves(tmp_path: Path) -> None:
    made = served(tmp_path, accounts=4, weeks=1)
    app = app_of(made)
    damage(made.settings, "v1")
    shipping.crown(made.settings, "v1", datetime(2026, 12, 1))
    app.state.champion.refresh()
    found = scrape(Client(app))
    made.engine.dispose()
    assert value(found, "kenshin_model_refused_total") == 1
    assert value(found, "kenshin_model_info", version="v1") == 1
    with pytest.raises(DamagedBundleError):
        shipping.load_bundle(shipping.bundles(made.settings) / "v1")


def test_failures_of_the_store_are_counted_by_kind_and_a_scrape_survives_them(
    tmp_path: Path,
) -> None:
    made = served(tmp_path, accounts=4, weeks=1)
    client = Client(app_of(made))
    with writing(made.engine) as connection:
        for table in ("scores", "runs"):
            connection.execute(sa.text(f"ALTER TABLE {table} RENAME TO {table}_gone"))
    assert client.get("/v1/accounts").status_code == 503
    assert client.get("/readyz").status_code == 503
    found = scrape(client)
    made.engine.dispose()
    assert value(found, "kenshin_store_up") == 0
    assert value(found, "kenshin_unready", reason="store") == 1
    assert (value(found, "kenshin_store_errors_total", kind="read") or 0) >= 1
    assert (value(found, "kenshin_store_errors_total", kind="write") or 0) >= 1
    assert value(found, "kenshin_problems_total", slug="store-unavailable") == 1


def test_a_row_that_is_there_already_is_no_failure_of_the_store(tmp_path: Path) -> None:
    metrics = Metrics()
    engine = open_url(f"sqlite:///{tmp_path / 'store.db'}")
    metrics.watch(engine)
    save_run(engine, a_run("r1"), [a_row("s1")])
    with pytest.raises(sa.exc.IntegrityError):
        save_run(engine, a_run("r2"), [a_row("s1")])
    engine.dispose()
    assert metrics.registry.get_sample_value("kenshin_store_errors_total", {"kind": "write"}) == 0


def test_two_applications_count_apart(company: Served) -> None:
    one, other = (Client(app_of(company)) for _ in range(2))
    one.get("/livez")
    assert value(scrape(one), "kenshin_requests_total", route="/livez") == 1
    assert value(scrape(other), "kenshin_requests_total", route="/livez") is None


def test_a_prediction_is_counted_by_the_band_it_was_given(client: Client) -> None:
    answer = client.post("/v1/predictions", {"accounts": [{"account_id": "A00001"}]})
    band = answer.json()["predictions"][0]["band"]
    assert value(scrape(client), "kenshin_predictions_total", band=band, model_version="v1") == 1


def test_invocations_are_counted_as_predictions(company: Served, client: Client) -> None:
    row: dict[str, object] = {feature.name: None for feature in company.bundle.features}
    rows = {"dataframe_records": [row, {**row, "mrr": 120_000}]}
    assert client.post("/invocations", rows).status_code == 200
    found = scrape(client)["kenshin_predictions"].samples
    assert sum(one.value for one in found) == 2
    assert {one.labels["model_version"] for one in found} == {"v1"}


def test_predictions_are_counted_by_band_and_model_and_many_models_as_other() -> None:
    metrics = Metrics()
    for number in range(MOST_VERSIONS + 5):
        metrics.predicted(f"v{number}", {"red": 2, "green": 1})
    told = metrics.registry.get_sample_value
    assert told("kenshin_predictions_total", {"band": "red", "model_version": "v3"}) == 2
    assert told("kenshin_predictions_total", {"band": "red", "model_version": "other"}) == 10


@settings(max_examples=40, deadline=None)
@given(
    path=st.text(st.characters(codec="utf-8", exclude_characters="\x00#?"), max_size=30),
    method=st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=8),
)
def test_no_request_adds_a_label_that_is_not_known(
    observed: Client, path: str, method: str
) -> None:
    sent = quote(path, safe="/").strip("/") or "x"
    observed.request(method, f"/{sent}")
    observed.request(method, f"/v1/accounts/{sent}")
    routes = {route for route in labels(observed, "route") if route != UNROUTED}
    assert routes <= templates(observed)
    assert labels(observed, "method") <= {
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other",
    }  # fmt: skip
    assert labels(observed, "status") <= {"2xx", "3xx", "4xx", "5xx"}


@pytest.fixture(scope="module")
def observed(company: Served) -> Client:
    return Client(app_of(company))


def labels(client: Client, name: str) -> set[str]:
    text = client.app.state.metrics.exposition("")[0].decode()
    return {
        one.labels[name]
        for family in plain_text(text)
        for one in family.samples
        if name in one.labels
    }


def templates(client: Client) -> set[str]:
    document = client.app.openapi()
    pages = {"/", "/static/{path}", "/openapi.json", "/docs", "/docs/{name}"}
    return set(document["paths"]) | pages | page_templates(client)


def page_templates(client: Client) -> set[str]:
    found: set[str] = set()
    waiting = list(client.app.routes)
    while waiting:
        route = waiting.pop()
        found.add(getattr(route, "path", ""))
        waiting += getattr(getattr(route, "original_router", None), "routes", [])
    return found


def test_no_account_name_or_path_is_ever_told(client: Client) -> None:
    canary = "canary-7f3a"
    client.get(f"/v1/accounts/{canary}", headers={"User-Agent": canary, "X-Request-ID": canary})
    client.get(f"/{canary}", params={canary: canary})
    client.post("/v1/predictions", {"accounts": [{"account_id": canary}]})
    client.send(json.dumps({canary: canary}).encode())
    text = client.get("/metrics").text
    assert canary not in text
    assert not re.findall(r'="A\d{5}', text)


def test_observing_a_request_costs_microseconds(tmp_path: Path) -> None:
    async def nothing(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(_: Message) -> None:
        return None

    async def requests(app: ASGIApp, count: int) -> float:
        began = time.process_time()
        for _ in range(count):
            await app({"type": "http", "method": "GET", "path": "/", "headers": []}, receive, send)
        return (time.process_time() - began) / count

    with (tmp_path / "log").open("w") as stream:
        handler = logging.StreamHandler(stream)
        handler.setFormatter(logs.JsonLines())
        access = logging.getLogger("kenshin.access")
        access.addHandler(handler)
        access.setLevel(logging.INFO)
        access.propagate = False
        observed = Observed(nothing, Metrics())
        spent = min(anyio.run(requests, observed, 1_000) for _ in range(5))
        access.propagate = True
        access.removeHandler(handler)
    assert len((tmp_path / "log").read_text().splitlines()) == 5_000
    assert spent < 60e-6  # 13 µs on a quiet machine


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_waiting_in_vain_for_another_writer_is_told_apart_from_a_broken_store(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    sqlite = kind == "sqlite"
    url = f"sqlite:///{tmp_path / 's.db'}" if sqlite else request.getfixturevalue("postgres_url")
    metrics, engine, other = Metrics(), open_url(url, 0.1), open_url(url)
    metrics.watch(engine)
    lock = "SELECT 1" if sqlite else "LOCK TABLE runs IN EXCLUSIVE MODE"
    with writing(other) as connection:
        connection.execute(sa.text(lock))
        with pytest.raises(sa.exc.OperationalError):
            save_run(engine, a_run("r1"), [a_row("s1")])
    for opened in (engine, other):
        opened.dispose()
    told = metrics.registry.get_sample_value
    assert told("kenshin_store_errors_total", {"kind": "locked"}) == 1
    assert told("kenshin_store_errors_total", {"kind": "write"}) == 0
