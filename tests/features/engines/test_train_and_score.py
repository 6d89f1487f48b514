"""``kenshin train`` and ``kenshin score`` give on every engine the model and scores of DuckDB."""

import json
import re
import shutil
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from features.settings import load_settings
from features.simulator import CompanyPlan, simulate
from serving.cli import app
from serving.store import scores
from serving.store.engine import open_store
from tests.builders.in_postgres import put
from tests.builders.spark import SPARK
from training.bundle import crown

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

PLAN = CompanyPlan(220, date(2025, 1, 1), date(2026, 11, 20), seed=11, events_scale=0.01)
TABLES = ("accounts", "subscriptions", "tickets")
TRAINING = "[training]\nfolds = 2\nminimum_churns = 5\n"
WORSE = """
INSERT INTO tickets BY NAME
SELECT account_id, account_id || days AS ticket_id, left_at - to_days(days) AS opened_at,
       left_at - to_days(days - 3) AS resolved_at
FROM (SELECT account_id, max(coalesce(ended_at, '2300-01-01')) AS left_at
      FROM '{folder}/subscriptions.parquet' GROUP BY account_id),
     (SELECT unnest([105, 100, 95, 85, 75, 65, 55, 45, 35, 25, 15, 5])::INTEGER AS days)
WHERE left_at < '2300-01-01' AND ascii(right(account_id, 1)) % 5 < 4
"""
"""Most who leave open many tickets before: so few accounts need a plain signal."""


@dataclass(frozen=True)
class Done:
    """What training said, and what every account was then told."""

    evaluation: dict[str, Any]
    model: str
    scores: dict[str, tuple[float, ...]]
    reasons: dict[str, Any]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained") / "company"
    made = simulate(PLAN, folder)
    tickets = folder / "tickets.parquet"
    with duckdb.connect() as con:
        con.execute(f"CREATE TABLE tickets AS FROM '{tickets}'")
        con.execute(WORSE.format(folder=folder))
        con.execute(f"COPY (FROM tickets ORDER BY ticket_id) TO '{tickets}' (FORMAT parquet)")
    head, *tables = re.split(r"(?=\[(?:tables|features)\.)", made.settings.read_text())
    kept = [t for t in tables if t.startswith(tuple(f"[tables.{name}]" for name in TABLES))]
    made.settings.write_text("".join([head, *kept, TRAINING]))
    return folder


@pytest.fixture(scope="module")
def truth(company: Path) -> Done:
    done = trained_and_scored(company)
    assert done.evaluation["verdict"] == "usable"
    assert len(done.scores) > 100
    assert len({values[0] for values in done.scores.values()}) > 20
    return done


def trained_and_scored(folder: Path) -> Done:
    config = ["--config", str(folder / "kenshin.toml")]
    trained = said("train", *config)
    if not trained["champion"]:  # so small a company may fail a check, and then a person decides
        crown(load_settings(folder / "kenshin.toml"), trained["version"], datetime(2026, 11, 20))
    (run,) = said("score", *config)
    engine = open_store(load_settings(folder / "kenshin.toml"))
    try:
        rows = scores.rows_of(engine, run["run_id"])
    finally:
        engine.dispose()
    numbers = ("churn_probability", "churn_probability_low", "churn_probability_high",
               "health_score_exact")  # fmt: skip
    return Done(
        trained["evaluation"],
        (Path(trained["bundle"]) / "booster.txt").read_text(),
        {row["account_id"]: tuple(row[name] for name in numbers) for row in rows},
        {row["account_id"]: (row["band"], row["top_reasons"]) for row in rows},
    )


def said(*arguments: str) -> Any:  # noqa: ANN401
    result = CliRunner().invoke(app, [*arguments, "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def same(found: Done, truth: Done) -> None:
    assert found.model == truth.model
    assert found.evaluation["metrics"] == truth.evaluation["metrics"]
    assert found.scores.keys() == truth.scores.keys()
    for account, values in truth.scores.items():
        if None in values:  # Withheld, with the same reason.
            assert found.scores[account] == values
        else:
            assert found.scores[account] == pytest.approx(values, rel=0, abs=1e-9)
    assert found.reasons == truth.reasons


def elsewhere(company: Path, folder: Path, old: str, new: str, more: str) -> Path:
    """Copy the company's files without what was made of them, and change its settings."""
    mine = Path(shutil.copytree(company, folder / "company", ignore=shutil.ignore_patterns(".*")))
    file = mine / "kenshin.toml"
    text = re.sub(old, new, file.read_text())
    file.write_text(text.replace("[data]\n", f"[data]\n{more}"))
    return mine


@pytest.mark.postgres
@pytest.mark.scale
def test_in_postgresql(company: Path, truth: Done, postgres_url: str, tmp_path: Path) -> None:
    put(postgres_url, {name: pq.read_table(company / f"{name}.parquet") for name in TABLES})
    data = f'engine = "postgres"\ndatabase = "{postgres_url}"\n'
    mine = elsewhere(company, tmp_path, r'file = "(\w+)\.parquet"', r'table = "\1"', data)
    same(trained_and_scored(mine), truth)


@pytest.mark.spark
@pytest.mark.scale
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_on_spark(
    company: Path, truth: Done, spark_session: "SparkSession", tmp_path: Path
) -> None:
    mine = elsewhere(company, tmp_path, "$^", "", 'engine = "spark"\n')
    config = "".join(f'"{key}" = "{value}"\n' for key, value in SPARK.config.items())
    with (mine / "kenshin.toml").open("a") as file:
        file.write(f'\n[spark]\nmaster = "{SPARK.master}"\n[spark.config]\n{config}')
    same(trained_and_scored(mine), truth)
