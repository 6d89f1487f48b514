"""The aliases follow what serves, and a registry that is away is said in one sentence."""

from pathlib import Path

import pytest

from features.settings import MLflow, Settings
from training import registry
from training.registry import RegistryError


@pytest.fixture
def settings(tmp_path: Path, mlflow_folder: Path) -> Settings:
    """Return settings of a company with three registered versions, v1 champion, v3 challenger."""
    made = Settings(root=tmp_path, mlflow=MLflow(folder=str(mlflow_folder), model=tmp_path.name))
    for _ in range(3):
        with registry.run(made, "a training") as run:
            run.register(made.mlflow.model)
    client = registry.client(made)
    client.set_registered_model_alias(made.mlflow.model, "champion", "1")
    client.set_registered_model_alias(made.mlflow.model, "challenger", "3")
    return made


def aliases(settings: Settings) -> dict[str, tuple[str, ...]]:
    return {found.version: found.aliases for found in registry.versions(settings)}


def test_a_challenger_that_becomes_champion_is_challenger_no_more(settings: Settings) -> None:
    assert registry.point(settings, "v3") is True
    assert aliases(settings) == {"v3": ("champion",), "v2": (), "v1": ()}


def test_another_champion_leaves_the_challenger_where_it_is(settings: Settings) -> None:
    assert registry.point(settings, "v2") is True
    assert aliases(settings) == {"v3": ("challenger",), "v2": ("champion",), "v1": ()}


def test_a_version_that_is_not_registered_changes_nothing(settings: Settings) -> None:
    before = aliases(settings)
    assert registry.point(settings, "v9") is False
    assert aliases(settings) == before


def test_a_server_that_is_away_is_a_sentence_with_its_address(tmp_path: Path) -> None:
    away = MLflow(tracking_uri="http://127.0.0.1:9")
    with pytest.raises(RegistryError, match=r"http://127\.0\.0\.1:9.*has not changed"):
        registry.point(Settings(root=tmp_path, mlflow=away), "v1")


def test_a_database_that_is_none_is_a_sentence_too(tmp_path: Path) -> None:
    (tmp_path / "mlruns").mkdir()
    (tmp_path / "mlruns" / "mlflow.db").write_text("no database at all, only text " * 50)
    with pytest.raises(RegistryError, match="has not changed"):
        registry.point(Settings(root=tmp_path), "v1")
