"""A company nobody has left: checked, trained, scored, explained, served and reproduced."""

import json
import shutil
import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from features.errors import DamagedBundleError
from features.settings import Bands, load_settings
from serving.app import create_app
from serving.cli import app
from serving.drift.current import current
from serving.drift.shift import score_shift
from serving.drift.verdict import score_sentences
from serving.store.engine import open_store
from serving.store.scores import numbers, runs
from tests.builders.first_day import company
from tests.builders.served import Client
from training import foresight
from training.bundle import champion
from training.scale import band, shown
from training.scorecard.reading import APPLIED
from training.scorecard_bundle import ScorecardBundle


def run(config: Path, *arguments: str) -> Result:
    result = CliRunner().invoke(app, [*arguments, "--config", str(config)])
    assert result.exit_code == 0, result.stdout + result.stderr
    return result


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Train without the long search for leaks: tests/test_readme.py searches the very same rows."""
    config = company(tmp_path_factory.mktemp("first_day"))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(foresight, "require_none", lambda *_: None)
        return config, run(config, "train").stdout


@pytest.fixture(scope="module")
def config(trained: tuple[Path, str]) -> Path:
    run(trained[0], "score")
    return trained[0]


@pytest.fixture(scope="module")
def client(config: Path) -> Client:
    return Client(create_app(load_settings(config)))


@pytest.fixture
def searched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare the long search for leaks, as ``trained`` does."""
    monkeypatch.setattr(foresight, "require_none", lambda *_: None)


def scores(config: Path) -> list[dict[str, Any]]:
    connection = sqlite3.connect(load_settings(config).workspace / "store.db")
    connection.row_factory = sqlite3.Row
    query = "select * from scores where kind = 'issued' order by health_score, account_id"
    return [dict(row) for row in connection.execute(query)]


def test_training_says_in_words_that_the_scorecard_serves_and_from_when_on_it_learns(
    trained: tuple[Path, str],
) -> None:
    said = trained[1]
    assert "a prior, not yet learned" in said
    assert "No account has left so far; it learns from 10 on" in said
    assert "no probability yet" in said
    assert "it serves from now on" not in said, "that is what a model's training says"


def test_every_live_account_has_points_and_none_has_a_probability(config: Path) -> None:
    rows = scores(config)
    assert len(rows) > 10
    assert all(row["churn_probability"] is None for row in rows)
    assert all(row["churn_probability_low"] is None for row in rows)
    given = [row for row in rows if row["health_score"] is not None]
    assert given, "the starter card scores a simulated company"
    assert all(row["scorecard_score"] == row["health_score_exact"] for row in given)


def test_an_explanation_adds_up_and_says_that_nothing_is_learned(config: Path) -> None:
    account = scores(config)[0]["account_id"]
    assert "まだ学習していない" in run(config, "explain", account, "--lang", "ja").stdout
    assert "a prior, not yet learned" in run(config, "explain", account, "--lang", "en").stdout
    record = json.loads(run(config, "explain", account, "--json").stdout)
    points = [driver["points"] for driver in record["drivers"]]
    assert record["baseline_points"] + sum(points) == record["health_score"]
    assert record["churn_probability"] is None
    assert record["revenue_at_risk"] is None, "it does not exist, which is not 0"
    assert record["scorecard_score"] == record["health_score"]


def test_a_score_comes_out_again_to_the_last_bit(config: Path) -> None:
    for row in (scores(config)[0], scores(config)[-1]):
        said = json.loads(run(config, "reproduce", row["score_id"], "--json").stdout)
        assert said["largest_difference"] == 0.0
        assert said["churn_probability"] is None


def test_a_batch_says_what_the_store_says(config: Path, tmp_path: Path) -> None:
    run(config, "score", "--out", str(tmp_path / "out"))
    table = pq.read_table(tmp_path / "out").sort_by("account_id").to_pylist()
    stored = sorted(scores(config), key=lambda row: row["account_id"])
    for mine, theirs in zip(table, stored, strict=True):
        for name in ("score_id", "health_score", "health_score_exact", "scorecard_score", "band"):
            assert mine[name] == theirs[name]
        assert mine["churn_probability"] is None


