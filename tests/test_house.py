"""Rules of the house that no linter knows."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.builders.order import LONGEST as FIRST
from tests.builders.order import TOGETHER, on_spark

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("features", "training", "serving")
DRAWERS = {"utils", "util", "helpers", "helper", "common", "misc", "shared", "lib"}
LONGEST = 350
LONGEST_NOUN = 300
TABLES = {"features/checks/rules.py", "features/mapping/synonyms.py"}
"""Files of the packages that are one table each, and longer than a noun may be."""


def tracked(*patterns: str) -> list[Path]:
    """Return the project's files that match, as git knows them."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / line for line in done.stdout.splitlines() if (ROOT / line).exists()]


def python_files() -> list[Path]:
    found = tracked("*.py")
    assert len(found) > 50
    return found


def test_no_package_file_lies_under_tests() -> None:
    assert not [path for path in python_files() if path.name == "__init__.py" and in_tests(path)]


def in_tests(path: Path) -> bool:
    return path.is_relative_to(ROOT / "tests")


def test_no_module_is_a_drawer_for_leftovers() -> None:
    parts = {path: {*path.relative_to(ROOT).parts[:-1], path.stem} for path in python_files()}
    assert not [path for path, names in parts.items() if names & DRAWERS]


def test_no_python_file_is_longer_than_350_lines() -> None:
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in python_files()}
    assert {str(p.relative_to(ROOT)): n for p, n in lengths.items() if n > LONGEST} == {}


def test_no_noun_of_the_packages_is_longer_than_300_lines() -> None:
    files = tracked(*(f"{package}/*.py" for package in PACKAGES))
    lengths = {str(p.relative_to(ROOT)): len(p.read_text("utf-8").splitlines()) for p in files}
    assert {name for name, n in lengths.items() if n > LONGEST_NOUN} <= TABLES <= set(lengths)


@pytest.mark.parametrize("part", ["base", "dev"])
def test_every_locked_requirement_carries_hashes_and_no_registry_is_named(part: str) -> None:
    text = (ROOT / "requirements" / f"{part}.txt").read_text("utf-8")
    entries = re.findall(r"^[a-zA-Z0-9].*?(?=^[a-zA-Z0-9]|\Z)", text, re.DOTALL | re.MULTILINE)
    assert len(entries) > 50
    assert not [e.split()[0] for e in entries if "==" not in e or "--hash=sha256:" not in e]
    assert not re.findall(r"https?://|--index-url|--extra-index-url|--find-links", text)


def test_no_registry_is_named_in_any_tracked_configuration() -> None:
    for path in tracked("*.toml", "*.in", "Makefile", ".ci/run"):
        assert "index-url" not in path.read_text("utf-8").replace("--no-emit-index-url", ""), path
    assert not tracked("uv.lock", "*/uv.lock")


def test_the_readme_starts_with_commands_that_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for name in ("README.md", "README.ja.md", "CONTRIBUTING.md"):
        text = (ROOT / name).read_text("utf-8")
        named = set(re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE))
        assert named <= targets, name
    readme = (ROOT / "README.md").read_text("utf-8")
    assert "make demo" in readme
    assert "make test" in readme


def test_every_relative_link_of_the_documents_leads_somewhere() -> None:
    broken = []
    for path in tracked("*.md"):
        for target in re.findall(r"\]\(([^)#\s]+)", path.read_text("utf-8")):
            if not re.match(r"[a-z]+:", target) and not (path.parent / target).exists():
                broken.append(f"{path.relative_to(ROOT)}: {target}")
    assert broken == []


def test_every_decision_is_listed_and_says_what_was_decided_and_why() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = (folder / "README.md").read_text("utf-8")
    records = sorted(folder.glob("0*.md"))
    assert [int(path.name[:4]) for path in records] == list(range(1, len(records) + 1))
    for path in records:
        assert f"({path.name})" in listed, path.name
        headings = re.findall(r"^## (.+)$", path.read_text("utf-8"), re.MULTILINE)
        assert headings == ["Context", "Decision", "Consequences", "Alternatives"], path.name


def test_nothing_that_a_run_leaves_behind_is_tracked() -> None:
    assert [p.name for p in tracked("mlruns")] == [".gitkeep"]
    assert not tracked("*.pkl", "*.pickle", "*.joblib", "*.db", "*.mo", "*.egg-info/*")


def test_the_merge_check_can_be_run() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    done = subprocess.run(["bash", "-n", str(script)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_files_that_run_first_are_there_and_those_on_spark_are_found() -> None:
    assert [file for file in FIRST if not (ROOT / file).is_file()] == []
    assert len(set(FIRST)) == len(FIRST)
    assert [folder for folder in TOGETHER if not list((ROOT / folder).glob("test_*.py"))] == []
    assert "tests/features/engines/test_zones.py" in on_spark()
    assert "tests/features/test_spells.py" not in on_spark()
