"""``kenshin demo`` on a small company: built, served, stopped."""

import os
import re
import subprocess
from pathlib import Path

import httpx
import pytest

from serving.commands.demo import MARK, _clear
from tests.builders.server import KENSHIN, running

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.mark.scale
def test_the_demo_ends_in_a_served_portfolio_and_leaves_no_process(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    demo = [
        str(KENSHIN),
        "demo",
        str(folder),
        "--accounts",
        "1000",
        "--months",
        "36",
        "--build-only",
    ]
    fewer = os.environ | {"KENSHIN_TRAINING__FOLDS": "2"}
    built = subprocess.run(
        demo, cwd=tmp_path, env=fewer, capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stderr
    assert "Traceback" not in built.stderr
    for said in ("Usable", "AUC", "constant", "Verdict: usable", "the truth itself", "Scored"):
        assert said in built.stdout
    _, _, answers = built.stdout.partition("The answer check")
    assert re.search(r"^Accounts that left: [1-9]", answers, re.MULTILINE)
    assert "Weeks before" in answers
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


def test_a_folder_of_somebody_elses_is_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "truth.parquet").write_text("mine")
    command = [str(KENSHIN), "demo", str(tmp_path), "--build-only"]
    refused = subprocess.run(command, capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert "did not make" in refused.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["truth.parquet"]


def test_a_demo_that_was_interrupted_can_be_cleared(tmp_path: Path) -> None:
    (tmp_path / MARK).touch()
    (tmp_path / "events.parquet.part").write_text("half")
    _clear(tmp_path)
    assert not tmp_path.exists()
