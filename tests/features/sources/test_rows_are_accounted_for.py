"""Whatever is in a file, every row of it is either kept or in the quarantine file."""

import tempfile
from pathlib import Path
from typing import Any

import duckdb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.sources import examine
from tests.builders.company_files import NOW, company, only

TIMES = st.sampled_from(
    ["2025-05-01", "2025-05-01T10:00", "", "never", "1900-01-01", "2199-12-31", "2024-01-01", " "]
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "account_id": st.sampled_from(["a01", "a02", "zz", "", " a03 ", 'a"b', "a,b", "a\nb"]),
            "occurred_at": TIMES,
            "event": st.one_of(st.sampled_from(["login", ""]), st.text("ab\"',;\n日 ", max_size=4)),
            "quantity": st.sampled_from(["1", "-1", "x", "", "1e400", "nan"]),
        }
    ),
    min_size=1,
    max_size=30,
)


@given(ROWS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_rows_read_are_rows_kept_and_rows_quarantined(rows: list[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        tables = only("events")
        tables["events"] = rows
        found = examine(company(Path(folder), tables), now=NOW)
        report = found.report
        kept = 0
        if "events" in found.tables:
            kept = found.tables["events"].count().to_pyarrow().as_py()
        out = 0
        if "events" in report.quarantine_files:
            file = str(report.quarantine_files["events"])
            [(out, named)] = duckdb.execute(
                "SELECT count(*), count(violation) FILTER (WHERE violation <> '') "
                "FROM read_parquet(?)",
                [file],
            ).fetchall()
            assert named == out
        assert report.rows_read["events"] == len(rows)
        assert report.rows_kept["events"] == kept
        assert report.rows_quarantined("events") == out
        assert kept + out == len(rows)
