"""The Spark session of a batch, and the file system that Spark writes to."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from features.errors import SettingsError
from features.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


class SparkMissingError(SettingsError):
    """Spark is asked for where it cannot run."""

    slug = "spark"
    title = "Spark cannot be started"


@contextmanager
def session(settings: Settings) -> Iterator["SparkSession"]:
    """Yield the Spark session of ``[spark]``; one that runs already is used and left running.

    Raises
    ------
    SparkMissingError
        Where the extra ``spark`` or Java is not installed, or Spark does not start.
    """
    spark_session = _require_spark()
    running = spark_session.getActiveSession()
    if running is not None:
        yield running
        return
    started = _started(spark_session, settings)
    try:
        yield started
    finally:
        started.stop()


def _require_spark() -> type["SparkSession"]:
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise SparkMissingError(
            "PySpark, to score on Spark",
            "it is not installed",
            "Install the extra: pip install 'kenshin[spark]'; without --spark one machine scores "
            "in bounded memory.",
        ) from None
    home = os.environ.get("JAVA_HOME")
    java = Path(home) / "bin" / "java" if home else shutil.which("java")
    if java is None or not Path(java).exists():
        raise SparkMissingError(
            "Java 17, which Spark runs on",
            "no java" if home is None else f"none in JAVA_HOME={home}",
            "Install it (Debian: apt-get install openjdk-17-jre-headless), or score without "
            "--spark.",
        )
    return SparkSession


def _started(spark_session: type["SparkSession"], settings: Settings) -> "SparkSession":
    from pyspark.errors import PySparkException

    master = settings.spark.master
    if master.startswith("local"):
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = spark_session.Builder().master(master).appName("kenshin score")
    own = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.session.timeZone": "UTC",
    }
    for name, value in (own | settings.spark.config).items():
        builder = builder.config(name, value)
    try:
        started = builder.getOrCreate()
    except (PySparkException, OSError) as error:
        raise SparkMissingError(
            f"a Spark that starts at [spark].master = {master!r}",
            str(error).strip().split("\n", 1)[0],
            "Correct [spark] in the settings, or score without --spark.",
        ) from None
    started.sparkContext.setLogLevel("ERROR")
    return started


class Storage:
    """Files as Spark sees them: local disks, HDFS, object stores."""

    def __init__(self, spark: "SparkSession") -> None:
        self._jvm: Any = spark._jvm
        self._configuration: Any = spark._jsc.hadoopConfiguration()

    def exists(self, path: str) -> bool:
        """Return whether there is a file or folder."""
        at, files = self._at(path)
        return bool(files.exists(at))

    def read(self, path: str) -> str:
        """Return the text of a small file."""
        at, files = self._at(path)
        stream = files.open(at)
        try:
            return str(self._jvm.org.apache.commons.io.IOUtils.toString(stream, "UTF-8"))
        finally:
            stream.close()

    def write(self, path: str, text: str) -> None:
        """Write the text of a small file."""
        at, files = self._at(path)
        stream = files.create(at, True)
        stream.write(bytearray(text.encode()))
        stream.close()

    def rename(self, path: str, to: str) -> bool:
        """Rename a folder; return whether that was done."""
        at, files = self._at(path)
        return bool(files.rename(at, self._at(to)[0]))

    def remove(self, path: str) -> None:
        """Remove a folder and all in it."""
        at, files = self._at(path)
        files.delete(at, True)

    def _at(self, path: str) -> tuple[Any, Any]:
        at = self._jvm.org.apache.hadoop.fs.Path(path)
        return at, at.getFileSystem(self._configuration)
