"""The command answer-check on a simulated company whose scores were issued week by week."""

import csv
import json
import shutil
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from features.errors import KenshinError
from features.labels import departures
from features.settings import load_settings
from features.simulator import CompanyPlan, simulate
from features.sources import load_tables
from serving.cli import app
from serving.store.engine import open_store
from serving.store.scores import save_run
from tests.builders.runs import a_row, a_run

FIRST, WEEKS = datetime(2026, 1, 2), 40


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A company that was scored every week: red for the last ten weeks, every fourth time not."""
    made = tmp_path_factory.mktemp("answers")
    plan = CompanyPlan(
        accounts=150, start=date(2025, 1, 1), end=date(2026, 11, 20), seed=11, events_scale=0.1
    )
    simulate(plan, made)
    engine = open_store(load_settings(made / "kenshin.toml"))
    by_date: dict[datetime, list[dict[str, Any]]] = {}
    for account, at, score in given_scores(made):
        band = "red" if score <= 50 else "green"
        row = a_row(f"{account}-{at:%m%d}", account, at, health_score=score, band=band,
                    plan="Team" if account < "A00075" else "Firm")  # fmt: skip
        by_date.setdefault(at, []).append(row)
    for at, rows in by_date.items():
        save_run(engine, a_run(f"r{at:%m%d}", at, created_at=at + timedelta(hours=6)), rows)
    engine.dispose()
    return made


def given_scores(folder: Path) -> Iterator[tuple[str, datetime, int]]:
    """Yield account, instant and health score of everybody who had not left."""
    settings = load_settings(folder / "kenshin.toml")
    tables = load_tables(settings).tables
    gone = departures(tables, settings).to_pylist()
    left = {row["account_id"]: row["left_at"] for row in gone}
    for place in range(150):
        account = f"A{place + 1:05d}"
        for week in range(WEEKS):
            at = FIRST + timedelta(weeks=week)
            away = left.get(account, datetime(2030, 1, 1)) - at
            if away > timedelta(0):
                near = away <= timedelta(weeks=10) and place % 4 != 0
                yield account, at, 30 if near else 90


def run(folder: Path, *arguments: str) -> Result:
    result = CliRunner().invoke(app, [*arguments, "--config", str(folder / "kenshin.toml")])
    if result.exception is not None and not isinstance(result.exception, KenshinError):
        raise result.exception
    return result


def refused(folder: Path, *arguments: str) -> KenshinError:
    result = run(folder, *arguments)
    assert isinstance(result.exception, KenshinError), result.stdout
    return result.exception


def test_it_is_made_on_the_scores_as_issued_and_says_so(folder: Path) -> None:
    checked = json.loads(run(folder, "answer-check", "--json").stdout)
    assert checked["basis"] == "issued"
    assert checked["scores"]["out_of_time"] == 0
    at_eight = next(week for week in checked["weeks"] if week["weeks"] == 8)
    assert at_eight["red"] + at_eight["green"] == at_eight["scored"] > 0
    assert at_eight["green"] == len(checked["misses"])
    assert all(miss["unseen"] is not None for miss in checked["misses"])


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("as they were issued", "Weeks before", "Contacted", "Missed", "By segment")),
        ("ja", ("発行時のスコア", "解約の何週前", "対応あり", "見逃した会社", "区分別")),
    ],
)
def test_it_prints_every_part_for_people(
    folder: Path, language: str, words: tuple[str, ...]
) -> None:
    said = run(folder, "answer-check", "--lang", language).stdout
    for word in words:
        assert word in said


def test_the_whole_check_is_kept_for_the_page_and_a_part_is_not(
    folder: Path, tmp_path: Path
) -> None:
    kept = folder / ".kenshin" / "answer-check.json"
    whole = json.loads(run(folder, "answer-check", "--json").stdout)
    before = kept.read_bytes()
    assert json.loads(before)["weeks"] == whole["weeks"]
    part = json.loads(run(folder, "answer-check", "--from", "2026-08-15", "--json").stdout)
    assert part["left"] < whole["left"]
    assert part["period"][0] == "2026-08-15T00:00:00"
    assert kept.read_bytes() == before


def test_every_figure_goes_to_a_csv(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "answers.csv"
    checked = json.loads(run(folder, "answer-check", "--json", "--csv", str(file)).stdout)
    with file.open(encoding="utf-8-sig", newline="") as opened:
        rows = list(csv.DictReader(opened))
    weeks = {(row["group"], row["measure"]): row for row in rows
             if row["part"] == "weeks before leaving"}  # fmt: skip
    for week in checked["weeks"]:
        for band in ("red", "yellow", "green", "no_data"):
            line = weeks[str(week["weeks"]), band]
            assert (int(line["count"]), int(line["of"])) == (week[band], week["scored"])
    assert rows[0]["name"] == checked["verdict"]["result"]
    assert sum(row["part"] == "miss" for row in rows) == len(checked["misses"])


def test_one_segment_can_be_asked_for(folder: Path) -> None:
    asked = json.loads(run(folder, "answer-check", "--segment", "plan", "--json").stdout)
    assert {line["column"] for line in asked["segments"]} == {"plan"}
    assert "Known: plan" in refused(folder, "answer-check", "--segment", "planet").fix


def their_scores(folder: Path, file: Path) -> Path:
    """Write scores somebody else gave: ours, better by 30 points."""
    with file.open("w", encoding="utf-8", newline="") as opened:
        written = csv.writer(opened)
        written.writerow(["Id", "Date", "Health"])
        for account, as_of, score in given_scores(folder):
            written.writerow([account, as_of.date(), min(100, score + 30)])
    return file


def test_anybodys_score_goes_through_the_same_check_beside_ours(
    folder: Path, tmp_path: Path
) -> None:
    file = their_scores(folder, tmp_path / "theirs.csv")
    asked = ("--scores", str(file), "--columns", "account_id=Id,as_of=Date,score=Health")
    found = json.loads(run(folder, "answer-check", *asked, "--higher-is-better", "--json").stdout)
    (side,) = found["beside"]
    assert side["left"] == side["ours"]["scored"] == side["theirs"]["scored"] > 0
    assert side["theirs"]["red"] <= side["ours"]["red"]
    said = run(folder, "answer-check", *asked, "--higher-is-better", "--lang", "en").stdout
    assert "theirs.csv" in said
    assert "Ours on the same dates" in said


def test_anybodys_score_needs_no_model_of_ours(folder: Path, tmp_path: Path) -> None:
    file = their_scores(folder, tmp_path / "theirs.csv")
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns(".kenshin"))
    asked = ("answer-check", "--scores", str(file), "--red-at", "60", "--green-at", "90", "--json")
    found = json.loads(run(copy, *asked).stdout)
    assert found["beside"] == []
    assert found["left"] > 0
    assert found["lead_time"]["of"] == found["left"]


def test_scores_of_strangers_are_refused(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "theirs.csv"
    file.write_text("id,date,band\nnobody,2026-09-01,red\n", encoding="utf-8")
    assert "'nobody'" in refused(folder, "answer-check", "--scores", str(file)).found
    wrong = refused(folder, "answer-check", "--scores", str(file), "--columns", "who=id")
    assert "account_id" in wrong.fix
