"""The commands score, explain, reproduce and answer-check on a simulated company."""

import json
import re
import shutil
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from features.errors import (
    KenshinError,
    NotFoundError,
    NotReadyError,
    UnknownAccountError,
)
from serving.cli import app
from serving.records import Record
from serving.reproduction import DifferentScoreError
from tests.builders.modelled import END, company

WEEKS = 6


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A company whose champion has scored today and replayed six weeks."""
    made = tmp_path_factory.mktemp("company")
    company(made)
    done = run(made, "score", "--history", str(WEEKS))
    assert f"{WEEKS} replays" in done.stdout
    assert "as of 2026-11-20 with model v1" in done.stdout
    return made


def run(folder: Path, *arguments: str) -> Result:
    result = CliRunner().invoke(app, [*arguments, "--config", str(folder / "kenshin.toml")])
    if result.exception is not None and not isinstance(result.exception, KenshinError):
        raise result.exception
    return result


def refused(folder: Path, *arguments: str) -> KenshinError:
    result = run(folder, *arguments)
    assert isinstance(result.exception, KenshinError), result.stdout
    return result.exception


def stored(folder: Path, query: str) -> list[Any]:
    with sqlite3.connect(folder / ".kenshin" / "store.db") as connection:
        found = connection.execute(query).fetchall()
    connection.close()
    return found


def accounts_of(folder: Path) -> list[str]:
    query = f"SELECT account_id FROM scores WHERE kind = 'issued' AND as_of LIKE '{END:%Y-%m-%d}%'"
    return sorted(row[0] for row in stored(folder, query))


def test_scoring_again_stores_nothing_new(folder: Path) -> None:
    before = stored(folder, "SELECT count(*), max(created_at) FROM runs")
    again = json.loads(run(folder, "score", "--history", str(WEEKS), "--json").stdout)
    assert len(again) == WEEKS + 1
    assert not any(one["new"] for one in again)
    assert [one["kind"] for one in again] == ["replay"] * WEEKS + ["issued"]
    assert stored(folder, "SELECT count(*), max(created_at) FROM runs") == before


def test_every_live_account_is_scored_once_and_replays_are_another_kind(folder: Path) -> None:
    twice = "SELECT run_id, account_id FROM scores GROUP BY run_id, account_id HAVING count(*) > 1"
    assert stored(folder, twice) == []
    kinds = stored(folder, "SELECT runs.kind, count(*) FROM runs GROUP BY runs.kind")
    assert dict(kinds) == {"issued": 1, "replay": WEEKS}
    mixed = (
        "SELECT count(*) FROM scores JOIN runs USING (run_id) WHERE scores.kind <> runs.kind "
        "OR scores.as_of <> runs.as_of"
    )
    assert stored(folder, mixed) == [(0,)]
    dates = [row[0][:10] for row in stored(folder, "SELECT as_of FROM runs ORDER BY as_of")]
    wanted = [END - timedelta(weeks=back) for back in range(WEEKS, -1, -1)]
    assert dates == [f"{date:%Y-%m-%d}" for date in wanted]


def test_the_explained_points_add_up_for_every_account_in_both_languages(folder: Path) -> None:
    from features.settings import load_settings
    from serving.explanation import explain
    from serving.store.engine import open_store

    settings = load_settings(folder / "kenshin.toml")
    engine = open_store(settings)
    names = set()
    for account in accounts_of(folder)[:60]:
        found = explain(settings, engine, account)
        for language in ("ja", "en"):
            *parts, total = found.lines(language)
            assert sum(line.points for line in parts) == total.points == found.record.health_score
            assert all(line.text for line in parts)
            assert bool(re.search("[぀-ヿ一-鿿]", total.text)) == (language == "ja")
        names |= {f.name for f in found.bundle.features if "_" in f.name}
        said = " ".join(line.text + line.label for line in found.lines("en"))
        assert not names & set(said.split()), "a raw feature name is on the screen"
    engine.dispose()


def test_what_is_printed_adds_up_too(folder: Path) -> None:
    account = accounts_of(folder)[0]
    for language, heading, total in (("ja", "理由", "この会社"), ("en", "Reason", "This company")):
        printed = run(folder, "explain", account, "--lang", language).stdout
        assert heading in printed
        lines = re.findall(r"^ *([+−±]?\d+)  +(\S.*)$", printed, flags=re.MULTILINE)
        *parts, last = [int(n.replace("−", "-").replace("±", "")) for n, _ in lines]
        assert total in lines[-1][1]
        assert sum(parts) == last


def test_explain_as_json_is_the_canonical_record(folder: Path) -> None:
    account = accounts_of(folder)[0]
    record = Record.model_validate_json(run(folder, "explain", account, "--json").stdout)
    assert record.account_external_id == account
    assert record.kind == "issued"
    assert record.baseline_points is not None
    total = record.baseline_points + sum(driver.points for driver in record.drivers)
    assert total == record.health_score
    assert record.change is not None
    assert record.change.by_model == 0


def test_an_earlier_date_is_explained_as_it_stood_and_called_a_replay(folder: Path) -> None:
    earlier = f"{END - timedelta(weeks=2):%Y-%m-%d}"
    query = f"SELECT account_id FROM scores WHERE as_of LIKE '{earlier}%' LIMIT 1"
    [(account,)] = stored(folder, query)
    printed = run(folder, "explain", account, "--as-of", earlier, "--lang", "en").stdout
    assert f"As of {earlier}" in printed
    assert "replayed, not as issued then" in printed


def test_an_account_that_came_later_is_not_called_unknown(folder: Path) -> None:
    query = "SELECT account_id, min(as_of) AS first FROM scores GROUP BY 1 ORDER BY 2 DESC LIMIT 1"
    [(account, first)] = stored(folder, query)
    start = f"{END - timedelta(weeks=WEEKS):%Y-%m-%d}"
    error = refused(folder, "explain", account, "--as-of", start)
    assert f"first scored on {first[:10]}" in error.found


def test_a_wrong_account_gets_the_nearest_ones(folder: Path) -> None:
    wrong = accounts_of(folder)[0][:-1]
    error = refused(folder, "explain", wrong)
    assert isinstance(error, UnknownAccountError)
    assert f"no account '{wrong}'" in str(error)
    assert "Did you mean" in error.fix


def test_a_date_that_was_not_scored_says_what_to_run(folder: Path) -> None:
    error = refused(folder, "explain", accounts_of(folder)[0], "--as-of", "2026-11-03")
    assert isinstance(error, NotFoundError)
    assert "kenshin score --as-of 2026-11-03" in error.fix


def test_a_date_without_customers_says_so(folder: Path) -> None:
    error = refused(folder, "score", "--as-of", "2001-01-01")
    assert isinstance(error, NotReadyError)
    assert "2001-01-01" in error.expected


def test_every_score_comes_out_again_to_the_last_digit(folder: Path) -> None:
    from features.settings import load_settings
    from serving.reproduction import reproduce
    from serving.store.engine import open_store

    settings = load_settings(folder / "kenshin.toml")
    engine = open_store(settings)
    ids = [
        row[0] for row in stored(folder, "SELECT score_id FROM scores ORDER BY score_id LIMIT 8")
    ]
    assert all(reproduce(settings, engine, one).largest_difference <= 1e-9 for one in ids)
    engine.dispose()
    printed = run(folder, "reproduce", ids[0]).stdout
    assert printed.startswith(f"Equal: score {ids[0]}")
    assert json.loads(run(folder, "reproduce", ids[0], "--json").stdout)["equal"] is True


def test_a_wrong_score_id_says_where_ids_are(folder: Path) -> None:
    error = refused(folder, "reproduce", "nonsense")
    assert isinstance(error, NotFoundError)
    assert "explain ACCOUNT --json" in error.fix


def test_a_gone_snapshot_or_bundle_is_named(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    [(score_id,)] = stored(copy, "SELECT score_id FROM scores LIMIT 1")
    shutil.rmtree(copy / ".kenshin" / "snapshots")
    assert "snapshot" in refused(copy, "reproduce", score_id).expected
    shutil.rmtree(copy / ".kenshin" / "bundles" / "v1")
    assert "bundle of model v1" in refused(copy, "reproduce", score_id).expected


def test_a_score_that_was_tampered_with_does_not_come_out_again(
    folder: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    [(score_id,)] = stored(copy, "SELECT score_id FROM scores LIMIT 1")
    with sqlite3.connect(copy / ".kenshin" / "store.db") as connection:
        connection.execute("DROP TRIGGER scores_refuses_update")
        connection.execute(
            "UPDATE scores SET churn_probability = churn_probability + 1e-8 WHERE score_id = ?",
            (score_id,),
        )
    connection.close()
    error = refused(copy, "reproduce", score_id)
    assert isinstance(error, DifferentScoreError)
    assert error.exit_code == 1


def test_the_answer_check_says_what_it_rests_on(folder: Path) -> None:
    checked = json.loads(run(folder, "answer-check", "--json").stdout)
    assert checked["basis"] == "out of time"
    assert checked["scores"]["issued"] == 0
    for language, words in (("en", "out of time"), ("ja", "再計算")):
        assert words in run(folder, "answer-check", "--lang", language).stdout


def test_nothing_scored_yet_says_what_to_run(tmp_path: Path) -> None:
    made = tmp_path / "fresh"
    made.mkdir()
    (made / "kenshin.toml").write_text("", encoding="utf-8")
    assert "kenshin score" in refused(made, "explain", "A1").fix
    assert "kenshin train" in refused(made, "score").fix


def test_a_lost_store_is_filled_again_with_the_same_scores(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    (copy / ".kenshin" / "store.db").unlink()
    for rest in ("store.db-wal", "store.db-shm"):
        (copy / ".kenshin" / rest).unlink(missing_ok=True)
    run(copy, "score")
    first = stored(copy, "SELECT score_id, health_score FROM scores ORDER BY score_id")
    same = "SELECT score_id, health_score FROM scores WHERE kind = 'issued' ORDER BY score_id"
    assert first == stored(folder, same)
    assert datetime.fromisoformat(stored(copy, "SELECT as_of FROM runs")[0][0]) == END


def test_a_day_to_come_gets_no_score_that_would_stay_the_latest(folder: Path) -> None:
    error = refused(folder, "score", "--as-of", "2999-01-01")
    assert "2999-01-01" in error.found
    assert not stored(folder, "SELECT 1 FROM runs WHERE as_of LIKE '2999%'")


def test_who_left_is_kept_for_the_pages(folder: Path) -> None:
    text = (folder / ".kenshin" / "departures.json").read_text(encoding="utf-8")
    departures = json.loads(text)["departures"]
    assert {"account_id", "left_at", "confirmed", "reason"} == set(departures[0])


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (("--columns", "score=Health"), "--columns alone"),
        (("--red-at", "7"), "--red-at alone"),
        (("--from", "2999-01-01"), "2999-01-01"),
        (("--from", "2026-09-01", "--to", "2026-08-01"), "2026-09-01"),
    ],
)
def test_an_answer_check_refuses_options_that_would_mean_nothing(
    folder: Path, options: tuple[str, ...], found: str
) -> None:
    assert refused(folder, "answer-check", *options).found == found
