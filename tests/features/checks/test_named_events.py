"""K504: an event of the settings that no row has."""

from pathlib import Path

from tests.builders.company_files import only, report

SECTION = (
    "[features.{name}]\nmeasure = 'never'\nevent = {event}\n"
    "label = {{ ja = 'あ', en = 'A' }}\n"
)  # fmt: skip


def section(name: str, event: str) -> str:
    return SECTION.format(name=name, event=event)


def test_a_name_that_no_row_has_is_a_warning_with_the_name_that_was_meant(tmp_path: Path) -> None:
    sections = section("one", "['logn', 'login']") + section("two", "'logn'")
    found = report(tmp_path, only("events"), sections=sections)
    [violation] = found.of("K504", "events")
    assert found.usable
    assert violation.severity == "warning"
    assert "'logn' (did you mean 'login'?), which [features.one], [features.two]" in (
        violation.sentence
    )


def test_a_pattern_that_fits_nothing_is_a_warning(tmp_path: Path) -> None:
    found = report(tmp_path, only("events"), sections=section("one", "'log*x'"))
    assert [v.example_value for v in found.of("K504", "events")] == ["log*x"]


def test_names_and_patterns_that_occur_are_no_violation(tmp_path: Path) -> None:
    sections = section("one", "['login', 'lo*n']") + section("two", "'*'")
    assert report(tmp_path, only("events"), sections=sections).of("K504", "events") == ()


def test_without_features_of_its_own_or_without_events_nothing_is_asked(tmp_path: Path) -> None:
    assert report(tmp_path, only("events")).of("K504", "events") == ()
    without_events = report(tmp_path, only("tickets"), sections=section("one", "'logn'"))
    assert without_events.of("K504", "events") == ()


def test_a_name_may_hold_a_quote(tmp_path: Path) -> None:
    found = report(tmp_path, only("events"), sections=section("one", '''"it's"'''))
    assert [v.example_value for v in found.of("K504", "events")] == ["it's"]
