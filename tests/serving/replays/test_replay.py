"""``kenshin replay`` on a simulated company with scores as issued."""

import csv
import io
import json
import sqlite3
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from features.errors import KenshinError, NotFoundError, SettingsError
from features.settings import load_settings
from serving.cli import app
from serving.replays import present as log
from serving.replays.definitions import OfBundle, Said, with_settings
from serving.replays.history import dates
from tests.builders.modelled import END, company
from training import bundle as shipping
from training.scale import band

pytestmark = pytest.mark.slow

WEEKS = 12
ISSUED = ("2026-09-18", "2026-11-20")
PERIOD = ("--from", "2026-08-28", "--to", "2026-11-20")

CARD = """
[title]
ja = "試し"
en = "A try"

[[card]]
code = "all"
title = { ja = "全社", en = "Everybody" }
success = { ja = "使っている", en = "Uses it" }

[[card.indicator]]
feature = "active_days_28d"
weight = 1
bounded = { none_at = 0, all_at = 15 }
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A company with two issued dates by v1, weekly replays, and a v2 that serves now."""
    made: Path = tmp_path_factory.mktemp("company")
    first = company(made, accounts=70)
    run(made, "score", "--as-of", ISSUED[0])
    run(made, "score", "--history", str(WEEKS))
    second = made / ".kenshin" / "bundles" / "v2"
    shipping.write_bundle(
        shipping.Parts(
            booster_text=first.bundle.booster.model_to_string(),  # type: ignore[attr-defined]
            features=first.bundle.features,
            categories=first.bundle.categories,
            calibration=replace(first.bundle.calibration, intercept=0.7),  # type: ignore[attr-defined]
            scale=first.bundle.scale,  # type: ignore[arg-type]
            bands=first.bundle.bands,
            reference={},
            evaluation=first.bundle.evaluation,
            golden_matrix=golden(first.bundle),
            about={"version": "v2", "settings_version": first.settings.version},
        ),
        second,
    )
    shipping.crown(first.settings, "v2", END)
    return made


def golden(bundle: shipping.Bundle) -> np.ndarray:
    rows = np.random.default_rng(3).uniform(0, 5, (200, len(bundle.features)))
    for at, feature in enumerate(bundle.features):
        if feature.kind == "category":
            rows[:, at] = 0.0
    return rows


def run(folder: Path, *arguments: str) -> Result:
    result = CliRunner().invoke(app, [*arguments, "--config", str(folder / "kenshin.toml")])
    if result.exception is not None and not isinstance(
        result.exception, (KenshinError, SystemExit)
    ):
        raise result.exception
    return result


def replayed(folder: Path, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(folder, "replay", *arguments, *PERIOD, "--json").stdout)
    return found


def stored(folder: Path, query: str) -> list[Any]:
    with sqlite3.connect(folder / ".kenshin" / "store.db") as connection:
        found = connection.execute(query).fetchall()
    connection.close()
    return found


def rows_of_log(folder: Path) -> list[list[Any]]:
    queries = (f"SELECT * FROM {table} ORDER BY 1, 2" for table in ("runs", "scores", "promotions"))
    return [stored(folder, query) for query in queries]


def test_the_present_definition_gives_the_log_again_by_the_versions_that_issued_it(
    folder: Path,
) -> None:
    done = run(folder, "replay")
    found = json.loads(run(folder, "replay", "--json").stdout)
    assert done.exit_code == 0
    assert (found["runs"], found["different"], found["gone"]) == (2, [], [])
    ((issued,),) = stored(folder, "SELECT count(*) FROM scores WHERE kind = 'issued'")
    assert found["scores"] == issued > 50
    assert "違い 0件" in done.stdout


def test_what_was_issued_stays_to_the_last_byte(folder: Path) -> None:
    before = rows_of_log(folder)
    snapshots = sorted(str(path) for path in (folder / ".kenshin" / "snapshots").rglob("*"))
    replayed(folder, "--model", "v1")
    run(folder, "replay")
    assert rows_of_log(folder) == before
    after = sorted(str(path) for path in (folder / ".kenshin" / "snapshots").rglob("*"))
    assert after == snapshots


def test_the_version_that_issued_the_scores_changes_none_of_them(folder: Path) -> None:
    found = replayed(folder, "--model", "v1")
    assert found["dates"]["issued"] == 2
    by_issued = [row for row in found["accounts"] if row["as_of"] in ISSUED]
    assert by_issued == []


def test_a_champion_replayed_where_nothing_was_issued_differs_there_only(folder: Path) -> None:
    found = replayed(folder, "--model", "v2")
    assert (found["new"], found["present"]) == ("v2", "v2")
    assert found["last_date"]["changed"] > 0  # v1 issued it
    assert {row["as_of"] for row in found["accounts"]} <= set(ISSUED)
    assert found["dates"]["replayed"] == WEEKS - 1


def test_moved_bands_are_those_of_the_stored_scores_cut_elsewhere(folder: Path) -> None:
    other = folder / "other.toml"
    given = (folder / "kenshin.toml").read_text(encoding="utf-8")
    other.write_text(given + "\n[bands]\ngreen = 92\nred = 70\n", encoding="utf-8")
    shipping.crown(load_settings(folder / "kenshin.toml"), "v1", END)
    found = replayed(folder, "--settings", str(other))
    shipping.crown(load_settings(folder / "kenshin.toml"), "v2", END)
    query = (
        "SELECT band, health_score_exact FROM scores "
        f"WHERE kind = 'issued' AND as_of LIKE '{ISSUED[1]}%'"
    )
    bands = load_settings(other).bands
    counted: dict[str, dict[str, int]] = {}
    for was, exact in stored(folder, query):
        now = "no_data" if exact is None else band(exact, bands)
        counted.setdefault(was, {}).setdefault(now, 0)
        counted[was][now] += 1
    assert found["last_date"]["bands"] == counted
    assert found["outcomes"]["leavers"]["lost"] == []  # more red can lose nobody


