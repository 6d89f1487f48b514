"""One model serves; another takes over only when it is whole."""

import logging
import threading
from pathlib import Path

import pytest

from features.errors import DamagedBundleError, NoSignalError, NotReadyError
from features.settings import Settings
from serving.champion import Champion, GoneBundleError
from serving.earlier import KEPT
from tests.builders.served import WHEN, damage, shipped, verdict_without_signal
from tests.builders.store import settings_in
from training import bundle as shipping


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_in(tmp_path)


def crowned(settings: Settings, version: str) -> None:
    shipped(settings, version, seed=int(version[1:]))
    shipping.crown(settings, version, WHEN)


def test_without_a_model_the_reason_is_given(settings: Settings) -> None:
    with pytest.raises(NotReadyError, match="kenshin train"):
        _ = Champion(settings).current


def test_the_first_model_is_picked_up_without_a_restart(settings: Settings) -> None:
    champion = Champion(settings)
    crowned(settings, "v1")
    assert champion.refresh()
    assert champion.current.version == "v1"


def test_nothing_is_loaded_again_while_nothing_changes(settings: Settings) -> None:
    crowned(settings, "v1")
    champion = Champion(settings)
    before = champion.current
    assert not champion.refresh()
    assert champion.current is before


def test_a_newly_crowned_model_takes_over_and_a_held_reference_stays(settings: Settings) -> None:
    crowned(settings, "v1")
    champion = Champion(settings)
    held = champion.current
    crowned(settings, "v2")
    assert champion.refresh()
    assert (held.version, champion.current.version) == ("v1", "v2")


def test_a_damaged_model_is_refused_and_logged_and_the_old_one_stays(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    crowned(settings, "v1")
    champion = Champion(settings)
    crowned(settings, "v2")
    damage(settings, "v2")
    with caplog.at_level(logging.ERROR):
        assert not champion.refresh()
    assert champion.current.version == "v1"
    assert "model v1 stays in service" in caplog.text
    assert "booster.txt" in caplog.text


def test_after_a_refused_model_a_whole_one_is_taken(settings: Settings) -> None:
    crowned(settings, "v1")
    champion = Champion(settings)
    crowned(settings, "v2")
    damage(settings, "v2")
    champion.refresh()
    crowned(settings, "v3")
    assert champion.refresh()
    assert champion.current.version == "v3"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"since": "2026"}', '{"version": "v9"}'])
def test_a_champion_file_that_makes_no_sense_changes_nothing(
    settings: Settings, content: str
) -> None:
    crowned(settings, "v1")
    champion = Champion(settings)
    (shipping.bundles(settings) / "champion.json").write_text(content, encoding="utf-8")
    assert not champion.refresh()
    assert champion.current.version == "v1"


def test_a_damaged_model_alone_serves_nothing(settings: Settings) -> None:
    crowned(settings, "v1")
    damage(settings, "v1")
    with pytest.raises(DamagedBundleError, match=r"booster\.txt"):
        _ = Champion(settings).current


def test_a_verdict_without_signal_takes_the_model_out_of_service(settings: Settings) -> None:
    crowned(settings, "v1")
    champion = Champion(settings)
    verdict_without_signal(settings)
    assert champion.refresh()
    with pytest.raises(NoSignalError, match=r"AUC 0\.51"):
        _ = champion.current


def test_a_score_of_an_earlier_model_is_explained_by_that_model(settings: Settings) -> None:
    crowned(settings, "v1")
    crowned(settings, "v2")
    champion = Champion(settings)
    assert champion.bundle_of("v2") is champion.current
    assert champion.bundle_of("v1").version == "v1"
    assert champion.bundle_of("v1") is champion.bundle_of("v1")


def test_only_a_few_earlier_models_stay_loaded(settings: Settings) -> None:
    for number in range(1, KEPT + 3):
        crowned(settings, f"v{number}")
    champion = Champion(settings)
    first = champion.bundle_of("v1")
    for number in range(2, KEPT + 2):
        champion.bundle_of(f"v{number}")
    assert champion.bundle_of("v1") is not first


def test_a_model_that_is_gone_cannot_explain(settings: Settings) -> None:
    crowned(settings, "v1")
    with pytest.raises(GoneBundleError, match="v7"):
        Champion(settings).bundle_of("v7")


def test_the_watcher_sees_a_new_model_and_ends_when_told(settings: Settings) -> None:
    crowned(settings, "v1")
    champion = Champion(settings)
    champion.watch(seconds=0.01)
    try:
        crowned(settings, "v2")
        seen = threading.Event()
        for _ in range(1000):
            if champion.current.version == "v2":
                break
            seen.wait(0.01)
        assert champion.current.version == "v2"
    finally:
        champion.stop()
    assert not any(thread.name == "champion" for thread in threading.enumerate())
