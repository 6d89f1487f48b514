"""Whole companies, from their files to their labels: the same cells on every engine."""

import os
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from features.settings import Settings, load_settings
from features.simulator import CompanyPlan, simulate
from tests.builders.on_engines import computing, exported
from tests.features.engines.cells import Told, same_cells, told_of_files

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

EXAMPLES = Path(__file__).parents[3] / "examples"
DATA = Path(os.environ.get("KENSHIN_SHARED_DATA", EXAMPLES.parent / "../shared/data")).resolve()
A_SLICE = "try_cast(account_id AS BIGINT) % 40 = 7"
START, END = date(2025, 9, 1), date(2026, 11, 20)


@dataclass(frozen=True)
class Case:
    """A company's files, the cut-offs and what DuckDB says."""

    settings: Settings
    cuts: list[datetime]
    truth: Told


def case(settings: Settings, cuts: list[datetime]) -> Case:
    truth = told_of_files(settings, cuts)
    assert truth.snapshot.table.num_rows > 60
    assert {True, False} <= set(truth.answers["churned"].to_pylist())
    return Case(settings, cuts, truth)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Case:
    folder = tmp_path_factory.mktemp("simulated")
    made = simulate(CompanyPlan(48, START, END, seed=5, events_scale=0.2), folder)
    ours = exported(load_settings(made.settings), folder / "files")
    return case(ours, [datetime(2026, month, 1) for month in (5, 7, 9)])


@pytest.fixture(scope="module")
def crm6(tmp_path_factory: pytest.TempPathFactory) -> Case:
    if not DATA.is_dir():
        pytest.skip(f"the public data sets are not at {DATA}")
    given = load_settings(EXAMPLES / "crm6" / "kenshin.toml")
    folder = tmp_path_factory.mktemp("crm6")
    given = given.model_copy(update={"workspace_folder": str(folder / "read")})
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("KENSHIN_SHARED_DATA", str(DATA))
        ours = exported(given, folder / "files", A_SLICE)
    return case(ours, [datetime(2022, 9, 1), datetime(2023, 2, 1)])


@pytest.mark.postgres
@pytest.mark.slow
def test_postgresql_tells_the_simulated_company_as_duckdb_does(
    simulated: Case, postgres_url: str
) -> None:
    ours = computing(simulated.settings, "postgres", postgres_url)
    same_cells(told_of_files(ours, simulated.cuts), simulated.truth)


@pytest.mark.spark
@pytest.mark.scale
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_spark_tells_the_simulated_company_as_duckdb_does(
    simulated: Case, spark_session: "SparkSession"
) -> None:
    ours = computing(simulated.settings, "spark")
    same_cells(told_of_files(ours, simulated.cuts), simulated.truth)


@pytest.mark.shared_data
@pytest.mark.postgres
@pytest.mark.slow
def test_postgresql_tells_crm6_as_duckdb_does(crm6: Case, postgres_url: str) -> None:
    ours = computing(crm6.settings, "postgres", postgres_url)
    same_cells(told_of_files(ours, crm6.cuts), crm6.truth)


@pytest.mark.shared_data
@pytest.mark.spark
@pytest.mark.scale
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_spark_tells_crm6_as_duckdb_does(crm6: Case, spark_session: "SparkSession") -> None:
    same_cells(told_of_files(computing(crm6.settings, "spark"), crm6.cuts), crm6.truth)
