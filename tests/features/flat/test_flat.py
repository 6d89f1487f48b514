"""A flat feature table: its rows, its columns, and what makes neither."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.checks import CheckReport
from features.errors import SettingsError, TableError
from features.flat import FlatTable, examine_flat, load_flat
from features.settings import Settings, load_settings
from tests.builders.company_files import write_csv

Row = dict[str, Any]


def rows() -> list[Row]:
    """Return sixty sound rows; every third account has left."""
    return [
        {
            "id": f"c{n:02d}",
            "Churn": "Yes" if n % 3 == 0 else "No",
            "tenure": n % 17,
            "plan": ("basic", "pro")[n % 2],
            "fee": 10.5 + n % 5,
        }
        for n in range(60)
    ]


def table(folder: Path, given: list[Row], extra: str = "") -> Settings:
    write_csv(folder / "flat.csv", given)
    (folder / "kenshin.toml").write_text(
        f'[flat]\nfile = "flat.csv"\naccount_id = "id"\nlabel = "Churn"\n{extra}'
    )
    return load_settings(folder / "kenshin.toml")


def report(folder: Path, given: list[Row], extra: str = "") -> CheckReport:
    return examine_flat(table(folder, given, extra)).report


def names(flat: FlatTable) -> list[str]:
    return [feature.name for feature in flat.features]


def test_a_sound_table_gives_features_facts_and_labels(tmp_path: Path) -> None:
    flat = load_flat(table(tmp_path, rows(), 'plan = "plan"\nmrr = "fee"\n'))
    assert flat.report.violations == ()
    assert [(f.name, f.kind) for f in flat.features] == [
        ("tenure", "number"),
        ("plan", "category"),
        ("fee", "number"),
    ]
    first = flat.table.slice(0, 1).to_pylist()[0]
    assert first["account_id"] == "c00"
    assert (first["as_of"], first["churned"]) == (None, True)
    assert (first["fact_plan"], first["fact_mrr"], first["fact_name"]) == ("basic", 10.5, None)
    assert flat.table.schema.field("tenure").type == pa.float64()
    assert flat.table.schema.field("plan").type == pa.string()


def test_a_duplicate_id_is_kept_out(tmp_path: Path) -> None:
    found = report(tmp_path, [*rows(), rows()[7]])
    [violation] = found.of("K104")
    assert (violation.rows, violation.example_row, violation.example_value) == (1, 62, "c07")
    assert (found.rows_read["flat"], found.rows_kept["flat"]) == (61, 60)


def test_the_same_id_at_another_time_is_no_duplicate(tmp_path: Path) -> None:
    twice = [{**row, "day": day} for day in ("2025-01-01", "2025-02-01") for row in rows()]
    flat = load_flat(table(tmp_path, twice, 'as_of = "day"\n'))
    assert flat.report.violations == ()
    assert flat.table["as_of"].to_pylist()[0].isoformat() == "2025-01-01T00:00:00"


@pytest.mark.parametrize(
    ("value", "code"), [("soon", "K102"), ("", "K103"), ("1900-01-01", "K201")]
)
def test_a_row_without_a_possible_time_is_kept_out(value: str, code: str, tmp_path: Path) -> None:
    given = [{**row, "day": "2025-01-01"} for row in rows()]
    given[0]["day"] = value
    found = report(tmp_path, given, 'as_of = "day"\n')
    assert [v.code for v in found.violations] == [code]
    assert found.rows_quarantined("flat") == 1


def test_a_label_that_is_neither_word_is_kept_out(tmp_path: Path) -> None:
    given = rows()
    given[4]["Churn"] = "Perhaps"
    found = report(tmp_path, given)
    [violation] = found.of("K601")
    assert violation.example_value == "Perhaps"
    assert found.rows_quarantined("flat") == 1


def test_a_row_without_label_is_kept_and_unknown(tmp_path: Path) -> None:
    given = rows()
    given[0]["Churn"] = ""
    flat = load_flat(table(tmp_path, given))
    assert flat.table["churned"].to_pylist()[0] is None
    assert [v.code for v in flat.report.violations] == ["K602"]


def test_other_words_for_the_label_are_settings(tmp_path: Path) -> None:
    given = [{**row, "Churn": "gone" if row["Churn"] == "Yes" else "here"} for row in rows()]
    words = 'churned_values = ["gone"]\nstayed_values = ["HERE"]\n'
    flat = load_flat(table(tmp_path, given, words))
    assert sum(flat.table["churned"].to_pylist()) == 20


@pytest.mark.parametrize(
    ("column", "values", "code"),
    [
        ("empty", lambda n, left: "", "K603"),
        ("unknown", lambda n, left: "N/A", "K603"),
        ("constant", lambda n, left: "same", "K604"),
        ("note", lambda n, left: f"text {n}", "K605"),
        ("churn_reason", lambda n, left: "price" if n % 5 else "other", "K401"),
        ("exit_talk", lambda n, left: f"talk {n % 2}" if left else "", "K402"),
        ("copy", lambda n, left: "gone" if left else "here", "K403"),
        ("number", lambda n, left: n if left else 100 + n, "K403"),
    ],
)
def test_a_column_of_no_use_is_named_and_makes_no_feature(
    column: str,
    values: Callable[[int, bool], object],
    code: str,
    tmp_path: Path,
) -> None:
    given = [{**row, column: values(n, n % 3 == 0)} for n, row in enumerate(rows())]
    flat = load_flat(table(tmp_path, given))
    assert [(v.code, v.column) for v in flat.report.violations] == [(code, column)]
    assert column not in names(flat)
    assert flat.report.leaking_columns == ({("flat", column)} if code[1] == "4" else frozenset())


def test_a_column_that_is_excluded_is_not_spoken_of(tmp_path: Path) -> None:
    given = [{**row, "note": f"text {n}"} for n, row in enumerate(rows())]
    flat = load_flat(table(tmp_path, given, 'exclude = ["note", "fee"]\n'))
    assert flat.report.violations == ()
    assert names(flat) == ["tenure", "plan"]


def test_a_few_slips_among_numbers_count_as_missing(tmp_path: Path) -> None:
    given = [{**row, "balance": n / 7} for n, row in enumerate(rows())]
    given[3]["balance"] = "abc"
    flat = load_flat(table(tmp_path, given))
    [violation] = flat.report.of("K102")
    assert (violation.rows, violation.example_value) == (1, "abc")
    assert flat.table["balance"].null_count == 1


def test_numbers_may_be_categories(tmp_path: Path) -> None:
    flat = load_flat(table(tmp_path, rows(), 'categories = ["tenure"]\n'))
    assert (
        dict(zip(names(flat), [f.kind for f in flat.features], strict=True))["tenure"] == "category"
    )


def test_a_column_called_like_one_of_ours_is_renamed(tmp_path: Path) -> None:
    given = [{**row, "account_id": n % 4, "fact_x": n % 6} for n, row in enumerate(rows())]
    assert {"account_id_", "fact_x_"} <= set(names(load_flat(table(tmp_path, given))))


def test_numbers_and_ids_of_a_parquet_file_are_read_alike(tmp_path: Path) -> None:
    settings = table(tmp_path, rows())
    ids = pa.array([float(n) for n in range(60)])
    labels = pa.array([float(n % 3 == 0) for n in range(60)])
    size = pa.array([n % 7 for n in range(60)], pa.int16())
    pq.write_table(pa.table({"id": ids, "Churn": labels, "size": size}), tmp_path / "flat.parquet")
    text = (tmp_path / "kenshin.toml").read_text().replace("flat.csv", "flat.parquet")
    (tmp_path / "kenshin.toml").write_text(text)
    settings = load_settings(tmp_path / "kenshin.toml")
    flat = load_flat(settings)
    assert flat.table["account_id"].to_pylist()[:3] == ["0", "1", "10"]
    assert sum(flat.table["churned"].to_pylist()) == 20


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (rows()[:1], "K501"),
        ([{**row, "Churn": "?"} for row in rows()], "K105"),
        ([{"id": row["id"], "Churn": row["Churn"]} for row in rows()], "K606"),
    ],
)
def test_a_table_with_too_little_in_it_is_refused(
    given: list[Row], code: str, tmp_path: Path
) -> None:
    with pytest.raises(TableError, match=code):
        load_flat(table(tmp_path, given))


@pytest.mark.parametrize(("word", "code"), [("No", "K502"), ("Yes", "K503")])
def test_a_table_with_one_outcome_is_told_so(word: str, code: str, tmp_path: Path) -> None:
    found = report(tmp_path, [{**row, "Churn": word} for row in rows()])
    assert [v.code for v in found.violations] == [code]
    assert found.usable


def test_a_missing_column_is_refused_with_the_one_that_was_meant(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="Did you mean 'tenure'"):
        load_flat(table(tmp_path, rows(), 'exclude = ["tenur"]\n'))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    settings = table(tmp_path, rows())
    (tmp_path / "flat.csv").unlink()
    with pytest.raises(TableError, match="nothing at"):
        load_flat(settings)


def test_without_a_flat_section_there_is_no_flat_table() -> None:
    with pytest.raises(SettingsError, match="flat"):
        load_flat(Settings())
