"""How a company stands, in five lines."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from serving.access import keys
from serving.cli import app
from serving.drift import kept
from serving.status import status
from serving.store.engine import open_store
from serving.store.scores import save_run
from tests.builders.runs import a_row, a_run
from tests.builders.served import Served, served
from tests.builders.store import AS_OF, settings_in

NOW = AS_OF + timedelta(hours=5)


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Served]:
    made = served(tmp_path, accounts=6, weeks=1)
    kept.keep(made.settings, {"word": "ok"}, AS_OF)
    yield made
    made.engine.dispose()


def looked_at(company: Served, now: datetime = NOW) -> list[str]:
    found = status(company.settings, company.engine, now)
    assert found.look == bool(found.document["look"])
    return [line.name for line in found.lines if line.look]


def test_a_company_that_is_well_asks_for_nobody(company: Served) -> None:
    assert looked_at(company) == []


def test_scores_of_the_day_before_yesterday_ask_for_somebody(company: Served) -> None:
    assert looked_at(company, AS_OF + timedelta(hours=36)) == []
    assert looked_at(company, AS_OF + timedelta(hours=37)) == ["scores"]


def test_a_feed_that_stopped_is_named_with_its_days(company: Served) -> None:
    run = a_run("late", AS_OF + timedelta(hours=1), stale_feeds={"tickets": 12.0})
    save_run(company.engine, run, [a_row("s", as_of=run["as_of"])])
    found = status(company.settings, company.engine, NOW)
    assert looked_at(company) == ["feeds"]
    assert "tickets silent for 12 days" in [line.said for line in found.lines]


@pytest.mark.parametrize("word", ["ok", "watch", "drifted", "broken"])
def test_only_drift_that_wants_something_done_asks_for_somebody(company: Served, word: str) -> None:
    kept.keep(company.settings, {"word": word}, AS_OF)
    assert looked_at(company) == (["drift"] if word in ("drifted", "broken") else [])


def test_a_key_that_ends_soon_is_named_and_a_revoked_one_is_not(company: Served) -> None:
    def make(name: str, days: int) -> str:
        made = keys.create(
            company.engine, name, ["read"], now=NOW, by="me", lasts=timedelta(days=days)
        )
        return made.key.key_id

    make("long", 90)
    assert looked_at(company) == []
    soon = make("crm", 10)
    assert looked_at(company) == ["keys"]
    assert status(company.settings, company.engine, NOW).document["keys"]["ending"] == [soon]
    keys.revoke(company.engine, soon, now=NOW, by="me")
    assert looked_at(company, NOW + timedelta(minutes=1)) == []


def test_an_empty_workspace_is_told_what_to_run(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    engine = open_store(settings)
    found = status(settings, engine, NOW)
    engine.dispose()
    said = " ".join(line.said for line in found.lines)
    for command in ("kenshin train", "kenshin score", "kenshin drift"):
        assert command in said


def test_the_command_says_it_for_people_and_programs_and_in_its_exit_code(
    company: Served, tmp_path: Path
) -> None:
    kept.path(company.settings).unlink()
    config = ["status", "--config", str(tmp_path / "kenshin.toml")]
    for_people = CliRunner().invoke(app, config)
    for_programs = CliRunner().invoke(app, [*config, "--json"])
    assert (for_people.exit_code, for_programs.exit_code) == (1, 1)
    assert "! drift" in for_people.stdout
    document = json.loads(for_programs.stdout)
    assert "drift" in document["look"]
    assert document["model"]["version"] == "v1"
