"""Many small segments made into one, without reading a source file."""

import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import duckdb

from features.digests.digesting import firsts
from features.digests.rollups import rolled_up
from features.digests.segment import ORDER, PARTS, Found, Segment
from features.digests.shelf import Shelf
from features.disk import flush
from features.sources.connection import copy_to, text

SMALL_ROWS = 2_000_000
"""Segments of fewer rows are made into one when there are many."""
MANY = 24


def begun(shelf: Path) -> Path:
    """Return a new folder for a segment that nobody reads yet."""
    folder = shelf / f".unfinished-{uuid.uuid4().hex[:16]}"
    folder.mkdir()
    return folder


def settled(segment: Segment) -> Segment:
    """Return the segment written whole and under the name by which it will be read."""
    segment.save()
    with ThreadPoolExecutor() as together:  # The disk takes several at once.
        list(together.map(flush, segment.folder.iterdir()))
    folder = segment.folder.with_name(segment.name.removeprefix(".unfinished-"))
    segment.folder.rename(folder)
    return replace(segment, folder=folder)


def compacted(con: duckdb.DuckDBPyConnection, shelf: Shelf) -> Shelf:
    """Return the shelf with its small segments in one, where there are many."""
    small = [segment for segment in shelf.segments if segment.rows < SMALL_ROWS]
    if len(small) <= MANY or len({segment.signature for segment in small}) > 1:
        return shelf
    folder = begun(shelf.folder)
    begins = _begins(small)
    for part in PARTS:
        query = _together(small, shelf.gone, begins, part, "file")
        copy_to(con, f"SELECT * FROM ({query}) {ORDER[part]}", folder / f"{part}.parquet")
    firsts(con, folder)
    every = rolled_up(con, folder)
    for part, column in (("rejected", '"file of the row"'), ("unread", "file")):
        having = [segment for segment in small if segment.part(part).exists()]
        if having:
            query = _together(having, shelf.gone, begins, part, column)
            copy_to(con, query, folder / f"{part}.parquet")
    whole = Segment(
        folder,
        dict(kind for segment in small for kind in segment.columns.items()),
        tuple(_renumbered(small, shelf.gone, begins)),
        tuple(sorted({event for segment in small for event in segment.events})),
        small[0].signature,
        every,
    )
    large = [segment for segment in shelf.segments if segment not in small]
    gone = {s.name: shelf.gone[s.name] for s in large if s.name in shelf.gone}
    return Shelf(shelf.folder, (*large, settled(whole)), gone)


def _begins(segments: Sequence[Segment]) -> dict[str, int]:
    """Return by segment how much is added to the numbers of its files."""
    found: dict[str, int] = {}
    at = 0
    for segment in segments:
        found[segment.name] = at
        at += max(one.number for one in segment.found) + 1
    return found


def _together(
    segments: Sequence[Segment],
    gone: dict[str, list[int]],
    begins: dict[str, int],
    part: str,
    column: str,
) -> str:
    queries = []
    for segment in segments:
        out = ", ".join(map(str, gone.get(segment.name, []))) or "-1"
        queries.append(
            f"SELECT * REPLACE (CAST({column} + {begins[segment.name]} AS INTEGER) AS {column}) "
            f"FROM read_parquet({text(str(segment.part(part)))}) WHERE {column} NOT IN ({out})"
        )
    return " UNION ALL BY NAME ".join(queries)


def _renumbered(
    segments: Sequence[Segment], gone: dict[str, list[int]], begins: dict[str, int]
) -> list[Found]:
    return [
        replace(one, number=one.number + begins[segment.name])
        for segment in segments
        for one in segment.found
        if one.number not in gone.get(segment.name, ())
    ]
