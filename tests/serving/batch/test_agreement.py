"""One answer through every door: training, bundle, command, store, API, MLflow's protocol, Spark.

What a door shows exactly (probability, score, points) agrees to `EXACT`; what it shows in whole
points is what the exact ones give.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lightgbm as lgb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from serving import drivers, scoring
from serving.app import create_app
from serving.batch import find
from serving.cli import app as command
from serving.drivers import Parts
from serving.lexicon import lexicon
from serving.statements import withheld
from serving.store.engine import open_store
from serving.store.scores import blob, numbers, save_run
from tests.builders.batch import Scored
from tests.builders.modelled import END
from tests.builders.served import Client, stored_values
from training.bundle import ModelBundle, load_bundle
from training.explanation import Explanation, explain
from training.scale import shown
from training.shares import Shares

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

EXACT = 1e-9
AT_ONCE, FULL_ROWS_AT_ONCE = 1_000, 100
"""Accounts in one request: as many as are taken, or as fit with all their values into a body."""
Rows = list[dict[str, Any]]


def company_of(scored: Scored, count: int) -> pa.Table:
    """Return a snapshot of so many accounts, each with numbers of its own."""
    random = np.random.default_rng(4)
    table = scored.snapshot.table.take(np.arange(count) % scored.snapshot.table.num_rows)
    for feature in scored.company.bundle.features:
        if feature.kind == "number":
            values = table[feature.name].to_numpy(zero_copy_only=False).astype(np.float64)
            values = values * random.uniform(0.5, 1.5, count)
            place, missing = table.column_names.index(feature.name), np.isnan(values)
            column = pa.array(values, mask=missing)
            table = table.set_column(place, feature.name, column)
    names = pa.array([f"acc-{i:06d}" for i in range(count)])
    return table.set_column(table.column_names.index("account_id"), "account_id", names)


class Doors:
    """The same accounts asked for through every door."""

    def __init__(self, scored: Scored, count: int, folder: Path) -> None:
        self.settings, self.folder = scored.company.settings, folder
        self.file = folder / "snapshot.parquet"
        self.table = company_of(scored, count)
        pq.write_table(self.table, self.file)
        assert isinstance(scored.company.bundle, ModelBundle)
        self.bundle = scored.company.bundle
        self.matrix = self.bundle.encode(self.table)
        self.known = np.array([why is None for why in withheld(self.bundle, self.matrix)])
        self.truth = self.trained()

    def trained(self) -> Explanation:
        """Return what training computes: LightGBM's own shares, calibration and scale."""
        booster = lgb.Booster(model_file=str(self.bundle.folder / "booster.txt"))
        parts = (self.bundle.calibration, self.bundle.scale)
        return explain(Shares(booster), *parts, self.matrix)

    def exactly(
        self, probability: Sequence[float], score: Sequence[float], points: Sequence[Any]
    ) -> None:
        """Hold what a door said of the accounts that have a score to what training computes."""
        assert 0 < self.known.sum() <= len(self.known)
        for said, wanted in (
            (probability, self.truth.probability),
            (score, self.truth.score),
            (points, self.truth.points),
        ):
            told = [one for one, known in zip(said, self.known, strict=True) if known]
            np.testing.assert_allclose(np.array(told), wanted[self.known], rtol=0, atol=EXACT)

    def as_shown(self, predictions: Rows) -> None:
        """Hold records to what training computes: the chance exactly, the points as they round."""
        words_of = lexicon(self.bundle)
        for i, record in enumerate(predictions):
            if not self.known[i]:
                assert record["churn_probability"] is record["health_score"] is None
                continue
            wanted = float(self.truth.probability[i])
            assert record["churn_probability"] == pytest.approx(wanted, rel=0, abs=EXACT)
            exact = float(self.truth.score[i])
            parts = Parts(
                shown(exact, self.bundle.bands), exact, self.truth.baseline, self.truth.points[i]
            )
            baseline, told = drivers.told(parts, [None] * len(words_of.names), {}, words_of)
            assert record["health_score"] == parts.shown
            assert record["baseline_points"] == baseline
            found = [(driver["code"], driver["points"]) for driver in record["drivers"]]
            assert found == [(driver["code"], driver["points"]) for driver in told]

    def batch(self, *options: str) -> Rows:
        """Return the rows of ``kenshin score --out``, in the order of the accounts."""
        out = self.folder / f"scores{len(options)}"
        config = self.settings.root / "kenshin.toml"
        asked = ["score", "--out", str(out), "--snapshot", str(self.file), "--points"]
        done = CliRunner().invoke(command, [*asked, "--config", str(config), *options])
        assert done.exit_code == 0, done.exception
        found: Rows = pq.read_table(out, partitioning=None).sort_by("account_id").to_pylist()
        return found

    def issued(self) -> Rows:
        """Store the scores as ``kenshin score`` does; return the stored rows."""
        snapshot_id = find(self.settings, self.file).snapshot_id
        run, rows = scoring.score(
            self.settings, self.bundle, self.table, snapshot_id, "issued", END
        )
        engine = open_store(self.settings)
        save_run(engine, run, rows)
        engine.dispose()
        return rows

    def api(self) -> tuple[Rows, Rows, list[float | None]]:
        """Return predictions by id and by features, and the answers of ``/invocations``."""
        client = Client(create_app(self.settings))
        by_id, by_features, invoked = [], [], []
        names = self.table["account_id"].to_pylist()
        values = [stored_values(self.bundle, blob(row)) for row in self.matrix]
        for start in range(0, len(names), AT_ONCE):
            asked = [{"account_id": name} for name in names[start : start + AT_ONCE]]
            by_id += self._said(client, asked)
        for start in range(0, len(names), FULL_ROWS_AT_ONCE):
            here = values[start : start + FULL_ROWS_AT_ONCE]
            by_features += self._said(client, [{"features": row} for row in here])
            body = json.dumps({"dataframe_records": here}).encode()
            answer = client.send(body, "/invocations")
            assert answer.status_code == 200, answer.text[:500]
            invoked += answer.json()["predictions"]
        return by_id, by_features, invoked

    def _said(self, client: Client, accounts: Rows) -> Rows:
        answer = client.post("/v1/predictions", {"accounts": accounts})
        assert answer.status_code == 200, answer.text[:500]
        found: Rows = answer.json()["predictions"]
        return found


