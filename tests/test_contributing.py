"""CONTRIBUTING's three steps, done as they stand there in a copy of the repository."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from textwrap import dedent, indent

import pytest

ROOT = Path(__file__).resolve().parents[1]
NAME = "urgent_tickets_28d"
NEEDED = (
    "features",
    "training",
    "serving",
    "tests/builders",
    "tests/conftest.py",
    "tests/features/catalogue",
    "docs/features.md",
    "docs/features.ja.md",
    "pyproject.toml",
)
COLUMNS = (
    "from tests.features.catalogue.golden.case import AS_OF, SETTINGS, CONTRACT;"
    "from tests.builders.tables import make_tables;"
    "from features.snapshots import build;"
    "import features;"
    "a = {'account_id': 'a'};"
    "ticket = {**a, 'opened_at': AS_OF.replace(year=2025), 'priority': 'high'};"
    "tables = make_tables(AS_OF, accounts=[a], subscriptions=[{**a, **CONTRACT}],tickets=[ticket]);"
    f"found = build(tables, SETTINGS, [AS_OF], only=['{NAME}', 'tickets_28d']).table;"
    "print(features.__file__, *found.column_names)"
)


def section() -> str:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    return text.split("## Add a feature in three steps")[1].split("\n## ")[0]


def blocks(language: str) -> list[str]:
    found = re.findall(rf"^ *```{language}\n(.*?)^ *```", section(), re.DOTALL | re.MULTILINE)
    return [dedent(block) for block in found]


def places() -> list[tuple[str, str]]:
    """Return the tuple and the file that each of the first two steps names."""
    return re.findall(r"tuple `(\w+)` of\s+`([^`]+)`", section())


def copy_to(folder: Path) -> Path:
    for name in NEEDED:
        source, ignored = ROOT / name, shutil.ignore_patterns("__pycache__", "*.db", "mlruns")
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=ignored)
        else:
            shutil.copy(source, folder / name)
    return folder


def apply(folder: Path, step: int) -> None:
    """Write the block of a step where it says, at the beginning of that tuple."""
    name, file = places()[step]
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert text.count(f"\n{name} = (\n") == 1
    block = indent(blocks("python")[step], "    ")
    path.write_text(text.replace(f"\n{name} = (\n", f"\n{name} = (\n{block}"), encoding="utf-8")


def run(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    here = command.replace(".venv/bin/python", sys.executable)
    # The modules are compiled once for all commands.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return subprocess.run(
        ["bash", "-c", here],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_a_feature_is_added_in_the_three_steps_and_not_without_the_second(tmp_path: Path) -> None:
    assert len(places()) == len(blocks("python")) == 2
    folder = copy_to(tmp_path / "kenshin")
    [commands] = blocks("sh")
    *pages, tests = commands.splitlines()
    apply(folder, 0)
    for page in pages:
        assert run(folder, page).returncode == 0
    # Of the tests that the third step names, the one that must fail: the others run below.
    named = re.search(r'-k "(.+)"', tests)
    assert named is not None
    without = run(folder, f"{tests} -q -k '({named[1]}) and golden_value'")
    assert without.returncode == 1
    assert "test_every_declared_feature_has_a_golden_value" in without.stdout
    assert NAME in without.stdout
    apply(folder, 1)
    done = run(folder, f"{tests} -q")
    assert done.returncode == 0, done.stdout
    listed = json.loads(run(folder, ".venv/bin/python -m serving.cli features --json").stdout)
    assert NAME in {one["name"] for one in listed["features"]}
    where, *columns = run(folder, f'.venv/bin/python -c "{COLUMNS}"').stdout.split()
    assert Path(where).is_relative_to(folder)
    assert NAME in columns
    for page in ("docs/features.md", "docs/features.ja.md"):
        assert f"`{NAME}`" in (folder / page).read_text(encoding="utf-8")
    assert NAME not in (ROOT / "docs" / "features.md").read_text(encoding="utf-8")
