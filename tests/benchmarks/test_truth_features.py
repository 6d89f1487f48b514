"""What `make truth` declares beside the simulated company's own settings."""

import shutil
from pathlib import Path

import pytest

from benchmarks import truth, truth_page
from features.catalogue import everything
from features.settings import Settings, load_settings
from features.simulator import CompanyPlan
from features.simulator.causes import CODES, named_by
from features.simulator.settings_file import settings_text
from features.simulator.usage import EVENTS


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Return the settings file that the simulator writes."""
    path = tmp_path / "kenshin.toml"
    path.write_text(settings_text(CompanyPlan(), []), encoding="utf-8")
    return path


@pytest.fixture
def both(own: Path) -> tuple[Settings, Settings, int]:
    """Return the company's own settings, those that are measured, and how many were added."""
    kept = Path(shutil.copy(own, own.with_name("own.toml")))
    added = truth.declare(own)
    return load_settings(kept), load_settings(own), added


def columns(settings: Settings) -> set[str]:
    return {d.feature.name for d in everything(settings) if d.feature.indicator == "product"}


def test_every_one_is_a_column_of_its_own_that_the_company_does_without(
    both: tuple[Settings, Settings, int],
) -> None:
    own, measured, added = both
    assert 0 < added <= 60
    assert columns(own) < columns(measured)
    assert len(columns(measured) - columns(own)) == added
    assert measured.features.items() >= own.features.items()


def test_every_one_is_a_sign_of_a_cause_and_every_cause_has_some(
    both: tuple[Settings, Settings, int],
) -> None:
    own, measured, _ = both
    assert {named_by(name) for name in columns(measured) - columns(own)} == set(CODES)


def test_they_are_made_of_events_that_the_simulator_writes(
    both: tuple[Settings, Settings, int],
) -> None:
    _, measured, _ = both
    used = {e for one in measured.features.values() for e in (*one.events, *one.per_events)}
    assert used <= set(EVENTS)


def test_the_page_tells_what_was_declared_in_addition_and_of_which_companies_it_was_chosen() -> (
    None
):
    said = truth_page.declared({"features": {"own": 132, "added": 42}})
    assert "42 more were declared in addition" in said
    assert "make 132\nfeatures of these records" in said
    assert "means all 174" in said
    assert "not on the one measured here" in said
    assert "settings do not contain them" in said
