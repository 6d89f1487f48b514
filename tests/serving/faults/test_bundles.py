"""A bundle that is not what was shipped never reaches LightGBM, and never ends the process."""

import json
import logging
import os
import threading
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pytest

from features.errors import DamagedBundleError
from features.settings import Settings
from serving.champion import Champion
from serving.probe import UntriedBundleError, survived
from tests.builders.damaged import DAMAGES, copied, poisonous, resealed
from tests.builders.served import WHEN
from training import bundle as shipping
from training import seal
from training.seal import IncompatibleBundleError, opened

HASHES_ARE_RIGHT = (
    "a format to come",
    "the version of another",
    "golden rows that answer otherwise",
    "parts of another shape",
    "a model that ends the process",
)


@pytest.fixture
def unread(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Everything that LightGBM is given to parse while the test runs."""
    given: list[object] = []

    def parse(*args: object, **kwargs: object) -> None:
        given.append((args, kwargs))
        raise AssertionError("LightGBM was given something to parse")

    monkeypatch.setattr(lgb, "Booster", parse)
    return given


def refused(folder: Path) -> bool:
    try:
        shipping.load_bundle(folder)
    except DamagedBundleError:
        return True
    return False


def test_200_flipped_bits_and_50_truncations_are_refused_before_anything_is_parsed(
    bundle: Path, unread: list[object]
) -> None:
    dice = np.random.default_rng(7)
    files = sorted(bundle.iterdir())
    refusals = 0
    for number in range(250):
        path = files[number % len(files)]
        whole = path.read_bytes()
        place = int(dice.integers(0, len(whole)))
        broken = bytearray(whole)
        broken[place] ^= 1 << int(dice.integers(0, 8))
        path.write_bytes(bytes(broken) if number < 200 else whole[:place])
        refusals += refused(bundle)
        path.write_bytes(whole)
    assert (refusals, unread) == (250, [])
    opened(bundle)


def test_any_two_files_swapped_are_refused_before_anything_is_parsed(
    bundle: Path, unread: list[object]
) -> None:
    files = sorted(bundle.iterdir())
    for one in files:
        for other in files:
            if one == other:
                continue
            first, second = one.read_bytes(), other.read_bytes()
            if first == second:
                continue
            one.write_bytes(second)
            other.write_bytes(first)
            assert refused(bundle), (one.name, other.name)
            one.write_bytes(first)
            other.write_bytes(second)
    assert unread == []


@pytest.mark.parametrize("kind", [kind for kind in DAMAGES if kind not in HASHES_ARE_RIGHT])
def test_a_broken_folder_is_refused_before_anything_is_parsed(
    bundle: Path, unread: list[object], kind: str
) -> None:
    DAMAGES[kind](bundle)
    assert refused(bundle)
    assert unread == []


@pytest.mark.parametrize("name", ["booster.txt", "schema.json", "manifest.json"])
def test_a_link_a_pipe_or_a_folder_in_place_of_a_file_is_refused(bundle: Path, name: str) -> None:
    whole = (bundle / name).read_bytes()
    elsewhere = bundle.parent / "elsewhere"
    elsewhere.write_bytes(whole)
    for replace in (
        lambda path: path.symlink_to(elsewhere),
        lambda path: os.mkfifo(path),
        lambda path: path.mkdir(),
    ):
        (bundle / name).unlink()
        replace(bundle / name)
        assert refused(bundle)
        (bundle / name).rmdir() if (bundle / name).is_dir() else None
        (bundle / name).unlink(missing_ok=True)
        (bundle / name).write_bytes(whole)
    shipping.load_bundle(bundle)


def test_a_file_that_is_too_large_is_not_even_read(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seal, "LARGEST", 1_000)
    with pytest.raises(DamagedBundleError, match="bytes"):
        opened(bundle)


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"null", b'{"files": 3}', b"[" * 100_000, b'{"files": {"x": "y"}}', b"\xff"],
)
def test_a_manifest_that_makes_no_sense_is_refused(bundle: Path, content: bytes) -> None:
    (bundle / "manifest.json").write_bytes(content)
    with pytest.raises(DamagedBundleError):
        opened(bundle)


def test_a_manifest_with_a_number_that_is_none_is_refused(bundle: Path) -> None:
    said = json.loads((bundle / "manifest.json").read_text(encoding="utf-8"))
    (bundle / "manifest.json").write_text(json.dumps(said | {"seed": float("nan")}))
    with pytest.raises(DamagedBundleError):
        opened(bundle)


def test_what_was_hashed_is_what_is_parsed_even_where_the_file_changes_in_between(
    bundle: Path,
) -> None:
    given = opened(bundle)
    for path in bundle.iterdir():
        path.write_bytes(b"something else")
    assert shipping.parsed(given).version == "v1"


def test_a_format_to_come_is_named_as_such(bundle: Path) -> None:
    resealed(bundle, format=2)
    with pytest.raises(IncompatibleBundleError, match="another version of Kenshin"):
        opened(bundle)


def test_a_bundle_from_before_formats_were_numbered_is_read(bundle: Path) -> None:
    about = json.loads((bundle / "manifest.json").read_text(encoding="utf-8"))
    del about["format"], about["seal"]
    seal.write_json(bundle / "manifest.json", about | {"seal": seal._seal(about)})
    assert shipping.load_bundle(bundle).version == "v1"


@pytest.mark.parametrize("version", ["../v1", "/etc", "", ".", "v1/..", "v\n1", "x" * 65])
def test_a_version_is_a_name_and_no_path(tmp_path: Path, version: str) -> None:
    with pytest.raises(DamagedBundleError, match="name of a version"):
        shipping.folder_of(Settings(root=tmp_path), version)


@pytest.mark.parametrize("kind", HASHES_ARE_RIGHT)
def test_what_only_the_hashes_let_pass_is_refused_and_the_process_lives(
    bundle: Path, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings(root=bundle.parents[2])

    def tried(given: seal.Opened, version: str, stopping: threading.Event) -> None:
        if kind == "a model that ends the process" and version == "v2":
            survived(given, version, stopping)

    champion = Champion(settings, probe=tried)
    held = champion.current
    candidate = copied(bundle, bundle.with_name("v2"))
    DAMAGES[kind](candidate)
    shipping.crown(settings, "v2", WHEN)
    with caplog.at_level(logging.ERROR):
        assert not champion.refresh()
    assert champion.current is held
    assert champion.refused is not None
    assert champion.refused.version == "v2"
    assert "v2" in champion.refused.reason
    assert "model v1 stays in service" in caplog.text


def test_a_model_that_ends_the_process_is_named_by_the_signal_that_it_ended_with(
    bundle: Path,
) -> None:
    poisonous(bundle)
    with pytest.raises(DamagedBundleError, match=r"SIG(ABRT|SEGV)"):
        survived(opened(bundle), "v1", threading.Event())


def test_a_bundle_that_changes_between_two_looks_is_refused(bundle: Path) -> None:
    given = opened(bundle)
    resealed(bundle, note="another one")
    with pytest.raises(DamagedBundleError, match="same bytes twice"):
        survived(given, "v1", threading.Event())


def test_a_try_ends_with_the_process_that_wanted_it(bundle: Path) -> None:
    stopping = threading.Event()
    stopping.set()
    with pytest.raises(UntriedBundleError):
        survived(opened(bundle), "v1", stopping)
