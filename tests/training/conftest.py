from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def mlflow_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One tracking database for all trainings: making one costs seconds."""
    return tmp_path_factory.mktemp("mlruns")
