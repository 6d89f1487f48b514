"""What runs in Spark's Python workers: the bundle, verified and loaded once per process.

A worker needs Kenshin installed with numpy, pyarrow and lightgbm; it never opens the score store
and imports neither MLflow nor shap. Only bytes and plain values travel: the bundle's own files,
and what was asked.
"""

import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from serving.lean import import_lightgbm

if TYPE_CHECKING:
    from training.bundle import Bundle

Batches = Iterable[pa.RecordBatch]


def pack(folder: Path, archive: Path) -> None:
    """Write the files of a bundle to a zip file, to be sent with ``SparkContext.addFile``."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in sorted(folder.iterdir()):
            packed.write(file, file.name)


@lru_cache(maxsize=2)
def unpacked(archive: str) -> "Bundle":
    """Return the bundle of an archive that Spark brought, verified."""
    import_lightgbm()
    from pyspark import SparkFiles

    from training.bundle import load_bundle

    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(SparkFiles.get(archive)) as packed:
            packed.extractall(folder)
        return load_bundle(Path(folder))


def scorer(
    archive: str, asked: dict[str, Any], many: bool
) -> Callable[[Batches], Iterator[pa.RecordBatch]]:
    """Return what ``mapInArrow`` calls: scores of every batch of snapshot rows.

    Parameters
    ----------
    archive : str
        Name of the packed bundle among Spark's files.
    asked : dict
        The fields of `Asked`, ``as_of`` in ISO 8601.
    many : bool
        Whether a task has so many rows that `Bundle.hasten` is worth its second.
    """

    def scored(batches: Batches) -> Iterator[pa.RecordBatch]:
        bundle = unpacked(archive)
        from serving.batch.part import Asked, score_part

        given = Asked(**{**asked, "as_of": datetime.fromisoformat(asked["as_of"])})
        if given.reasons != "none":
            bundle.prepare()
        if many:
            bundle.hasten()
        for batch in batches:
            yield from score_part(bundle, given, pa.Table.from_batches([batch])).to_batches()

    return scored
