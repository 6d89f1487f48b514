"""`kenshin serve` as a process: it answers, keeps its connections, and ends cleanly."""

import http.client
import json
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.builders.served import WHEN, served, shipped
from tests.builders.server import KENSHIN, Server, running
from training import bundle as shipping

GOOD = json.dumps({"accounts": [{"account_id": "A00001"}]}).encode()
JSON = {"Content-Type": "application/json"}


def connection(server: Server) -> http.client.HTTPConnection:
    place = urlsplit(server.url)
    assert place.hostname is not None
    return http.client.HTTPConnection(place.hostname, place.port, timeout=30)


def asked(
    open_connection: http.client.HTTPConnection, method: str, address: str, body: bytes, **more: str
) -> tuple[int, bytes]:
    headers = {**JSON, **{name.replace("_", "-"): value for name, value in more.items()}}
    open_connection.request(method, address, body=body, headers=headers)
    answer = open_connection.getresponse()
    return answer.status, answer.read()


@pytest.mark.parametrize(
    ("method", "address", "body", "status"),
    [
        ("POST", "/v1/predictions", b"NaN", 400),
        ("POST", "/v1/predictions", b"\xff", 400),
        ("POST", "/v1/predictions", b"{}", 422),
        ("POST", "/v1/predictions", b"x" * 8_000_001, 413),
        ("POST", "/v1/predictions", b"x" * 12_000_000, 413),
        ("POST", "/v1/nothing", b"x" * 1000, 404),
        ("PUT", "/v1/predictions", b"x" * 1000, 405),
        ("GET", "/v1/accounts/%00", b"", 400),
        ("GET", "/v1/accounts?limit=-1", b"", 422),
        ("GET", "/v1/accounts/nobody", b"", 404),
    ],
)
def test_the_next_request_on_the_same_connection_is_answered(
    server: Server, method: str, address: str, body: bytes, status: int
) -> None:
    same = connection(server)
    try:
        assert asked(same, method, address, body)[0] == status
        held = same.sock
        good, answer = asked(same, "POST", "/v1/predictions", GOOD)
        assert same.sock is held
        assert good == 200
        assert json.loads(answer)["predictions"][0]["account_external_id"] == "A00001"
    finally:
        same.close()


def test_a_wrong_type_leaves_the_connection_usable(server: Server) -> None:
    same = connection(server)
    try:
        assert asked(same, "POST", "/v1/predictions", GOOD, Content_Type="text/plain")[0] == 415
        assert asked(same, "POST", "/v1/predictions", GOOD)[0] == 200
    finally:
        same.close()


def test_a_chunked_body_is_refused_while_it_is_read_and_the_connection_goes_on(
    server: Server,
) -> None:
    same = connection(server)
    try:
        same.request(
            "POST", "/v1/predictions", body=(b"x" * 65_536 for _ in range(150)), headers=JSON,
            encode_chunked=True,
        )  # fmt: skip
        answer = same.getresponse()
        assert answer.status == 413
        assert json.loads(answer.read())["type"] == "/problems/body-too-large"
        same.request("POST", "/v1/predictions", body=iter([GOOD]), headers=JSON)
        assert same.getresponse().status == 200
    finally:
        same.close()


def test_curl_gets_every_kind_of_answer_with_its_headers(server: Server) -> None:
    for address in ("/v1/accounts?limit=2", "/v1/accounts/A00001", "/v1/model", "/readyz", "/"):
        said = subprocess.run(
            ["curl", "-sS", "-i", server.url + address], capture_output=True, check=True, timeout=60
        ).stdout.decode()
        head, _, body = said.partition("\r\n\r\n")
        assert head.startswith("HTTP/1.1 200")
        assert re.search(r"^x-request-id: \w+", head, re.M | re.I)
        assert re.search(r"^x-content-type-options: nosniff", head, re.M | re.I)
        assert "server:" not in head.lower()
        assert body


def test_pages_and_data_carry_their_policies(server: Server) -> None:
    page = httpx.get(f"{server.url}/", timeout=30)
    data = httpx.get(f"{server.url}/v1/model", timeout=30)
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert "unsafe" not in page.headers["content-security-policy"]
    assert data.headers["content-security-policy"].startswith("default-src 'none'")


def test_a_new_model_serves_without_a_restart_and_a_stop_leaves_no_process(tmp_path: Path) -> None:
    made = served(tmp_path, accounts=6, weeks=1)
    made.engine.dispose()
    ask = {"accounts": [{"features": {"mrr": 1}}]}
    with running(tmp_path) as server, httpx.Client(base_url=server.url, timeout=30) as client:
        assert client.get("/v1/model").json()["version"] == "v1"
        shipped(made.settings, "v2", seed=9)
        shipping.crown(made.settings, "v2", WHEN)
        version, tries = "v1", 0
        while version == "v1" and tries < 1000:
            answer = client.post("/v1/predictions", json=ask)
            assert answer.status_code == 200
            version, tries = answer.json()["model_version"], tries + 1
            threading.Event().wait(0.02)
        assert version == "v2"
        # The idle connection of this client is still open.
        code, seconds = server.stop(signal.SIGTERM)
    assert code == 0, server.log.read_text()
    assert seconds < 10
    assert server.group() == []
    assert "Traceback" not in server.log.read_text()


def test_ctrl_c_ends_it_as_quietly(tmp_path: Path) -> None:
    (tmp_path / "kenshin.toml").write_text("")
    with running(tmp_path) as server:
        assert httpx.get(f"{server.url}/readyz", timeout=30).status_code == 503
        code, seconds = server.stop(signal.SIGINT)
    assert (code, seconds < 10, server.group()) == (0, True, [])
    assert "Traceback" not in server.log.read_text()


def test_an_address_others_can_reach_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "kenshin.toml").write_text("")
    said = subprocess.run(
        [KENSHIN, "serve", "--host", "0.0.0.0"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert said.returncode == 2
    assert said.stderr.startswith("kenshin: Expected a live API key before listening")
    assert said.stderr.count("\n") == 1


PROBE = """
import json, sys
import serving.cli
from serving.lean import import_lightgbm
import_lightgbm()
from pathlib import Path
from features.settings import load_settings
from serving.app import create_app
import anyio, httpx
app = create_app(load_settings(Path("kenshin.toml")))
async def ask():
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
        asked = {"accounts": [{"account_id": "A00001"}, {"features": {"mrr": 1.0}}]}
        answers = [await client.post("/v1/predictions", json=asked)]
        for address in ("/v1/accounts", "/v1/accounts/A00001/explanation", "/", "/readyz"):
            answers.append(await client.get(address))
        return [answer.status_code for answer in answers]
statuses = anyio.run(ask)
heavy = ("mlflow", "shap", "evidently", "pandas", "sklearn", "matplotlib", "ibis", "duckdb",
         "numba", "llvmlite", "pyarrow")
print(json.dumps([statuses, [name for name in heavy if name in sys.modules]]))
"""


def test_serving_imports_neither_mlflow_nor_shap_nor_evidently_nor_pandas(tmp_path: Path) -> None:
    made = served(tmp_path, accounts=6, weeks=1)
    made.engine.dispose()
    said = subprocess.run(
        [sys.executable, "-c", PROBE], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert said.returncode == 0, said.stderr
    statuses, heavy = json.loads(said.stdout)
    assert set(statuses) == {200}
    assert heavy == []
