"""The six public data sets from end to end: check, train, score, explain, by every door."""

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import pytest
import sqlalchemy as sa
from _pytest.mark import ParameterSet
from typer.testing import CliRunner

from features.catalog import Language
from features.errors import NoSignalError, NotReadyError
from features.settings import Settings, load_settings
from serving import explanation, records
from serving.accounts.answers import explanation as answered
from serving.app import create_app
from serving.cli import app
from serving.explanation import Explanation, explain
from serving.plays import plays_of
from serving.store import scores
from serving.store.engine import open_store
from serving.store.scores import StoredRow
from tests.builders.served import Client
from training.bundle import Bundle, bundles, champion
from training.calibration import Calibration

EXAMPLES = Path(__file__).parents[1] / "examples"
DATA = Path(os.environ.get("KENSHIN_SHARED_DATA", EXAMPLES.parent / "../shared/data")).resolve()
SAMPLE = 250
LANGUAGES: tuple[Language, ...] = ("ja", "en")

pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not DATA.is_dir(), reason=f"the public data sets are not at {DATA}"),
]


@dataclass(frozen=True)
class Task:
    """An example as it is run here.

    Attributes
    ----------
    test : tuple of int and float, optional
        Rows and base rate of the test in the data's README; None where only a part is run.
    long : bool
        Whether it belongs to the long proofs of `make test-scale`.
    every : int
        Of a flat table, every so many rows are taken.
    """

    name: str
    file: str = "kenshin.toml"
    test: tuple[int, float] | None = None
    long: bool = False
    every: int = 1

    @property
    def id(self) -> str:
        part = "" if self.every == 1 else f"/{self.every}"
        return f"{self.name}/{self.file.removesuffix('.toml')}{part}"


TASKS = (
    Task("online_retail", test=(2219, 0.402)),
    Task("crm6", test=(1803, 0.038), long=True),
    Task("socialnet7", test=(4666, 0.016), long=True),
    Task("cell2cell", long=True, every=16),
    Task("ibm_telco", test=(7043, 0.265), long=True),
    Task("ibm_telco", every=4),
)
"""cell2cell is run in part only; `make results` runs the whole."""


