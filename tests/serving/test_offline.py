"""The demo, from nothing to answered requests, reaches no other machine."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders.offline import attempts, environment, run, watched
from tests.builders.opened import pages

KENSHIN = str(Path(sys.executable).with_name("kenshin"))

ASK = """
import json, sys, urllib.request
def told(address, body=None):
    head = {"Content-Type": "application/json"} if body else {}
    asked = urllib.request.Request(sys.argv[1] + address, body, head)
    try:
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return answer.read()
    except urllib.error.HTTPError as error:
        raise SystemExit(f"{address}: {error.code} {error.read()[:300]}")
account = json.loads(told("/v1/accounts?limit=1"))["accounts"][0]["account_external_id"]
for address in (*sys.argv[2:], "/openapi.json", "/readyz", "/v1/model", "/metrics",
                "/v1/answer-check", "/v1/drift", "/v1/leavers", "/v1/forecast"):
    told(address.replace("ACCOUNT", account))
told("/v1/predictions", json.dumps({"accounts": [{"account_id": account}]}).encode())
"""

SERVE_AND_ASK = """
import json, signal, subprocess, sys
served = subprocess.Popen([sys.argv[1], "serve", "--port", "0", "--json"], cwd=sys.argv[2],
                          stdout=subprocess.PIPE, text=True)
url = json.loads(served.stdout.readline())["url"]
asked = subprocess.run([sys.executable, "-c", sys.argv[3], url, *sys.argv[4:]])
served.send_signal(signal.SIGTERM)
served.wait(60)
sys.exit(asked.returncode)
"""


def test_an_attempt_to_reach_another_machine_is_noted_and_refused(tmp_path: Path) -> None:
    env = environment(tmp_path)
    for code in (
        "import socket; socket.create_connection(('192.0.2.1', 80), 1)",
        "import urllib.request; urllib.request.urlopen('http://example.org')",
        "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))",
    ):
        done = subprocess.run(
            [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False
        )
        assert "refused by the test" in done.stderr
    assert len(attempts(tmp_path)) == 3
    assert watched(tmp_path) == 3


@pytest.mark.scale
@pytest.mark.timeout(1200)
def test_the_whole_demo_reaches_no_other_machine(tmp_path: Path) -> None:
    env = environment(tmp_path)
    built = run(
        [KENSHIN, "demo", "demo", "--build-only", "--accounts", "1000", "--months", "36"],
        tmp_path,
        env,
    )
    assert built.returncode == 0, built.stderr[-2000:]
    serve = [sys.executable, "-c", SERVE_AND_ASK, KENSHIN, str(tmp_path / "demo"), ASK]
    asked = run([*serve, *pages("ACCOUNT")], tmp_path, env)
    assert asked.returncode == 0, asked.stderr[-2000:]
    assert attempts(tmp_path) == []
    assert watched(tmp_path) >= 4
