"""Tiny companies, made once for all tests of the benchmark."""

from pathlib import Path

import pytest

from tests.builders.benchmarked import asked, awkward, company, written


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return company(tmp_path_factory.mktemp("benchmark") / "plain")


@pytest.fixture(scope="session")
def late(plain: Path) -> Path:
    return awkward(plain, plain.parent / "late")


@pytest.fixture(scope="session")
def ours(late: Path) -> Path:
    return written("ours", asked(late, late.parent / "work-ours"))
