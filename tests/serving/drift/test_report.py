import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from serving.drift import report
from serving.drift.evidently_page import framed
from serving.drift.observed import observe
from serving.drift.report import OTHER, PAGE_ROWS, Drawing, ReportError, drawing, write_report
from tests.builders.drift import Columns, chances_of, features_of, profile_of, table_of, world

PAYLOAD = "<script>alert(1)</script>&<img src=x onerror=alert(2)>"


def drawn(before: Columns, now: pa.Table | Columns) -> Drawing:
    table = now if isinstance(now, pa.Table) else table_of(now)
    features = features_of(before)
    scores = chances_of(table.num_rows, seed=1)
    return drawing(observe(table, features), scores, features, profile_of(before))


def column(made: Drawing, name: str) -> dict[str, Any]:
    return next(c for c in made.columns if c["name"] == name)


def test_markup_in_names_and_values_is_replaced_before_anyone_draws_it() -> None:
    before = world(1, 300) | {"x<b>&": np.arange(300.0), "tag": [PAYLOAD, "plain", "a&b"] * 100}
    made = drawn(before, before)
    text = repr(made.columns)
    assert "x‹b›＆" in [c["name"] for c in made.columns]
    assert not set("<>&") & set(text)


def test_at_most_ten_thousand_rows_are_drawn_and_always_the_same() -> None:
    before, now = world(1, 3_000), world(2, PAGE_ROWS + 5)
    made = drawn(before, now)
    assert made.rows_now == PAGE_ROWS == len(column(made, "count")["now"])
    assert made.rows_before == 2_000 == len(column(made, "count")["before"])
    assert drawn(before, now) == made


def test_what_cannot_be_drawn_is_left_out_and_named() -> None:
    before = world(1, 300) | {"empty_before": np.full(300, np.nan)}
    now = world(2, 300) | {"empty_before": np.ones(300)}
    now |= {"count": np.full(300, np.nan), "normal_0": ["text"] * 300, "change": pa.nulls(300)}
    now["lognormal"] = np.full(300, np.inf)
    del now["industry"]
    made = drawn(before, now)
    assert made.left_out == {
        "count": "no values now",
        "normal_0": "no values now",
        "change": "no values now",
        "lognormal": "no values now",
        "industry": "no values now",
        "empty_before": "no values in the reference",
    }
    assert {c["name"] for c in made.columns} >= {"churn_probability", "plan", "pareto"}


def test_a_single_infinite_value_is_missing() -> None:
    now = world(2, 300)
    now["count"][7] = np.inf
    assert column(drawn(world(1, 300), now), "count")["now"][7] is None


def test_rare_categories_are_drawn_together() -> None:
    before = world(1, 1_000) | {"city": [f"city {i % 200}" for i in range(1_000)]}
    values = column(drawn(before, before), "city")["now"]
    assert len(set(values)) == report.MOST_VALUES + 1
    assert OTHER in values


def test_an_empty_snapshot_leaves_nothing_to_draw(tmp_path: Path) -> None:
    made = drawn(world(1, 300), table_of(world(2, 10)).slice(0, 0))
    with pytest.raises(ReportError, match="at least one column"):
        write_report(made, "heading", tmp_path / "page.html")
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_fails_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(ReportError, match="no message"):
        write_report(drawn(world(1, 50), world(2, 50)), "heading", tmp_path / "page.html")
    assert list(tmp_path.iterdir()) == []


def test_the_heading_is_escaped_and_the_page_reaches_nothing_outside() -> None:
    page = framed("<html><head></head><body><div></div></body></html>", "5 < 6 & 7")
    assert "5 &lt; 6 &amp; 7" in page
    assert "default-src 'none'" in page.split("</head>")[0]


@pytest.mark.scale  # tests/serving/commands/test_drift.py has one drawn in `make test`
def test_evidently_draws_every_odd_column_in_a_process_of_its_own(tmp_path: Path) -> None:
    before = world(1, 400) | {"tag": [PAYLOAD, "plain"] * 200, "x<b>": np.arange(400.0)}
    now = world(2, 400) | {"tag": [PAYLOAD] * 400, "x<b>": np.zeros(400)}
    now["rating"] = np.append(np.full(399, np.nan), 7.0)
    path = tmp_path / "reports" / "drift.html"
    write_report(drawn(before, now), "Kenshin's verdict: <watch>", path)
    page = path.read_text(encoding="utf-8")
    assert "&lt;watch&gt;" in page
    assert "<img src=x" not in page
    assert "<script>alert(1)" not in page
    assert "\\u2039script\\u203aalert(1)" in page  # evidently writes ASCII
    assert "mostly_zero" in page
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.slow
def test_the_verdict_never_imports_evidently() -> None:
    code = (
        "import sys; import serving.drift.verdict, serving.drift.report, serving.drift.console, "
        "serving.commands.drift; "
        "print([m for m in ('evidently', 'pandas', 'plotly') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
