"""``kenshin scorecard`` on a simulated company, and on a flat table."""

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from features.errors import SettingsError, UnknownAccountError
from features.simulator import CompanyPlan, simulate
from serving.cli import app
from training.scorecard import load


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("company")
    plan = CompanyPlan(
        accounts=60, start=date(2025, 9, 1), end=date(2026, 11, 20), seed=11, events_scale=0.2
    )
    simulate(plan, made)
    result = run(made, "init")
    assert result.exit_code == 0, result.output
    return made


@pytest.fixture(scope="module")
def scores(folder: Path) -> dict[str, Any]:
    return told(folder, "score")


def run(folder: Path, *arguments: str) -> Result:
    config = ["--config", str(folder / "kenshin.toml")]
    return CliRunner().invoke(app, ["scorecard", *arguments, *config])


def told(folder: Path, *arguments: str) -> dict[str, Any]:
    result = run(folder, *arguments, "--json")
    assert result.exception is None, result.output
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def test_init_writes_a_card_that_loads_and_never_over_one(folder: Path) -> None:
    card = load(folder / "scorecard.toml")
    assert [c.code for c in card.card] == ["new", "veteran"]
    assert card.churn is not None
    assert card.churn.allowed_gap_days == 30
    again = run(folder, "init")
    assert isinstance(again.exception, SettingsError)
    assert "is there already" in str(again.exception)
    mistyped = run(folder, "init", "--kind", "sass", "--out", str(folder / "x.toml"))
    assert "did you mean 'saas'" in str(mistyped.exception)


def test_check_says_points_coverage_and_what_the_indicators_are_called(
    folder: Path, scores: dict[str, Any]
) -> None:
    found = told(folder, "check", "--no-history")
    assert all(sum(shares.values()) == pytest.approx(100) for shares in found["weights"].values())
    covered = sum(card["accounts"] for card in found["coverage"].values())
    assert covered == len(scores["accounts"])
    assert found["version"] == scores["version"]
    assert found["accuracy"] is None
    screen = run(folder, "check", "--no-history", "--lang", "en").stdout
    assert "Every account has exactly one card." in screen
    assert "Initial set-up done" in screen
    assert "AUC" not in screen


def test_score_prints_points_that_add_up_and_the_sentences_of_one_account(
    folder: Path, scores: dict[str, Any]
) -> None:
    for row in scores["accounts"]:
        if row["withheld"] is None:
            total = row["baseline"] + sum(row["points"].values())
            assert total == row["health_score_exact"]
            assert row["baseline_shown"] + sum(row["points_shown"].values()) == row["health_score"]
    account = scores["accounts"][0]["account_id"]
    screen = run(folder, "score", "--account", account).stdout
    assert "どの指標も良くも悪くもない会社" in screen
    assert str(scores["accounts"][0]["health_score"]) in screen


def test_a_fault_in_the_file_is_told_before_anything_is_read(folder: Path) -> None:
    broken = folder / "broken.toml"
    text = (folder / "scorecard.toml").read_text("utf-8")
    broken.write_text(text.replace("weight = 30", "wieght = 30", 1), "utf-8")
    for command in ("check", "learn"):
        result = run(folder, command, "--file", str(broken))
        assert isinstance(result.exception, SettingsError)
        assert "indicator 'setup_done', wieght (did you mean 'weight'?)" in str(result.exception)


FLAT = """
[flat]
file = "rows.csv"
account_id = "id"
label = "left"
"""
CARD = """
title = { ja = "試験", en = "Test" }
[[card]]
code = "all"
title = { ja = "全員", en = "All" }
success = { ja = "使う", en = "Uses it" }
# How often it is used.
[[card.indicator]]
feature = "uses"
weight = 1
bounded = { none_at = 0, all_at = 20 }
[[card.indicator]]
feature = "calls"
weight = 1
bounded = { none_at = 10, all_at = 0 }
"""


@pytest.fixture
def flat(tmp_path: Path) -> Path:
    rows = [f"A{i},{i % 21},{i % 11},{int(i % 21 < 6 and i % 3 > 0)}" for i in range(200)]
    (tmp_path / "rows.csv").write_text("\n".join(["id,uses,calls,left", *rows]) + "\n", "utf-8")
    (tmp_path / "kenshin.toml").write_text(FLAT, "utf-8")
    (tmp_path / "scorecard.toml").write_text(CARD, "utf-8")
    return tmp_path


def test_a_flat_table_has_no_starter_but_may_have_a_card_of_its_own(flat: Path) -> None:
    assert len(told(flat, "score")["accounts"]) == 200
    unknown = run(flat, "score", "--account", "nobody")
    assert isinstance(unknown.exception, UnknownAccountError)
    (flat / "scorecard.toml").unlink()
    for command in ("init", "check", "score"):
        assert "columns of a flat table are its own" in str(run(flat, command).exception)


def test_learn_offers_a_diff_and_writes_only_when_asked(flat: Path) -> None:
    screen = run(flat, "learn", "--strength", "5").stdout
    assert "An offer only" in screen
    japanese = run(flat, "learn", "--strength", "5", "--lang", "ja").stdout
    assert re.search(r"uses：100点中 \d+点 → [\d.]+点（\+[\d.]+）", japanese)
    assert "log loss" not in japanese
    assert " of 100" not in japanese
    assert (flat / "scorecard.toml").read_text("utf-8") == CARD
    out = flat / "learned.toml"
    found = told(flat, "learn", "--strength", "5", "--out", str(out))
    assert "Not out of time" in found["design"]["en"]
    assert {change["key"] for change in found["changes"]} == {"weight"}
    assert {c["indicator"]: c["after"] for c in found["changes"]}["uses"] > 80
    assert found["diff"][0] in screen
    assert found["gain"]["auc"]["low"] > 0
    assert load(out).version == found["after"]["version"] != found["before"]["version"]
    assert "# How often it is used." in out.read_text("utf-8")
    assert "is there already" in str(run(flat, "learn", "--out", str(out)).exception)
    both = run(flat, "learn", "--write", "--out", str(flat / "y.toml"))
    assert "either --out or --write" in str(both.exception)
    assert told(flat, "learn", "--strength", "1e9")["changes"] == []


def test_check_judges_by_the_past_with_its_n(flat: Path) -> None:
    accuracy = told(flat, "check")["accuracy"]
    assert accuracy["whole"]["rows"] == accuracy["cards"]["all"]["rows"] > 90
    assert accuracy["whole"]["auc"]["value"] > 0.7
    assert accuracy["whole"]["red_churns"] <= accuracy["whole"]["churns"]
    screen = run(flat, "check", "--lang", "en").stdout
    assert f"{accuracy['whole']['auc']['value']:.3f}" in screen


def test_write_puts_learned_weights_into_the_file_of_the_card(flat: Path) -> None:
    found = told(flat, "learn", "--strength", "5", "--write")
    assert found["written"] == str(flat / "scorecard.toml")
    assert load(flat / "scorecard.toml").version == found["after"]["version"]


def test_a_history_without_leavers_is_a_sentence_and_no_failure(flat: Path) -> None:
    rows = (flat / "rows.csv").read_text("utf-8").splitlines()
    (flat / "rows.csv").write_text(
        "\n".join(r[:-1] + "0" if r[0] == "A" else r for r in rows) + "\n"
    )
    found = told(flat, "learn")
    assert found["changes"] == []
    assert found["after"]["whole"]["auc"] is None
    assert told(flat, "check")["accuracy"]["whole"]["churns"] == 0
