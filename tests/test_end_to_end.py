"""Interrupted commands: nothing is lost, nothing half written serves, the next run completes."""

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from features import snapshots
from features.settings import load_settings
from serving.cli import app
from serving.store import scores
from serving.store.engine import open_store
from tests.builders.modelled import company
from tests.builders.server import KENSHIN
from training.bundle import champion

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A company with a champion, not scored yet."""
    folder = tmp_path_factory.mktemp("made")
    company(folder)
    return folder


@pytest.fixture
def mine(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "company"))


@pytest.fixture(scope="module")
def scored(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The company, scored."""
    folder = Path(shutil.copytree(made, tmp_path_factory.mktemp("scored") / "company"))
    score(folder)
    return folder


def score(folder: Path) -> None:
    """Score today in this process, as the command does."""
    arguments = ["score", "--json", "--config", str(folder / "kenshin.toml")]
    done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)[-1]["as_of"] == "2026-11-20T00:00:00Z"


def interrupted(folder: Path, how: signal.Signals, seconds: float, *arguments: str) -> int:
    """Start a command elsewhere, stop it after so many seconds, and return its exit code."""
    config = str(folder / "kenshin.toml")
    with (folder.parent / "said").open("w") as said:
        process = subprocess.Popen(
            [str(KENSHIN), *arguments, "--config", config], cwd="/", stdout=said, stderr=said
        )
        time.sleep(seconds)
        process.send_signal(how)
        code = process.wait(timeout=60)
    assert "Traceback" not in (folder.parent / "said").read_text()
    return code


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    config = str(folder / "kenshin.toml")
    command = [str(KENSHIN), *arguments, "--config", config]
    return subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)


def whole(folder: Path) -> None:
    """Every snapshot can be read and every run in the store has all its scores."""
    settings = load_settings(folder / "kenshin.toml")
    for manifest in (settings.workspace / "snapshots").glob("*/*/manifest.json"):
        content = json.loads(manifest.read_text(encoding="utf-8"))
        read = snapshots.read_by_id(settings, manifest.parent.name)
        assert read.table.num_rows == content["rows"]
    engine = open_store(settings)
    try:
        for stored in scores.runs(engine):
            assert len(scores.rows_of(engine, stored["run_id"])) == stored["accounts"]
    finally:
        engine.dispose()
    assert champion(settings).version == "v1"


ENDED_EARLIER = (0, 2)
"""A fast machine is done before the signal; so small a company is refused by `train` at its end."""


@pytest.mark.parametrize(
    ("how", "arguments"),
    [
        (signal.SIGKILL, ("snapshot",)),
        (signal.SIGKILL, ("score", "--history", "20")),
        (signal.SIGINT, ("train",)),
    ],
    ids=["kill-snapshot", "kill-score", "interrupt-train"],
)
def test_what_was_interrupted_leaves_all_that_was_there_and_can_be_run_again(
    how: signal.Signals, arguments: tuple[str, ...], mine: Path
) -> None:
    code = interrupted(mine, how, 2.5, *arguments)
    assert code in (-how, 130, *ENDED_EARLIER)
    whole(mine)
    score(mine)
    whole(mine)


def test_two_runs_at_once_store_one(mine: Path) -> None:
    command = [str(KENSHIN), "score", "--json", "--config", str(mine / "kenshin.toml")]
    both = [
        subprocess.Popen(command, cwd="/", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        for _ in range(2)
    ]
    answers = [json.loads(process.communicate(timeout=120)[0])[-1] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sorted(answer["new"] for answer in answers) == [False, True]
    assert answers[0]["run_id"] == answers[1]["run_id"]
    assert answers[0]["accounts"] == answers[1]["accounts"] > 0
    whole(mine)


def test_every_command_prints_nothing_but_json_where_json_is_asked_for(scored: Path) -> None:
    engine = open_store(load_settings(scored / "kenshin.toml"))
    try:
        latest = scores.latest_run(engine)
        assert latest is not None
        row = scores.rows_of(engine, latest["run_id"])[0]
    finally:
        engine.dispose()
    for arguments in (
        ["check"],
        ["snapshot", "--as-of", "2026-11-01"],
        ["explain", row["account_id"]],
        ["reproduce", row["score_id"]],
    ):
        answer = run(scored, *arguments, "--json")
        assert answer.returncode == 0, answer.stderr
        json.loads(answer.stdout)


def test_a_reader_that_goes_away_ends_no_command_in_a_traceback(mine: Path) -> None:
    config = str(mine / "kenshin.toml")
    read, write = os.pipe()
    os.close(read)
    command = [str(KENSHIN), "check", "--config", config]
    ended = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True, check=False)
    os.close(write)
    assert "Traceback" not in ended.stderr
    assert "our own fault" not in ended.stderr
