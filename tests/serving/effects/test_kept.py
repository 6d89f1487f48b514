"""What was measured is kept for the page: figures, never an account."""

from datetime import datetime
from pathlib import Path

import pytest

from features.settings import Settings
from serving.effects.kept import MOST, Kept, keep, read
from serving.effects.measured import Life, measured
from tests.builders.effects import an_effect
from tests.builders.store import settings_in

NOW = datetime(2026, 11, 23, 9)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    found = settings_in(tmp_path)
    found.workspace.mkdir(parents=True)
    return found


def test_the_latest_stands_first_and_the_same_question_once(settings: Settings) -> None:
    assert read(settings) == []
    keep(settings, an_effect(4), NOW)
    keep(settings, an_effect(beside=False), NOW)
    keep(settings, an_effect(9), NOW)
    found = read(settings)
    assert [one["segment"] is None for one in found] == [False, True]
    assert found[0]["concerned"]["churn"]["after"]["left"] == 9
    assert found[0]["made_at"] == "2026-11-23T09:00:00Z"


def test_a_server_sees_what_a_command_kept_meanwhile(settings: Settings) -> None:
    kept = Kept(settings)
    assert kept.shown() == []
    keep(settings, an_effect(), NOW)
    assert len(kept.shown()) == 1
    keep(settings, an_effect(beside=False), NOW)
    assert len(kept.shown()) == 2


def test_only_so_many_are_kept(settings: Settings) -> None:
    for days in range(MOST + 3):
        keep(settings, {**an_effect(), "days": 100 + days}, NOW)
    assert [one["days"] for one in read(settings)] == [102 + MOST - at for at in range(MOST)]


def test_what_is_about_one_customer_is_not_kept(settings: Settings) -> None:
    named = {**an_effect(), "segment": {"column": "name", "value": "Aoba"}}
    lives = [Life("one", False, False), Life("one", True, True), Life("other", True, False)]
    alone = {**an_effect(), **measured(lives, {}, {"one"})}
    assert not keep(settings, named, NOW)
    assert not keep(settings, alone, NOW)
    assert read(settings) == []
