"""Scoring on one machine in memory that does not grow with the number of accounts."""

from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.progress import Progress
from serving.batch import result
from serving.batch.part import MANY_ROWS, SCHEMA, Asked, score_part
from serving.batch.source import Source

if TYPE_CHECKING:
    from training.bundle import Bundle

ROWS_AT_ONCE = 10_000
"""Rows of one part; so many rows of 150 features are 12 MB, and their points as much again."""

PARTS_A_FILE = 20


def score_streamed(
    bundle: "Bundle",
    source: Source,
    asked: Asked,
    out: Path,
    threads: int = 1,
    rows_at_once: int = ROWS_AT_ONCE,
    progress: Progress = lambda what, done, steps: None,
) -> result.Result:
    """Score a snapshot part by part into a folder of Parquet, which appears whole or not at all.

    Parameters
    ----------
    threads : int
        Parts scored side by side.
    rows_at_once : int
        Rows of one part.

    Raises
    ------
    SettingsError
        Where ``out`` holds anything but the same run.
    KenshinError
        Where the rows are not what the model reads.
    """
    before = result.found(out, asked)
    if before is not None:
        return before
    if asked.reasons != "none":
        bundle.prepare()
    if source.rows >= MANY_ROWS:
        bundle.hasten()
    unfinished = result.staging(out, asked)
    unfinished.mkdir(parents=True, exist_ok=True)
    parts, done = source.parts(rows_at_once), 0
    bands: Counter[str] = Counter()
    with ThreadPoolExecutor(max_workers=threads) as pool:
        for number, group in enumerate(_groups(parts)):
            file = unfinished / f"part-{number:05d}.parquet"
            scored = _scored(pool, bundle, asked, group, threads)
            for rows in _kept(group) if file.exists() else _written(file, scored):
                done += rows
                progress("scoring accounts", done, source.rows)
            bands += _by_band(file)
    return result.finish(unfinished, out, result.document(bundle, asked, bands))


def _groups(parts: Iterator[pa.Table]) -> Iterator[Iterator[pa.Table]]:
    """Yield the parts of one file after the other; each must be used up before the next."""
    for first in parts:
        yield chain([first], islice(parts, PARTS_A_FILE - 1))


def _scored(
    pool: ThreadPoolExecutor,
    bundle: "Bundle",
    asked: Asked,
    parts: Iterator[pa.Table],
    ahead: int,
) -> Iterator[pa.Table]:
    """Yield the scores of the parts in their order, ``ahead`` of them being computed meanwhile."""
    pending: deque[Future[pa.Table]] = deque()
    for part in parts:
        pending.append(pool.submit(score_part, bundle, asked, part))
        if len(pending) > ahead:
            yield pending.popleft().result()
    while pending:
        yield pending.popleft().result()


def _written(file: Path, scored: Iterator[pa.Table]) -> Iterator[int]:
    """Write a file that appears whole or not at all; yield the rows of each part."""
    partial = file.with_name(f"_{file.name}")
    with pq.ParquetWriter(partial, SCHEMA, compression="zstd") as writer:
        for part in scored:
            writer.write_table(part)
            yield part.num_rows
    partial.replace(file)


def _kept(parts: Iterator[pa.Table]) -> Iterator[int]:
    """Pass over parts that a killed run had finished; yield the rows of each."""
    for part in parts:
        yield part.num_rows


def _by_band(file: Path) -> Counter[str]:
    counted = pc.value_counts(pq.read_table(file, columns=["band"], partitioning=None)["band"])
    return Counter({entry["values"]: entry["counts"] for entry in counted.to_pylist()})
