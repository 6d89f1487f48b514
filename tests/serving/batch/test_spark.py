"""Spark scores what one machine scores: every row, to the last bit."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from features.errors import KenshinError, NotFoundError, SettingsError
from serving.batch import score_streamed
from serving.batch.cluster import Spread, find_spread, score_spread, spread
from serving.batch.session import session
from serving.cli import app
from tests.builders.batch import Scored

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = [pytest.mark.spark, pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")]


@pytest.fixture(scope="module")
def spark(spark_session: "SparkSession") -> "SparkSession":
    return spark_session


def table_of(folder: Path) -> pa.Table:
    return pq.read_table(folder, partitioning=None).sort_by("account_id")


@pytest.mark.slow
def test_every_row_is_the_row_of_one_machine(
    scored: Scored, spark: "SparkSession", tmp_path: Path
) -> None:
    asked, bundle = scored.asked(every_point=True), scored.company.bundle
    alone = score_streamed(bundle, scored.source, asked, tmp_path / "alone")
    shared = score_spread(
        spark, bundle, spread(spark, scored.source), asked, str(tmp_path / "shared")
    )
    assert shared.run == alone.run
    found = table_of(tmp_path / "shared")
    assert found.equals(table_of(tmp_path / "alone"))
    assert found["score_id"].to_pylist() == [row["score_id"] for row in scored.rows]
    assert (tmp_path / "shared" / "_SUCCESS").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["alone", "shared"]
    again = score_spread(
        spark, bundle, spread(spark, scored.source), asked, str(tmp_path / "shared")
    )
    assert (again.new, again.run) == (False, shared.run)


def test_no_worker_imports_what_serving_does_not_need(
    scored: Scored, spark: "SparkSession"
) -> None:
    def modules(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for _ in batches:
            yield pa.record_batch({"name": sorted({name.split(".")[0] for name in sys.modules})})

    rows = spark.range(8).repartition(4).mapInArrow(modules, "name string").collect()
    found = {row["name"] for row in rows}
    assert "lightgbm" in found, "a worker of the test before answered"
    assert not found & {"mlflow", "shap", "evidently", "sqlalchemy", "sklearn"}


def test_a_folder_that_only_spark_reads_is_found_by_content_or_manifest(
    scored: Scored, spark: "SparkSession", tmp_path: Path
) -> None:
    (folder,) = {file.parent for file in scored.source.files}
    known = find_spread(spark, f"file:{folder}")
    assert (known.snapshot_id, known.rows) == (scored.source.snapshot_id, scored.source.rows)
    table = scored.snapshot.table
    pq.write_table(table.slice(50), tmp_path / "one.parquet")
    pq.write_table(table.slice(0, 50), tmp_path / "two.parquet")
    (tmp_path / "whole").mkdir()
    pq.write_table(table, tmp_path / "whole" / "data.parquet")
    parts = find_spread(spark, f"file:{tmp_path}")
    whole = find_spread(spark, f"file:{tmp_path / 'whole'}")
    assert parts.snapshot_id == whole.snapshot_id != known.snapshot_id
    assert parts.as_of == scored.source.as_of
    with pytest.raises(NotFoundError, match="Parquet at file:/nowhere"):
        find_spread(spark, "file:/nowhere")


def test_wrong_rows_are_refused_in_one_sentence_and_leave_no_result(
    scored: Scored, spark: "SparkSession", tmp_path: Path
) -> None:
    bundle, out = scored.company.bundle, tmp_path / "out"
    name = bundle.features[0].name
    genuine = spread(spark, scored.source)

    def changed(frame: object) -> Spread:
        return Spread(frame, genuine.snapshot_id, genuine.as_of, genuine.rows)  # type: ignore[arg-type]

    with pytest.raises(KenshinError, match=f"a column '{name}'"):
        score_spread(spark, bundle, changed(genuine.frame.drop(name)), scored.asked(), str(out))
    from pyspark.sql import functions as f

    spoilt = genuine.frame.withColumn(name, f.lit(float("inf")))
    with pytest.raises(KenshinError, match="Expected finite numbers in"):
        score_spread(spark, bundle, changed(spoilt), scored.asked(), str(out))
    assert not out.exists()
    out.mkdir()
    with pytest.raises(SettingsError, match="something else"):
        score_spread(spark, bundle, genuine, scored.asked(), str(out))


def test_the_command_scores_on_spark(scored: Scored, spark: "SparkSession", tmp_path: Path) -> None:
    config = scored.company.settings.root / "kenshin.toml"
    out = tmp_path / "scores"
    options = ["score", "--out", str(out), "--spark", "--reasons", "red", "--config", str(config)]
    done = CliRunner().invoke(app, options)
    assert f"Scored {scored.source.rows} accounts" in done.stdout, done.exception
    told = {row["band"] for row in table_of(out).to_pylist() if row["top_reasons"] is not None}
    assert told == {"red"}


def test_without_pyspark_the_refusal_says_what_to_install(
    scored: Scored, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(SettingsError, match="extra"), session(scored.company.settings):
        pass
