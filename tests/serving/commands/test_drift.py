import json
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from features.errors import NotReadyError
from features.settings import load_settings
from serving.cli import app
from tests.builders.drift import AS_OF, world
from tests.builders.watched import scored, watched

RUNNER = CliRunner()


def test_the_verdict_is_printed_with_what_to_do(tmp_path: Path) -> None:
    config = watched(tmp_path, world(2, 900))
    done = RUNNER.invoke(app, ["drift", "--config", str(config)], catch_exceptions=False)
    assert done.exit_code == 0
    assert "900 accounts at 2026-04-01, against 1,000 reference rows of model v1." in done.stdout
    assert "OK: Input and scores are like those the model was fitted on." in done.stdout
    assert "→ Nothing to do." in done.stdout
    assert "Weight" in done.stdout


def test_the_verdict_is_said_in_japanese_where_the_company_is(tmp_path: Path) -> None:
    now = world(2, 900)
    now["count"] = now["count"] * 1_000
    config = watched(tmp_path, now, language="ja")
    done = RUNNER.invoke(app, ["drift", "--config", str(config)], catch_exceptions=False)
    assert "BROKEN: データが壊れています。" in done.stdout
    assert "count（日本語）（列 count）の大きさが1,000倍になりました（4 → 4,000）。" in done.stdout
    other = RUNNER.invoke(app, ["drift", "--config", str(config), "--lang", "en"])
    assert "BROKEN: The data are broken." in other.stdout


def test_json_is_one_document_on_standard_output(tmp_path: Path) -> None:
    config = watched(tmp_path, world(2, 900))
    done = RUNNER.invoke(app, ["drift", "--json", "--config", str(config)], catch_exceptions=False)
    document = json.loads(done.stdout)
    assert document["word"] == "ok"
    assert document["as_of"] == "2026-04-01T00:00:00Z"
    assert document["model_version"] == "v1"
    assert {shift["feature"] for shift in document["features"]} == set(world(1, 5))


def test_a_feed_that_fell_silent_is_named_by_its_table(tmp_path: Path) -> None:
    config = watched(tmp_path, world(2, 900), silent_days=6)
    done = RUNNER.invoke(app, ["drift", "--json", "--config", str(config)], catch_exceptions=False)
    document = json.loads(done.stdout)
    assert document["word"] == "broken"
    assert document["findings"][0]["code"] == "stale_table"
    assert document["findings"][0]["evidence"]["column"] == "events"


def test_half_the_accounts_of_the_run_before_are_named(tmp_path: Path) -> None:
    config = watched(tmp_path, world(2, 900))
    scored(load_settings(config), world(3, 450), AS_OF + timedelta(days=7), "v1")
    done = RUNNER.invoke(app, ["drift", "--json", "--config", str(config)], catch_exceptions=False)
    codes = [finding["code"] for finding in json.loads(done.stdout)["findings"]]
    assert "row_count" in codes


def test_scores_of_another_model_are_not_compared(tmp_path: Path) -> None:
    config = watched(tmp_path, world(2, 60))
    scored(load_settings(config), world(3, 60), AS_OF + timedelta(days=7), "v0")
    with pytest.raises(NotReadyError, match="scores by the champion v1; found scores by v0"):
        RUNNER.invoke(app, ["drift", "--config", str(config)], catch_exceptions=False)


def test_without_scores_the_answer_is_what_to_run(tmp_path: Path) -> None:
    config = watched(tmp_path, world(2, 60))
    (tmp_path / ".kenshin" / "store.db").unlink()
    with pytest.raises(NotReadyError, match=r"Run `kenshin score`"):
        RUNNER.invoke(app, ["drift", "--config", str(config)], catch_exceptions=False)


@pytest.mark.slow
def test_the_report_is_a_file_to_open(tmp_path: Path) -> None:
    config, page = watched(tmp_path, world(2, 900)), tmp_path / "drift.html"
    done = RUNNER.invoke(
        app, ["drift", "--config", str(config), "--report", str(page)], catch_exceptions=False
    )
    assert f"Report: {page}" in done.stderr
    assert "Kenshin&#x27;s verdict: ok (2026-04-01). Below, 900 of 900 accounts" in page.read_text()