def every_door(doors: Doors) -> None:
    told = load_bundle(doors.bundle.folder)
    for prepared in (False, True):
        assert not prepared or told.prepare()
        said = told.explain(doors.matrix)
        doors.exactly(said.probability.tolist(), said.score.tolist(), said.points.tolist())
    from_file = doors.batch()
    doors.exactly(
        [row["churn_probability"] for row in from_file],
        [row["health_score_exact"] for row in from_file],
        [row["points"] for row in from_file],
    )
    stored = doors.issued()
    doors.exactly(
        [row["churn_probability"] for row in stored],
        [row["health_score_exact"] for row in stored],
        [None if row["points"] is None else numbers(row["points"]) for row in stored],
    )
    by_id, by_features, invoked = doors.api()
    doors.as_shown(by_id)
    doors.as_shown(by_features)
    wanted = [p if k else None for p, k in zip(doors.truth.probability, doors.known, strict=True)]
    assert invoked == [None if p is None else pytest.approx(p, rel=0, abs=EXACT) for p in wanted]


def test_every_door_gives_the_same_score_and_reasons(scored: Scored, tmp_path: Path) -> None:
    every_door(Doors(scored, 150, tmp_path))


@pytest.mark.scale
def test_every_door_agrees_on_ten_thousand_accounts(scored: Scored, tmp_path: Path) -> None:
    every_door(Doors(scored, 10_000, tmp_path))


@pytest.mark.scale
@pytest.mark.spark
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_spark_agrees_on_ten_thousand_accounts(
    scored: Scored, spark_session: "SparkSession", tmp_path: Path
) -> None:
    doors = Doors(scored, 10_000, tmp_path)
    rows = doors.batch("--spark")
    doors.exactly(
        [row["churn_probability"] for row in rows],
        [row["health_score_exact"] for row in rows],
        [row["points"] for row in rows],
    )
