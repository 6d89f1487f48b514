"""Scoring on Spark: the same part function in the workers, the same bundle, the same scores."""

import hashlib
import json
import re
import tempfile
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from features.errors import KenshinError, NotFoundError
from serving.batch import result, worker
from serving.batch.part import MANY_ROWS, SCHEMA, Asked, require_instant
from serving.batch.session import Storage
from serving.batch.source import Source

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from training.bundle import Bundle

ROWS_A_TASK = 50_000
"""Rows of one task and so of one file: with reasons some minutes of one core."""


@dataclass(frozen=True)
class Spread:
    """A snapshot as Spark reads it: the data frame, its name and its instant."""

    frame: "DataFrame"
    snapshot_id: str
    as_of: datetime
    rows: int


def spread(spark: "SparkSession", source: Source) -> Spread:
    """Return a snapshot on a disk that the driver and all workers see."""
    paths = [f"file:{file.resolve()}" for file in source.files]
    frame = spark.read.parquet(*paths)
    return Spread(frame, source.snapshot_id, source.as_of, source.rows)


def find_spread(spark: "SparkSession", path: str, as_of: datetime | None = None) -> Spread:
    """Return the snapshot in a folder that only Spark reads (``hdfs://…``, ``s3a://…``).

    Its name is that of the ``manifest.json`` beside the files, else one by content of Spark's own
    that does not depend on the order of rows.

    Raises
    ------
    NotFoundError
        Where there is no snapshot.
    KenshinError
        Where rows are of several instants or of another than ``as_of``.
    """
    from pyspark.errors import PySparkException

    try:
        frame = spark.read.option("pathGlobFilter", "*.parquet").parquet(path)
    except PySparkException as error:
        raise NotFoundError(
            f"Parquet at {path}", _first_line(error), "Name the folder of a snapshot."
        ) from None
    if not {"account_id", "as_of"} <= set(frame.columns):
        raise NotFoundError(
            "a snapshot with account_id and as_of",
            f"columns {', '.join(frame.columns[:5])} at {path}",
            "Name the folder of a snapshot.",
        )
    instants = [row[0] for row in frame.select("as_of").distinct().limit(5).collect()]
    storage, said = Storage(spark), f"{path.rstrip('/')}/manifest.json"
    known = json.loads(storage.read(said))["snapshot_id"] if storage.exists(said) else None
    name, rows = _content(frame)
    return Spread(frame, known or name, require_instant(instants, as_of), rows)


def score_spread(
    spark: "SparkSession", bundle: "Bundle", snapshot: Spread, asked: Asked, out: str
) -> result.Result:
    """Score a snapshot on Spark into a folder of Parquet, which appears whole or not at all.

    Raises
    ------
    SettingsError
        Where ``out`` holds anything but the same run.
    KenshinError
        Where the rows are not what the model reads.
    """
    storage, out = Storage(spark), out.rstrip("/")
    if storage.exists(out):
        done = storage.exists(f"{out}/{result.DONE}")
        written = storage.read(f"{out}/{result.RUN}") if done else ""
        return result.same_run(out, written, asked)
    _require_columns(bundle, snapshot.frame)
    parent, slash, name = out.rpartition("/")
    unfinished = f"{parent}{slash}{result.staging_name(name, asked)}"
    _write(spark, bundle, snapshot, asked, unfinished)
    counted = spark.read.parquet(unfinished).groupBy("band").count().collect()
    bands = {row["band"]: row["count"] for row in counted}
    run = result.document(bundle, asked, bands)
    storage.write(f"{unfinished}/{result.RUN}", result.text(run))
    if storage.exists(out) or not storage.rename(unfinished, out):
        storage.remove(unfinished)
        raise result.appeared(out)
    return result.Result(out, run, new=True)


def _write(
    spark: "SparkSession", bundle: "Bundle", snapshot: Spread, asked: Asked, to: str
) -> None:
    from pyspark.errors import PythonException
    from pyspark.sql.pandas.types import from_arrow_schema

    plain = {**asdict(asked), "as_of": asked.as_of.isoformat()}
    tasks = max(spark.sparkContext.defaultParallelism, -(-snapshot.rows // ROWS_A_TASK))
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / f"bundle-{bundle.version}-{bundle.manifest['seal'][:16]}.zip"
        worker.pack(bundle.folder, archive)
        spark.sparkContext.addFile(str(archive))
        scored = snapshot.frame.repartition(tasks, "account_id").mapInArrow(
            worker.scorer(archive.name, plain, snapshot.rows // tasks >= MANY_ROWS),
            from_arrow_schema(SCHEMA, prefer_timestamp_ntz=True),
        )
        try:
            scored.write.mode("overwrite").option("compression", "zstd").parquet(to)
        except PythonException as error:
            raise _ours(error) from None


def _require_columns(bundle: "Bundle", frame: "DataFrame") -> None:
    """Refuse before any worker starts what has not the model's columns."""
    from pyspark.sql.pandas.types import to_arrow_schema

    bundle.encode(to_arrow_schema(frame.schema).empty_table())


def _ours(error: Exception) -> Exception:
    """Return a worker's refusal as the refusal it is; anything else as it came."""
    said = re.search(r"Error: Expected (.*?); found (.*?)\. ([^\n]*)", str(error), re.DOTALL)
    return error if said is None else KenshinError(*said.groups())


def _content(frame: "DataFrame") -> tuple[str, int]:
    """Return a name by content, whatever the order of rows, and the number of rows."""
    from pyspark.sql import functions as f

    hashed = f.xxhash64(*[f.col(f"`{name}`") for name in frame.columns])
    total = f.sum(hashed.cast("decimal(20,0)")).alias("total")
    row = frame.agg(total, f.count(f.lit(1)).alias("rows")).collect()[0]
    named = "|".join([frame.schema.simpleString(), str(row["total"]), str(row["rows"])])
    return hashlib.sha256(named.encode()).hexdigest()[:16], row["rows"]


def _first_line(error: BaseException) -> str:
    return str(error).strip().split("\n", 1)[0]
