"""``kenshin demo`` on a small company: built, served, stopped."""

import re
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.builders.server import KENSHIN, running

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_the_demo_ends_in_a_served_portfolio_and_leaves_no_process(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    demo = [
        str(KENSHIN),
        "demo",
        str(folder),
        "--accounts",
        "700",
        "--months",
        "30",
        "--build-only",
    ]
    built = subprocess.run(demo, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    assert "Traceback" not in built.stderr
    for said in ("Usable", "AUC", "constant", "the truth itself", "Scored", "Answer check"):
        assert said in built.stdout
    again = subprocess.run(demo, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "is built already" in again.stdout

    with running(folder) as server:
        _look_at_the_pages(server.url)
        code, seconds = server.stop()
        assert (code, server.group()) == (0, [])
        assert seconds < 10


def _look_at_the_pages(url: str) -> None:
    account = httpx.get(f"{url}/v1/accounts", params={"limit": 1}, timeout=30).json()["accounts"][0]
    for language in ("ja", "en"):
        for path in ("/", f"/accounts/{account['account_external_id']}"):
            page = httpx.get(f"{url}{path}", params={"lang": language}, timeout=30)
            assert page.status_code == 200
            assert re.search(rf'<html[^>]* lang="{language}"', page.text)
            name = account["name_en"] if language == "en" else account["name"]
            assert name in page.text or path == "/"  # the portfolio has its own order