def test_a_scorecard_is_held_against_what_was_issued_with_both_main_reasons(folder: Path) -> None:
    card = folder / "card.toml"
    card.write_text(CARD, encoding="utf-8")
    found = replayed(folder, "--scorecard", str(card))
    assert found["new"].startswith("card.toml (")
    changed = [row for row in found["accounts"] if row["now"]]
    assert len(changed) == found["last_date"]["changed"] > 0
    assert {row["new_reason_en"] for row in changed} <= {"Active days, last 4 weeks", None}
    assert any(row["old_reason_ja"] for row in changed)
    assert found["outcomes"]["alarms"]["accounts"] > 30
    assert found["outcomes"]["from"] >= "2026-06-01"  # from the day the model was only judged on


def test_people_read_it_in_their_language_and_the_csv_has_everybody(folder: Path) -> None:
    file = folder / "changed.csv"
    card = folder / "card.toml"
    card.write_text(CARD, encoding="utf-8")
    ja = run(folder, "replay", "--scorecard", str(card), *PERIOD, "--csv", str(file)).stdout
    en = run(folder, "replay", "--scorecard", str(card), *PERIOD, "--lang", "en").stdout
    assert "社の区分が変わる" in ja
    assert "発行済みのスコアは変えていない。" in ja
    assert "accounts change band" in en
    assert "What was issued stays as it was issued." in en
    rows = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig"))))
    found = replayed(folder, "--scorecard", str(card))
    assert [row["account_id"] for row in rows] == [row["account_id"] for row in found["accounts"]]


def said(accounts: list[str], bands: list[str]) -> Said:
    numbers = np.arange(1.0, 1 + len(accounts))
    return Said(np.array(accounts), np.array(bands), numbers, numbers / 10)


def test_a_score_that_is_said_otherwise_is_named() -> None:
    was = said(["a", "b", "c"], ["red", "red", "red"])
    now = said(["a", "b", "d"], ["red", "green", "red"])
    assert log._different(was, now) == ("b", "c", "d")
    last_bit = replace(was, score=np.nextafter(was.score, 9))
    assert log._different(was, last_bit) == ("a", "b", "c")


def test_a_model_whose_bundle_is_gone_is_told_and_counts_for_nothing(folder: Path) -> None:
    bundles = folder / ".kenshin" / "bundles"
    (bundles / "v1").rename(bundles / "away")
    try:
        done = run(folder, "replay", "--lang", "en")
    finally:
        (bundles / "away").rename(bundles / "v1")
    assert "0 scores of 0 issued runs" in done.stdout
    assert "cannot be made again without the bundle of model v1" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "kind", "says"),
    [
        (("--model", "v9"), NotFoundError, "There is v1, v2."),
        (("--model", "v1", "--every", "0d"), SettingsError, "--every"),
        (("--model", "v1", "--from", "2027-01-01"), SettingsError, "Swap --from and --to"),
        (("--model", "v1", "--scorecard", "card.toml"), SettingsError, "2 of them"),
        (("--csv", "x.csv"), SettingsError, "a definition to compare"),
        (("--scorecard", "nothing.toml"), SettingsError, "nothing.toml"),
    ],
)
def test_wrong_input_is_refused_in_one_sentence(
    folder: Path, arguments: tuple[str, ...], kind: type[KenshinError], says: str
) -> None:
    refused = run(folder, "replay", *arguments).exception
    assert isinstance(refused, kind)
    assert says in str(refused)


def test_settings_that_need_another_training_are_refused(folder: Path) -> None:
    other = folder / "longer.toml"
    given = (folder / "kenshin.toml").read_text(encoding="utf-8")
    other.write_text(given.replace("horizon_days = 90", "horizon_days = 60"), encoding="utf-8")
    refused = run(folder, "replay", "--settings", str(other)).exception
    assert isinstance(refused, SettingsError)
    assert "--model VERSION" in str(refused)


def test_weeks_keep_in_step_with_what_was_issued() -> None:
    issued = [datetime(2026, 1, 7)]
    found = dates(issued, datetime(2026, 1, 1), datetime(2026, 1, 31), "week")
    assert [day.day for day in found] == [7, 14, 21, 28]
    assert [day.day for day in dates([], datetime(2026, 1, 5), datetime(2026, 3, 2), "month")] == [
        1,
        1,
    ]
    one = dates([], datetime(2026, 1, 1), datetime(2026, 1, 1), "day")
    assert one == [datetime(2026, 1, 1)]


def test_a_scale_may_be_moved_without_another_model(folder: Path) -> None:
    settings = load_settings(folder / "kenshin.toml")
    bundle = shipping.load_bundle(folder / ".kenshin" / "bundles" / "v1")
    anchored = settings.model_copy(
        update={"scale": settings.scale.model_copy(update={"p80": 0.01, "p50": 0.05})}
    )
    rows = golden(bundle)
    moved, kept = with_settings(bundle, anchored), OfBundle(bundle)
    assert np.array_equal(moved.bundle.predict(rows), kept.bundle.predict(rows))
    assert (moved.bundle.score(rows)[1] <= kept.bundle.score(rows)[1]).all()
