"""Whatever becomes of the bundles in the workspace, the last good model goes on serving."""

import logging
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from features.errors import KenshinError
from features.settings import Settings
from serving.champion import Champion
from tests.builders.damaged import copied, poisonous
from tests.builders.served import WHEN
from training import bundle as shipping
from training import seal


def test_what_has_survived_once_is_not_tried_again(bundle: Path) -> None:
    tried: list[str] = []
    settings = Settings(root=bundle.parents[2])
    champion = Champion(settings, probe=lambda given, version, _: tried.append(version))
    copied(bundle, bundle.with_name("v2"))
    for version in ("v2", "v1", "v2"):
        shipping.crown(settings, version, WHEN)
        assert champion.refresh()
    assert tried == ["v2"]  # At the start there is nothing to lose yet.


def test_a_refused_bundle_serves_once_its_files_are_mended(bundle: Path) -> None:
    settings = Settings(root=bundle.parents[2])
    champion = Champion(settings)
    candidate = copied(bundle, bundle.with_name("v2"))
    whole = (candidate / "booster.txt").read_bytes()
    (candidate / "booster.txt").write_bytes(whole[:-1])
    shipping.crown(settings, "v2", WHEN)
    assert not champion.refresh()
    before = champion.refused
    (candidate / "booster.txt").write_bytes(whole)
    assert champion.refresh()
    assert before is not None
    assert champion.refused is None
    assert champion.current.version == "v2"


def test_a_server_that_starts_with_a_damaged_champion_takes_the_last_good_one(
    bundle: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings(root=bundle.parents[2])
    for version in ("v2", "v3"):
        folder = copied(bundle, bundle.with_name(version))
        shipping.crown(settings, version, WHEN)
        (folder / "scale.json").unlink()
    with caplog.at_level(logging.ERROR):
        champion = Champion(settings)
    assert champion.current.version == "v1"
    assert champion.refused is not None
    assert champion.refused.version == "v3"
    assert "model v2 cannot serve in its place" in caplog.text


STARTS = """
from serving.lean import import_lightgbm
import_lightgbm()
import logging, sys
from pathlib import Path
from features.settings import Settings
from serving.champion import Champion
from serving.probe import survived
champion = Champion(Settings(root=Path(sys.argv[1])), probe=survived)
print(champion.current.version, champion.refused.version)
"""


@pytest.mark.scale
def test_a_champion_that_ended_the_process_at_one_start_is_passed_over_at_the_next(
    bundle: Path,
) -> None:
    settings = Settings(root=bundle.parents[2])
    poisonous(copied(bundle, bundle.with_name("v2")))
    shipping.crown(settings, "v2", WHEN)
    starts = [
        subprocess.run(
            [sys.executable, "-c", STARTS, str(settings.root)], capture_output=True, timeout=120
        )
        for _ in range(2)
    ]
    assert starts[0].returncode < 0
    assert starts[1].stdout.decode().split() == ["v1", "v2"]


def test_with_the_workspace_gone_the_last_good_model_goes_on(bundle: Path) -> None:
    settings = Settings(root=bundle.parents[2])
    champion = Champion(settings)
    settings.workspace.rename(settings.workspace.with_name("away"))
    assert not champion.refresh()
    assert champion.current.version == "v1"
    assert champion.refused is not None
    settings.workspace.with_name("away").rename(settings.workspace)
    champion.refresh()
    assert champion.refused is None


def test_many_who_ask_for_one_earlier_model_have_it_loaded_once(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(root=bundle.parents[2])
    copied(bundle, bundle.with_name("v2"))
    shipping.crown(settings, "v2", WHEN)
    champion = Champion(settings)
    loads, both_wait, whole = [], threading.Barrier(9), shipping.parsed

    def parsed(given: seal.Opened) -> shipping.Bundle:
        loads.append(given.folder.name)
        return whole(given)

    monkeypatch.setattr(shipping, "parsed", parsed)
    found: list[shipping.Bundle] = []

    def ask() -> None:
        both_wait.wait()
        found.append(champion.bundle_of("v1"))

    asking = [threading.Thread(target=ask) for _ in range(8)]
    for one in asking:
        one.start()
    both_wait.wait()
    for one in asking:
        one.join()
    assert loads == ["v1"]
    assert len({id(one) for one in found}) == 1


def test_an_earlier_model_that_is_damaged_is_not_loaded_for_every_request(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(root=bundle.parents[2])
    copied(bundle, bundle.with_name("v2"))
    shipping.crown(settings, "v2", WHEN)
    champion = Champion(settings)
    (bundle / "scale.json").unlink()
    looks: list[Path] = []
    whole = shipping.opened

    def look(folder: Path, *, version: str | None = None) -> seal.Opened:
        looks.append(folder)
        return whole(folder, version=version)

    monkeypatch.setattr(shipping, "opened", look)
    for _ in range(3):
        with pytest.raises(KenshinError, match=r"scale\.json"):
            champion.bundle_of("v1")
    assert len(looks) == 1
