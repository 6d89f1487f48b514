"""Every page that a program writes is what it would write today from the figures it kept."""

import json
from pathlib import Path

import pytest

from benchmarks import small_data, truth, truth_page
from benchmarks.features import page as features_page
from benchmarks.features import sizing
from benchmarks.serving import bulk, bulk_page
from benchmarks.serving import page as serving_page

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.mark.parametrize(
    ("publish", "results"),
    [
        (features_page.publish, features_page.HERE / "results.json"),
        (serving_page.publish, serving_page.HERE / "results.json"),
    ],
    ids=["benchmarks.md", "benchmarks-serving.md"],
)
def test_the_benchmarks_and_their_pictures_are_those_of_the_kept_results(
    publish: object, results: Path, tmp_path: Path
) -> None:
    assert callable(publish)
    publish(results, tmp_path)
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.suffix == ".md" for path in written)
    for path in written:
        assert path.read_bytes() == (DOCS / path.relative_to(tmp_path)).read_bytes(), path.name


def test_the_tables_of_scale_are_those_of_what_the_programs_kept() -> None:
    found = {name: sizing.read(path) for name, path in sizing.SOURCES.items()}
    page = sizing.PAGE.read_text("utf-8")
    assert sizing.between(page, sizing.tables(found)) == page


def test_the_table_of_reasons_is_that_of_the_bulk_benchmark(tmp_path: Path) -> None:
    page = tmp_path / "reasons.md"
    page.write_text(bulk_page.PAGE.read_text("utf-8"), "utf-8")
    bulk_page.publish(json.loads(bulk.FOUND.read_text("utf-8")), page)
    assert page.read_text("utf-8") == bulk_page.PAGE.read_text("utf-8")


def test_the_page_of_the_simulated_company_is_that_of_the_measured_distance() -> None:
    kept = json.loads(truth.FOUND.read_text("utf-8"))
    assert truth_page.page(kept) == truth.PAGE.read_text("utf-8")


def test_the_page_on_small_data_is_that_of_the_kept_curves() -> None:
    kept = json.loads(small_data.FOUND.read_text("utf-8"))
    assert small_data.published(kept) == small_data.PAGE.read_text("utf-8")
    for lines in kept["found"].values():
        assert [line["count"] for line in lines] == list(small_data.COUNTS)
        assert all("ways" in line for line in lines)  # so many had left in every company
