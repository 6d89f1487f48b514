"""The published page of the public data sets, beside what it is written by."""

import json

from benchmarks.results import KEPT, PAGE
from benchmarks.results_page import HEAD, page


def test_the_published_page_is_what_its_figures_would_be_written_as_today() -> None:
    assert PAGE.read_text("utf-8") == page(json.loads(KEPT.read_text("utf-8")))


def test_what_was_chosen_with_sight_of_the_test_periods_is_named() -> None:
    assert "sight of these very test periods" in HEAD
    for part in ("monotone constraints", "date weights", "calibration"):
        assert part in HEAD
