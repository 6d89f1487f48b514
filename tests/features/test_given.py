"""Small tables given from Python to a query: what comes out is what went in, without pandas."""

import subprocess
import sys
from datetime import datetime

import ibis
import numpy as np
import pyarrow as pa
from hypothesis import given as drawn
from hypothesis import strategies as st

from features.given import given

INTEGERS = st.integers(-(2**63), 2**63 - 1)
INSTANTS = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31))


@drawn(st.lists(st.tuples(INTEGERS, INSTANTS, st.text()), max_size=20))
def test_numbers_instants_and_texts_come_back_as_they_were_given(
    rows: list[tuple[int, datetime, str]],
) -> None:
    table = given(
        number=[row[0] for row in rows],
        instant=[row[1] for row in rows],
        name=[row[2] for row in rows],
    )
    found = table.op().data.to_pyarrow(table.op().schema)
    found.validate(full=True)
    assert [tuple(row.values()) for row in found.to_pylist()] == rows


def test_a_query_reads_it_as_it_reads_any_table() -> None:
    con = ibis.duckdb.connect()
    table = given(day=np.array([3, 1, 2]), name=["ウ", "ア", "イ"])
    assert con.to_pyarrow(table.order_by("day"))["name"].to_pylist() == ["ア", "イ", "ウ"]
    assert table.schema().to_pyarrow().types == [pa.int64(), pa.string()]


def test_nothing_of_pandas_is_imported_for_it() -> None:
    code = (
        "import sys; from features.given import given; given(c=[1]); print('pandas' in sys.modules)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "False"
