"""The Spark session of this process."""

import os
import sys
from typing import TYPE_CHECKING

from features.errors import SettingsError
from features.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_FIXED = {
    "spark.sql.session.timeZone": "UTC",
    # Canonical times carry no zone: TIMESTAMP is to mean that everywhere in our expressions.
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    # A number that overflows or is divided by zero is an error, not a null nobody asked for.
    "spark.sql.ansi.enabled": "true",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
}
_USUAL = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
}
_LOCAL = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.sql.shuffle.partitions": "8",
}


def session(settings: Settings) -> "SparkSession":
    """Return the Spark session that ``[spark]`` describes; a process has one at most.

    Raises
    ------
    SettingsError
        Where PySpark is not installed, Java is absent, or Spark refuses the options.
    """
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise SettingsError(
            'PySpark, which [data].engine = "spark" and `kenshin score --spark` need',
            "it is not installed",
            "Install kenshin with its extra: `uv tool install 'kenshin[spark]'`, and Java 17.",
        ) from None
    options = _USUAL | _local(settings) | settings.spark.config | _FIXED
    builder = SparkSession.builder.appName("kenshin").master(settings.spark.master)
    for option, value in options.items():
        builder = builder.config(option, value)
    try:
        found: SparkSession = builder.getOrCreate()
    except Exception as error:
        raise SettingsError(
            "Java 17 or later, and options under [spark] with which Spark starts",
            f"JAVA_HOME = {os.environ.get('JAVA_HOME')!r}, master = {settings.spark.master!r}: "
            f"{str(error).strip().splitlines()[0]}",
            "Install a Java runtime (Debian: openjdk-17-jre-headless), or mend [spark].",
        ) from None
    for option, value in _FIXED.items():
        found.conf.set(option, value)
    return found


def _local(settings: Settings) -> dict[str, str]:
    if not settings.spark.master.startswith("local"):
        return {}
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # its workers need what we need
    spill = settings.workspace.resolve() / "cache" / "spark"
    spill.mkdir(parents=True, exist_ok=True)
    return _LOCAL | {"spark.local.dir": str(spill), "spark.sql.warehouse.dir": str(spill)}
