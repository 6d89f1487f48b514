"""One simulated company for all tests of what upstream does to a delivery."""

from pathlib import Path

import pytest

from tests.builders.deliveries import Company, write_company


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a simulated company's whole tables."""
    folder = tmp_path_factory.mktemp("whole")
    write_company(folder)
    return folder


@pytest.fixture
def company(whole: Path, tmp_path: Path) -> Company:
    """Return a company that has delivered nothing yet."""
    return Company(whole, tmp_path)
