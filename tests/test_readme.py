"""The commands of the README, executed as they stand there."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import date
from inspect import signature
from pathlib import Path

import duckdb
import pytest

from features.simulator import CompanyPlan, simulate
from serving import words
from serving.cli import COMMANDS, app
from tests.builders import first_day
from tests.builders.server import KENSHIN

ROOT = Path(__file__).parents[1]


def _commands(readme: str, number: int) -> list[str]:
    """Return the lines of a shell block, without their comments."""
    text = (ROOT / readme).read_text(encoding="utf-8")
    block = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)[number]
    return [line.split(" #")[0].rstrip() for line in block.splitlines()]


def test_both_languages_give_the_same_commands() -> None:
    for number in (0, 1):
        assert _commands("README.md", number) == _commands("README.ja.md", number)


def test_the_two_commands_are_targets_of_make() -> None:
    for command in _commands("README.md", 0):
        subprocess.run([*command.split(), "--dry-run"], cwd=ROOT, check=True, capture_output=True)


def test_every_command_offers_json_but_the_demo_and_the_one_that_prints_nothing_else() -> None:
    offers = {
        command.name or command.callback.__name__
        for command in app.registered_commands
        if command.callback is not None and "as_json" in signature(command.callback).parameters
    }
    for group in app.registered_groups:
        assert group.typer_instance is not None
        parts = [c.callback for c in group.typer_instance.registered_commands if c.callback]
        if parts and all("as_json" in signature(part).parameters for part in parts):
            offers.add(group.name or "")
    everything = {name.replace("_", "-") for name in COMMANDS}
    assert everything - {name.replace("_", "-") for name in offers} == {"demo", "openapi"}


def _that_nobody_left(folder: Path) -> None:
    """Write a company of some months, in Parquet: its scores are those of the scorecard."""
    first_day.company(folder)
    shutil.rmtree(folder / ".kenshin", ignore_errors=True)


def _that_a_model_can_learn_from(folder: Path) -> None:
    """Write a company of two years, in CSV, the smallest that a model or a card is learned from."""
    plan = CompanyPlan(
        accounts=1200,
        start=date(2024, 11, 20),
        end=date(2026, 11, 20),
        seed=5,
        events_scale=0.1,
        format="csv",
    )
    simulate(plan, folder)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("company", "replays"),
    [
        (_that_nobody_left, 46),
        pytest.param(_that_a_model_can_learn_from, 52, marks=pytest.mark.scale),
    ],
)
def test_a_company_goes_from_its_files_to_an_explained_score_as_the_readme_says(
    company: Callable[[Path], None], replays: int, tmp_path: Path
) -> None:
    files = tmp_path / "files"
    company(files)
    (files / "kenshin.toml").unlink()
    for truth in files.glob("truth.*"):
        truth.unlink()
    *commands, serve = _commands("README.md", 1)
    assert serve == "$kenshin serve"  # driven by tests/test_demo.py
    script = "\n".join(commands)
    for said, meant in (
        ("$PWD/.venv/bin/kenshin", str(KENSHIN)),
        ("../company", str(tmp_path / "company")),
        ("FOLDER", str(files)),
        ("ACCOUNT", _first_running(files)),
    ):
        assert said in script
        script = script.replace(said, meant)
    done = subprocess.run(
        ["bash", "-euc", script],
        cwd=tmp_path,
        env=os.environ | {"KENSHIN_TRAINING__FOLDS": "2", "KENSHIN_TRAINING__MINIMUM_CHURNS": "20"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for said in ("Usable", "Verdict: usable", f"{replays} replays"):
        assert said in done.stdout
    assert re.search(r"^ +red +[1-9]", done.stdout, re.MULTILINE)
    # The scorecard may serve until a model beats it; its points begin at another word.
    assert words.AVERAGE.ja in done.stdout or words.NEUTRAL.ja in done.stdout


def _first_running(files: Path) -> str:
    """Return an account whose contract has no end."""
    with duckdb.connect() as con:
        [file] = files.glob("subscriptions.*")
        query = f"SELECT account_id FROM '{file}' WHERE ended_at IS NULL LIMIT 1"
        return str(con.execute(query).fetchall()[0][0])
