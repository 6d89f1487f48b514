"""A CSV is read back as it was meant, and nothing in it is taken for a formula."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.spreadsheet import BYTE_ORDER_MARK, as_csv, csv_parts, safe

ACTIVE = ["=1", "+1", "-1", "@x", "\tx", "\rx", "\nx", "\0x", "＝1", "＋1", "－1", "＠x"]


@pytest.mark.parametrize("text", [*ACTIVE, *(f"{gap}=1" for gap in " \u3000\u00a0\ufeff\u200b")])
def test_text_like_a_formula_is_disarmed(text: str) -> None:
    assert safe(text) == f"'{text}"


@pytest.mark.parametrize(
    "cell", [-1, -2.5, 0, None, "plain", "", "a=1", "株式会社＝", "2026-11-20"]
)
def test_numbers_and_plain_text_stay(cell: str | float | None) -> None:
    assert safe(cell) == cell


def rows_of(text: str) -> list[list[str]]:
    assert text.startswith(BYTE_ORDER_MARK)
    return list(csv.reader(io.StringIO(text.removeprefix(BYTE_ORDER_MARK), newline="")))


_TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@given(st.lists(st.tuples(_TEXTS, st.floats(allow_nan=False)), max_size=5))
def test_every_row_comes_back(rows: list[tuple[str, float]]) -> None:
    found = rows_of(as_csv(("name", "number"), rows))
    assert found[0] == ["name", "number"]
    for (name, number), (told, written) in zip(rows, found[1:], strict=True):
        assert told == safe(name)
        assert float(written) == number


@given(st.lists(st.lists(st.tuples(_TEXTS, st.integers()), max_size=3), max_size=4))
def test_parts_make_the_same_table_as_the_whole(batches: list[list[tuple[str, int]]]) -> None:
    whole = as_csv(("a", "b"), [row for batch in batches for row in batch])
    assert "".join(csv_parts(("a", "b"), batches)) == whole