@pytest.fixture(scope="module")
def mlruns(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One tracking database for all data sets: making one costs seconds."""
    return tmp_path_factory.mktemp("mlruns")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, mlruns: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep everything that a run writes away from the examples."""
    monkeypatch.setenv("KENSHIN_SHARED_DATA", str(DATA))
    monkeypatch.setenv("KENSHIN_WORKSPACE_FOLDER", str(tmp_path / "workspace"))
    monkeypatch.setenv("KENSHIN_MLFLOW__FOLDER", str(mlruns))
    monkeypatch.setenv("KENSHIN_MLFLOW__MODEL", tmp_path.name)
    monkeypatch.setenv("KENSHIN_TRAINING__FOLDS", "2")  # fewer models, the same rows


def _config(task: Task, folder: Path) -> Path:
    """Return the example's settings file, or one over a part of its accounts."""
    config = EXAMPLES / task.name / task.file
    text = config.read_text(encoding="utf-8")
    if task.every == 1:
        return config
    found = re.search(r'^file = "\$\{\w+[^}]*\}/(.*)"$', text, re.MULTILINE)
    assert found is not None
    part = _some_rows(found.group(1), folder, task.every)
    text = text.replace(found.group(0), f'file = "{part}"')
    (folder / task.file).write_text(text, encoding="utf-8")
    return folder / task.file


def _some_rows(file: str, folder: Path, every: int) -> Path:
    """Write every so many rows of a CSV file, zipped or not, as they stand; return the file."""
    from features.sources.archives import unpacked

    whole = unpacked(DATA / file, folder)
    part = folder / "part.csv"
    lines = whole.read_text(encoding="utf-8").splitlines(keepends=True)
    part.write_text("".join([lines[0], *lines[1::every]]), encoding="utf-8")
    return part


def _kenshin(*arguments: object) -> Any:  # noqa: ANN401 - JSON
    """Run a command with ``--json`` and return what it answered."""
    result = CliRunner().invoke(app, [str(one) for one in (*arguments, "--json")])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return json.loads(result.stdout)


def _case(task: Task) -> ParameterSet:
    return pytest.param(task, id=task.id, marks=[pytest.mark.scale] if task.long else [])


@pytest.mark.parametrize("task", [_case(task) for task in TASKS])
def test_every_account_adds_up_and_every_door_gives_one_probability(
    task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = _config(task, tmp_path)
    settings = load_settings(config)
    assert _kenshin("check", "--config", config)["usable"]
    trained = _kenshin("train", "--config", config)
    assert trained["verdict"] == "usable"
    if task.test is not None:
        found = trained["evaluation"]["test"]
        assert found["rows"] == task.test[0]
        assert found["base_rate"] == pytest.approx(task.test[1], abs=0.0006)
    issued = _kenshin("score", "--config", config)[-1]
    engine = open_store(settings)
    try:
        rows = scores.rows_of(engine, issued["run_id"])
        run = scores.run_by_id(engine, issued["run_id"])
        assert run is not None
        assert len(rows) == issued["accounts"] > SAMPLE
        bundle = champion(settings)
        _probabilities_agree(rows, bundle)
        for row in rows:
            _adds_up(records.record(row, run, bundle, settings), row, run, bundle, settings)
        scored = [row for row in rows if row["abstain_reason"] is None]
        withheld = [row for row in rows if row["abstain_reason"] is not None]
        sample = scored[:: max(1, len(scored) // SAMPLE)]
        assert len(sample) >= 200
        with monkeypatch.context() as loaded_once:  # the command below loads it again
            known = {bundle.version: bundle}
            loaded_once.setattr(explanation, "stored_bundle", lambda _, version: known[version])
            _doors_agree(sample + withheld[:SAMPLE], settings, engine, bundle)
    finally:
        engine.dispose()
    _command_adds_up(sample[0], config)
    for row in withheld[:1]:
        _command_says_why(row, config)


def _probabilities_agree(rows: Sequence[StoredRow], bundle: Bundle) -> None:
    """All at once: the store, the bundle, and the files of the bundle taken by themselves."""
    scored = [row for row in rows if row["churn_probability"] is not None]
    matrix = np.stack([scores.numbers(row["values"]) for row in scored])
    stored = np.array([row["churn_probability"] for row in scored])
    assert np.all((stored > 0) & (stored < 1))
    assert np.abs(bundle.predict(matrix) - stored).max() <= 1e-9
    margin = lgb.Booster(model_file=bundle.folder / "booster.txt").predict(matrix, raw_score=True)
    calibration = json.loads((bundle.folder / "calibration.json").read_text(encoding="utf-8"))
    log_odds = Calibration(**calibration).log_odds(np.asarray(margin))
    assert np.abs(1 / (1 + np.exp(-log_odds)) - stored).max() <= 1e-9
    golden = json.loads((bundle.folder / "golden.json").read_text(encoding="utf-8"))
    judged = np.array(golden["rows"], dtype=np.float64)
    assert np.abs(bundle.predict(judged) - np.array(golden["probability"])).max() <= 1e-9


def _adds_up(
    record: records.Record, row: StoredRow, run: StoredRow, bundle: Bundle, settings: Settings
) -> None:
    """Hold the printed points of one account to its printed score, on console, API and pages."""
    if record.health_score is None:
        _says_only_why(record)
        return
    assert record.abstain_reason is None
    assert record.baseline_points is not None
    assert record.baseline_points + sum(d.points for d in record.drivers) == record.health_score
    play = next(play for play in plays_of(settings) if play.code == record.recommended_action)
    printed = Explanation(record, row, run, bundle, play, no_longer_live=False)
    features = {feature.name: feature for feature in bundle.features}
    for language in LANGUAGES:
        *parts, total = printed.lines(language)
        assert sum(part.points for part in parts) == total.points == record.health_score
        assert all(part.text for part in parts)
        told = answered(record, features, language)
        assert told.baseline_points is not None
        assert told.baseline_points + sum(r.points for r in told.reasons) == told.health_score


def _says_only_why(record: records.Record) -> None:
    """Hold an account without a score to a reason in both languages, and to no figure at all."""
    assert record.abstain_reason is not None
    assert record.abstain_sentence_en
    assert record.abstain_sentence_ja
    assert record.churn_probability is None
    assert record.baseline_points is None
    assert (record.band, record.drivers, record.horizons) == ("no_data", [], [])


def _doors_agree(
    sample: Sequence[StoredRow], settings: Settings, engine: sa.Engine, bundle: Bundle
) -> None:
    """Hold the command's record and both answers of the API to what is stored."""
    client = Client(create_app(settings, engine=engine))
    ids = [row["account_id"] for row in sample]
    issued = client.post("/v1/predictions", {"accounts": [{"account_id": one} for one in ids]})
    given = [{"features": records.decoded(row, bundle)} for row in sample]
    computed = client.post("/v1/predictions", {"accounts": given})
    for row, by_id, by_features in zip(
        sample, issued.json()["predictions"], computed.json()["predictions"], strict=True
    ):
        assert by_id["score_id"] == row["score_id"]
        explained = explain(settings, engine, row["account_id"]).record.model_dump()
        for found in (by_id, by_features, explained):
            assert found["abstain_reason"] == row["abstain_reason"]
            if row["abstain_reason"] is not None:
                assert found["churn_probability"] is found["health_score"] is None
                continue
            stored = pytest.approx(row["churn_probability"], rel=0, abs=1e-9)
            assert found["churn_probability"] == stored


def _command_adds_up(row: StoredRow, config: Path) -> None:
    """Run ``kenshin explain`` in both languages and add up what it printed."""
    as_json = _kenshin("explain", row["account_id"], "--config", config)
    assert as_json["churn_probability"] == pytest.approx(row["churn_probability"], abs=1e-9)
    for language in LANGUAGES:
        arguments = ["explain", row["account_id"], "--lang", language, "--config", str(config)]
        printed = CliRunner().invoke(app, arguments).stdout
        _, _, table = printed.partition("点  理由" if language == "ja" else "Points  Reason")
        found = re.findall(r"^\s*([+−]?\d+)  \S", table, re.MULTILINE)
        *points, total = (int(number.replace("−", "-")) for number in found)
        assert sum(points) == total == row["health_score"]


def _command_says_why(row: StoredRow, config: Path) -> None:
    """Run ``kenshin explain`` on an account without a score: the reason, and no points."""
    as_json = _kenshin("explain", row["account_id"], "--config", config)
    assert as_json["abstain_reason"] == row["abstain_reason"]
    assert as_json["churn_probability"] is as_json["health_score"] is None
    for language in LANGUAGES:
        arguments = ["explain", row["account_id"], "--lang", language, "--config", str(config)]
        printed = CliRunner().invoke(app, arguments).stdout
        assert as_json[f"abstain_sentence_{language}"] in printed
        assert ("点  理由" if language == "ja" else "Points  Reason") not in printed


def test_nothing_is_said_where_nothing_can_be_known(tmp_path: Path) -> None:
    config = EXAMPLES / "ravenstack" / "kenshin.toml"
    settings = load_settings(config)
    checked = _kenshin("check", "--config", config)
    assert {"K205", "K206"} <= {violation["code"] for violation in checked["violations"]}
    trained = _kenshin("train", "--config", config)
    assert trained["verdict"] == "no usable signal"
    assert trained["reason"]
    assert not trained["champion"]
    assert not (bundles(settings) / "champion.json").exists()
    with pytest.raises(NoSignalError, match="no usable signal"):
        champion(settings)
    with pytest.raises(NoSignalError, match="No score is given"):
        _kenshin("score", "--config", config)
    with pytest.raises(NotReadyError, match="none in the store"):
        _kenshin("explain", "A-1", "--config", config)
