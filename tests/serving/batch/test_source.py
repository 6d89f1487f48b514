"""A snapshot's rows come in parts of one size, whatever its files, and few of them at a time."""

from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from serving.batch import machine, score_streamed
from serving.batch.source import Source
from tests.builders.batch import Scored
from training.bundle import ModelBundle, load_bundle
from training.tree_shap import Margins


def source(*files: Path) -> Source:
    rows = sum(pq.read_metadata(file).num_rows for file in files)
    return Source(files, "snapshot", datetime(2026, 11, 1), rows, pq.read_schema(files[0]))


def written(file: Path, rows: int, group: int) -> pa.Table:
    random = np.random.default_rng(rows)
    table = pa.table({"account_id": [f"a{i}" for i in range(rows)], "x": random.normal(size=rows)})
    pq.write_table(table, file, row_group_size=group)
    return table


@pytest.mark.parametrize("group", [1, 9, 20, 33, 100])
@pytest.mark.parametrize("size", [7, 20, 99, 100, 101])
def test_parts_do_not_depend_on_row_groups(tmp_path: Path, group: int, size: int) -> None:
    first = written(tmp_path / "a.parquet", 100, group)
    second = written(tmp_path / "b.parquet", 50, group)
    parts = list(source(tmp_path / "a.parquet", tmp_path / "b.parquet").parts(size))
    lengths = [min(size, rows - at) for rows in (100, 50) for at in range(0, rows, size)]
    assert [part.num_rows for part in parts] == lengths
    assert all(part.column("x").num_chunks == 1 for part in parts)
    assert pa.concat_tables(parts).combine_chunks() == pa.concat_tables([first, second])


def test_a_file_without_rows_has_no_parts(tmp_path: Path) -> None:
    written(tmp_path / "a.parquet", 0, 10)
    assert list(source(tmp_path / "a.parquet").parts(10)) == []


def test_what_was_read_is_let_go(tmp_path: Path) -> None:
    written(tmp_path / "a.parquet", 400_000, 10_000)
    size, before = (tmp_path / "a.parquet").stat().st_size, pa.total_allocated_bytes()
    held = [
        pa.total_allocated_bytes() - before for _ in source(tmp_path / "a.parquet").parts(5_000)
    ]
    assert len(held) == 80
    assert max(held) < size / 4


@pytest.mark.parametrize(("least", "hastened"), [(1, True), (10**9, False)])
def test_our_own_sum_of_trees_is_loaded_only_for_many_rows(
    scored: Scored,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    least: int,
    hastened: bool,
) -> None:
    genuine, asked = Margins.of_rows, list[int]()

    def counted(self: Margins, matrix: np.ndarray, threads: int = 1) -> np.ndarray:
        asked.append(len(matrix))
        return genuine(self, matrix, threads)

    monkeypatch.setattr(Margins, "of_rows", counted)
    monkeypatch.setattr(machine, "MANY_ROWS", least)
    bundle = load_bundle(scored.company.bundle.folder)
    assert isinstance(bundle, ModelBundle)
    score_streamed(bundle, scored.source, scored.asked(reasons="none"), tmp_path / "out")
    assert (len(asked) > 1) is hastened
    found = pq.read_table(tmp_path / "out", partitioning=None)["churn_probability"].to_pylist()
    assert found == [row["churn_probability"] for row in scored.rows]
