"""A small company of one of whose accounts everything is held, and copies of it to be changed."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from features.settings import load_settings
from serving.store.engine import open_store
from tests.builders.forgotten import Held, held


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Held:
    built = held(Path(tmp_path_factory.mktemp("held")))
    built.engine.dispose()
    return built


@pytest.fixture
def company(made: Held, tmp_path: Path) -> Iterator[Held]:
    """A copy of the company, to be changed."""
    folder = tmp_path / "company"
    shutil.copytree(made.settings.root, folder)
    settings = load_settings(folder / "kenshin.toml")
    engine = open_store(settings)
    yield Held(settings, engine, made.account_id, made.others)
    engine.dispose()
