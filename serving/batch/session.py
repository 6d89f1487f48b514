"""The Spark session of a batch, and the file system that Spark writes to."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from features.engines.spark_session import session as started
from features.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@contextmanager
def session(settings: Settings) -> Iterator["SparkSession"]:
    """Yield the Spark session of ``[spark]``; one that runs already is used and left running.

    Raises
    ------
    SettingsError
        Where the extra ``spark`` or Java is not installed, or Spark does not start.
    """
    running = _running()
    if running is not None:
        yield running
        return
    own = started(settings)
    try:
        yield own
    finally:
        own.stop()


def _running() -> "SparkSession | None":
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        return None
    return SparkSession.getActiveSession()


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
