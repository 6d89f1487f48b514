"""A served company and rows that its model can read, missing and unseen values among them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from serving.app import create_app
from tests.builders.served import Client, Served, served

Row = dict[str, Any]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    made = served(Path(tmp_path_factory.mktemp("invoked")), accounts=12, weeks=1)
    yield made
    made.engine.dispose()


@pytest.fixture(scope="module")
def client(company: Served) -> Client:
    return Client(create_app(company.settings, engine=company.engine))


@pytest.fixture(scope="module")
def rows(company: Served) -> list[Row]:
    """300 rows; one value in ten is missing, one category in ten was never seen."""
    random = np.random.default_rng(7)
    made = []
    for _ in range(300):
        row: Row = {}
        for feature in company.bundle.features:
            if random.random() < 0.1:
                row[feature.name] = None
            elif feature.kind == "category":
                seen = company.bundle.categories[feature.name]
                row[feature.name] = str(random.choice((*seen, "never seen")))
            else:
                row[feature.name] = float(random.normal(5, 20))
        made.append(row)
    return made
