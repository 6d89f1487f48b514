"""A small company of one of whose accounts everything is held, and copies of it to be changed."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from features.settings import load_settings
from serving.store.engine import open_store, open_url
from tests.builders.forgotten import Held, held
from tests.builders.moved import carry_over
from tests.builders.stores import store_of


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Held:
    built = held(Path(tmp_path_factory.mktemp("held")))
    built.engine.dispose()
    return built


@pytest.fixture
def company(request: pytest.FixtureRequest, made: Held, tmp_path: Path) -> Iterator[Held]:
    """A copy of the company, to be changed.

    A test that gives it the parameters of `tests.builders.stores` runs on both stores.
    """
    folder = tmp_path / "company"
    shutil.copytree(made.settings.root, folder)
    with store_of(request) as url:
        if url is not None:
            _moved(folder, url)
        settings = load_settings(folder / "kenshin.toml")
        engine = open_store(settings)
        yield Held(settings, engine, made.account_id, made.others)
        engine.dispose()


def _moved(folder: Path, url: str) -> None:
    """Let the store of the company in ``folder`` be at ``url`` instead of in its workspace."""
    file = folder / "kenshin.toml"
    here, there = open_store(load_settings(file)), open_url(url)
    carry_over(here, there)
    here.dispose()
    there.dispose()
    for part in (folder / ".kenshin").glob("store.db*"):
        part.unlink()
    file.write_text(f'{file.read_text()}\n[store]\nurl = "{url}"\n')