@pytest.mark.parametrize("language", ["ja", "en"])
def test_pages_show_scores_without_a_probability_or_a_loss(
    config: Path, client: Client, language: str
) -> None:
    said = {"ja": "まだ学習していません", "en": "a prior, not yet learned"}[language]
    account = scores(config)[0]["account_id"]
    for address in ("/", f"/accounts/{account}", "/model-check"):
        page = client.get(f"{address}?lang={language}")
        assert page.status_code == 200, address
        if address != "/model-check":
            assert said in page.text, address
    portfolio = client.get(f"/?lang={language}").text
    assert {"ja": "想定損失額", "en": "is expected to leave"}[language] not in portfolio
    listed = portfolio.index(f"/accounts/{account}", portfolio.index('id="rows"'))
    later = scores(config)[-1]["account_id"]
    found = portfolio.find(f"/accounts/{later}", portfolio.index('id="rows"'))
    assert found == -1 or listed < found, "the lowest score comes first"


def test_the_api_answers_null_where_nothing_is_known(config: Path, client: Client) -> None:
    account = scores(config)[0]["account_id"]
    model = client.get("/v1/model").json()
    assert model["kind"] == "scorecard"
    assert model["scale"] is None
    assert model["evaluation"]["scorecard"]["stage"] == "prior"
    answer = client.get(f"/v1/accounts/{account}").json()
    assert answer["score"]["churn_probability"] is None
    asked = {"accounts": [{"account_id": account, "features": {"active_days_28d": 20}}]}
    changed = client.post("/v1/predictions", asked).json()["predictions"][0]
    assert changed["kind"] == "computed"
    assert changed["churn_probability"] is None
    assert (
        changed["baseline_points"] + sum(d["points"] for d in changed["drivers"])
        == (changed["health_score"])
    )
    listed = client.get("/v1/accounts", params={"order": "expected_loss"}).json()
    assert all(line["revenue_at_risk"] is None for line in listed["accounts"])


def test_drift_watches_the_points_where_there_is_no_probability(config: Path) -> None:
    settings = load_settings(config)
    engine = open_store(settings)
    found = current(settings, engine, "v1")
    engine.dispose()
    given = [row["health_score_exact"] for row in scores(config) if row["health_score"] is not None]
    assert sorted(found.probability) == pytest.approx(sorted(1 - s / 100 for s in given))
    reference = champion(settings).reference
    assert reference["probability"]["of"] == "score"
    worse = np.clip(np.resize(found.probability, 400) + 0.4, 0, 1)
    shift = score_shift(worse, reference)
    assert shift.level != "none"
    assert "mean health score went from" in score_sentences(shift)[0].en


def test_another_byte_in_the_card_is_refused_before_it_is_parsed(
    config: Path, tmp_path: Path
) -> None:
    copied = Path(shutil.copytree(config.parent, tmp_path / "company"))
    settings = load_settings(copied / "kenshin.toml")
    bundle = champion(settings)
    assert isinstance(bundle, ScorecardBundle)
    card = bundle.folder / "scorecard.json"
    card.write_bytes(card.read_bytes().replace(b'"weight":', b'"weigth":', 1))
    with pytest.raises(DamagedBundleError, match=r"other bytes in scorecard\.json"):
        champion(settings)


@pytest.mark.slow
@pytest.mark.usefixtures("searched")
def test_training_again_gives_the_same_card(config: Path, tmp_path: Path) -> None:
    copied = Path(shutil.copytree(config.parent, tmp_path / "company"))
    before = champion(load_settings(copied / "kenshin.toml"))
    run(copied / "kenshin.toml", "train")
    after = champion(load_settings(copied / "kenshin.toml"))
    assert after.version != before.version
    for name in ("scorecard.json", "schema.json", "scale.json", "golden.json", "reference.json"):
        assert (after.folder / name).read_bytes() == (before.folder / name).read_bytes(), name


@pytest.mark.slow
@pytest.mark.usefixtures("searched")
def test_a_history_shorter_than_one_label_window_is_scored_as_well(
    config: Path, tmp_path: Path
) -> None:
    copied = Path(shutil.copytree(config.parent, tmp_path / "company"))
    text = (copied / "kenshin.toml").read_text(encoding="utf-8")
    longer = text.replace("horizon_days = 90", "horizon_days = 900")
    assert longer != text
    (copied / "kenshin.toml").write_text(longer, encoding="utf-8")
    assert "a prior, not yet learned" in run(copied / "kenshin.toml", "train").stdout
    assert datetime.fromisoformat(
        champion(load_settings(copied / "kenshin.toml")).manifest["created_at"]
    )


