"""Spans: where a collector is named they arrive, without it nothing is even imported."""

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from features.serving_settings import ServingSettings
from features.settings import Settings
from serving import tracing
from tests.builders.collector import attributes, collecting
from tests.builders.served import served
from tests.builders.server import running

CANARY = "canary-55e0"
TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def trace_to(folder: Path, url: str) -> None:
    with (folder / "kenshin.toml").open("a") as file:
        file.write(f'[serving]\nlog = "text"\notlp_endpoint = "{url}"\n')


def test_request_store_and_prediction_arrive_as_spans_of_the_callers_trace(tmp_path: Path) -> None:
    made = served(tmp_path, accounts=6, weeks=1)
    made.engine.dispose()
    with collecting() as collector:
        trace_to(tmp_path, collector.url)
        with running(tmp_path) as server:
            known = {"traceparent": f"00-{TRACE}-{PARENT}-01", "X-Request-ID": "mine-7"}
            asked = {"accounts": [{"account_id": "A00001"}]}
            answer = httpx.post(
                f"{server.url}/v1/predictions", json=asked, headers=known, timeout=30
            )
            assert answer.status_code == 200
            httpx.get(f"{server.url}/v1/accounts/{CANARY}?x={CANARY}", timeout=30)
            httpx.get(f"{server.url}/{CANARY}", headers={"User-Agent": CANARY}, timeout=30)
            code, _ = server.stop()
        assert code == 0
        ours = [span for span in collector.spans if span.trace_id.hex() == TRACE]
        (request,) = [span for span in ours if span.name == "POST /v1/predictions"]
        (predict,) = [span for span in ours if span.name == "predict"]
        store = [span for span in ours if span.name == "store"]
        names = {span.name for span in collector.spans}
        bodies = b"".join(collector.bodies)
    assert request.parent_span_id.hex() == PARENT
    assert predict.parent_span_id == request.span_id
    assert store
    assert {span.parent_span_id for span in store} <= {request.span_id, predict.span_id}
    assert attributes(request) == {
        "kenshin.request_id": "mine-7",
        "http.request.method": "POST",
        "http.route": "/v1/predictions",
        "http.response.status_code": 200,
    }
    assert attributes(store[0])["db.operation.name"] == "SELECT"
    assert "GET /v1/accounts/{account_id}" in names
    for personal in (CANARY, "A00001"):
        assert personal.encode() not in bodies


def test_a_dead_collector_harms_neither_answers_nor_the_stop(tmp_path: Path) -> None:
    made = served(tmp_path, accounts=4, weeks=1)
    made.engine.dispose()
    trace_to(tmp_path, "http://127.0.0.1:9")
    with running(tmp_path) as server, httpx.Client(base_url=server.url, timeout=10) as client:
        assert [client.get("/v1/accounts").status_code for _ in range(20)] == [200] * 20
        client.close()
        code, seconds = server.stop()
    assert (code, seconds < 10) == (0, True)
    for line in server.log.read_text().splitlines():
        assert re.match(r"[\d-]+T[\d:]+\.\d{3}Z (info|warning|error) [a-z._]+ ", line), line


PROBE = """
import json, sys
from pathlib import Path
from features.settings import load_settings
from serving.app import create_app
import anyio, httpx
app = create_app(load_settings(Path("kenshin.toml")))
async def ask():
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
        return (await client.get("/v1/accounts")).status_code
status = anyio.run(ask)
heavy = ("opentelemetry.sdk", "opentelemetry.exporter", "google.protobuf", "requests")
print(json.dumps([status, [name for name in heavy if name in sys.modules]]))
"""


def test_without_a_collector_nothing_of_the_sdk_is_imported(tmp_path: Path) -> None:
    """FastAPI imports OpenTelemetry's bare interface itself; SDK and exporters stay out."""
    made = served(tmp_path, accounts=4, weeks=1)
    made.engine.dispose()
    said = subprocess.run(
        [sys.executable, "-c", PROBE], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert json.loads(said.stdout) == [200, []], said.stderr


@pytest.mark.parametrize(
    ("setting", "base", "traces", "found"),
    [
        (None, None, None, None),
        ("http://a:4318/", "http://b", None, "http://a:4318/v1/traces"),
        (None, "http://b:4318", None, "http://b:4318/v1/traces"),
        (None, None, "http://c/in", "http://c/in"),
    ],
)
def test_the_setting_comes_before_the_environment(
    monkeypatch: pytest.MonkeyPatch,
    setting: str | None,
    base: str | None,
    traces: str | None,
    found: str | None,
) -> None:
    for name, value in (("ENDPOINT", base), ("TRACES_ENDPOINT", traces)):
        monkeypatch.delenv(f"OTEL_EXPORTER_OTLP_{name}", raising=False)
        if value is not None:
            monkeypatch.setenv(f"OTEL_EXPORTER_OTLP_{name}", value)
    given = Settings(serving=ServingSettings(otlp_endpoint=setting))
    assert tracing.endpoint(given) == found


def test_without_a_request_that_is_traced_a_span_costs_nothing() -> None:
    began = time.process_time()
    for _ in range(10_000):
        with tracing.span("predict"):
            pass
    assert time.process_time() - began < 0.2
