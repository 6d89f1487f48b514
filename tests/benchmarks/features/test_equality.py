from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.features.equality import compare

COLUMNS = ("account_id", "mrr", "plan")


def snapshot(folder: Path, name: str, **changed: list[object]) -> Path:
    columns: dict[str, list[object]] = {
        "account_id": ["a", "b", "c"],
        "mrr": [3.0, 1 / 3, None],
        "plan": ["Pro", None, "Basic"],
    }
    path = folder / f"{name}.parquet"
    pq.write_table(pa.table(columns | changed), path)
    return path


@pytest.fixture
def reference(tmp_path: Path) -> Path:
    return snapshot(tmp_path, "reference")


def test_the_same_cells_are_equal(reference: Path, tmp_path: Path) -> None:
    found = compare(snapshot(tmp_path, "same"), reference, COLUMNS)
    assert found.equal
    assert found.cells == 9


def test_a_float_may_differ_by_a_billionth(reference: Path, tmp_path: Path) -> None:
    near = snapshot(tmp_path, "near", mrr=[3.0, 1 / 3 * (1 + 1e-12), None])
    assert compare(near, reference, COLUMNS).equal


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("mrr", [4.0, 1 / 3, None]),
        ("mrr", [3.0, 1 / 3 * (1 + 1e-6), None]),
        ("mrr", [3.0, 1 / 3, 0.0]),
        ("mrr", [None, 1 / 3, None]),
        ("plan", ["Pro", None, "Starter"]),
        ("plan", ["Pro", "", "Basic"]),
        ("account_id", ["a", "b", "d"]),
    ],
)
def test_one_changed_cell_is_found(
    column: str, values: list[object], reference: Path, tmp_path: Path
) -> None:
    other = snapshot(tmp_path, "other", **{column: values})
    assert compare(other, reference, COLUMNS).different == {column: 1}


def test_whole_numbers_must_be_the_same_however_large(tmp_path: Path) -> None:
    large = snapshot(tmp_path, "large", mrr=[1e12, 2e12, 3e12])
    other = snapshot(tmp_path, "other", mrr=[1e12 + 1, 2e12, 3e12])
    assert compare(other, large, COLUMNS).different == {"mrr": 1}


def test_a_missing_row_is_found(reference: Path, tmp_path: Path) -> None:
    shorter = tmp_path / "shorter.parquet"
    pq.write_table(pq.read_table(reference).slice(1), shorter)
    assert compare(shorter, reference, COLUMNS).different == {"rows": 1}


def test_an_absent_column_is_found(reference: Path, tmp_path: Path) -> None:
    without = tmp_path / "without.parquet"
    pq.write_table(pq.read_table(reference).drop_columns("plan"), without)
    assert compare(without, reference, COLUMNS).different == {"plan": 3}