@pytest.mark.slow
@pytest.mark.usefixtures("searched")
def test_a_card_that_serves_has_the_bands_written_on_it(config: Path, tmp_path: Path) -> None:
    copied = Path(shutil.copytree(config.parent, tmp_path / "company")) / "kenshin.toml"
    (copied.parent / "scorecard.toml").write_text(TWO_CARDS, encoding="utf-8")
    run(copied, "train")
    run(copied, "score")
    bundle = champion(load_settings(copied))
    assert isinstance(bundle, ScorecardBundle)
    assert bundle.bands == Bands(), "the company's stay what they are for everybody else"
    latest = runs(open_store(load_settings(copied)))[-1]
    assert latest["model_version"] == bundle.version
    rows = [row for row in scores(copied) if row["run_id"] == latest["run_id"]]
    given = [row for row in rows if row["health_score"] is not None]
    own, company_s = Bands(green=99, red=97), Bands()
    cards = {row["account_id"]: card_of(row, bundle) for row in given}
    assert set(cards.values()) == {"new", "veteran"}, "one card has bands of its own, one has none"
    for row in given:
        cuts = own if cards[row["account_id"]] == "veteran" else company_s
        exact = row["health_score_exact"]
        assert (row["band"], row["health_score"]) == (band(exact, cuts), shown(exact, cuts))
    moved = [row for row in given if row["band"] != band(row["health_score_exact"], company_s)]
    assert moved, "the company's bands would have said otherwise"
    the_same_everywhere(copied, moved[0], tmp_path)


def the_same_everywhere(config: Path, row: dict[str, Any], tmp_path: Path) -> None:
    """Check that batch, API, explanation and page show an account's own bands."""
    run(config, "score", "--out", str(tmp_path / "out"))
    batch = {one["account_id"]: one for one in pq.read_table(tmp_path / "out").to_pylist()}
    account, wanted = row["account_id"], (row["band"], row["health_score"])
    assert (batch[account]["band"], batch[account]["health_score"]) == wanted
    client = Client(create_app(load_settings(config)))
    asked = {"accounts": [{"account_id": account, "features": {"tickets_open": 0}}]}
    computed = client.post("/v1/predictions", asked).json()["predictions"][0]
    assert computed["kind"] == "computed"
    assert computed["band"] == band(computed["health_score"], Bands(green=99, red=97))
    assert computed["scorecard_score"] == computed["health_score"]
    stored = client.get(f"/v1/accounts/{account}").json()["score"]
    assert (stored["band"], stored["scorecard_score"]) == wanted
    assert "act now up to 97, healthy from 99" in client.get(f"/accounts/{account}?lang=en").text


def card_of(row: dict[str, Any], bundle: ScorecardBundle) -> str:
    """Return the code of the card that a stored score was given by."""
    place = [feature.name for feature in bundle.features].index(APPLIED)
    return bundle.reading.scorecard.card[int(numbers(row["values"])[place])].code


TWO_CARDS = """
title = { ja = "例", en = "An example" }

[[card]]
code = "new"
title = { ja = "新規", en = "New" }
success = { ja = "使う", en = "Uses it" }
when = { tenure_below_days = 200 }

[[card.indicator]]
feature = "active_days_28d"
weight = 60
bounded = { none_at = 0, all_at = 20 }

[[card.indicator]]
feature = "tickets_open"
weight = 40
steps = [{ up_to = 0, share = 1 }, { share = 0 }]

[[card]]
code = "veteran"
title = { ja = "既存", en = "Established" }
success = { ja = "使う", en = "Uses it" }
bands = { green = 99, red = 97 }

[[card.indicator]]
feature = "active_days_28d"
weight = 60
bounded = { none_at = 0, all_at = 20 }

[[card.indicator]]
feature = "tickets_open"
weight = 40
steps = [{ up_to = 0, share = 1 }, { share = 0 }]
"""
