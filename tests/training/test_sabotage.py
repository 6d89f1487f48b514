"""Six sabotaged challengers: each refused by the check that is for it, and the champion stays."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from time import thread_time

import lightgbm as lgb
import numpy as np
import pyarrow as pa
import pytest

from features.gate_settings import GateSettings
from features.settings import Churn, MLflow, Settings, Training
from features.snapshots import Snapshot
from tests.builders.frames import FEATURES, feature, snapshot_table
from tests.builders.release import small
from training import bundle, frames, judging, model, recording, registry
from training.explanation import explain
from training.gate import LeakError
from training.judging import Judged
from training.scale import Scale
from training.shares import Shares
from training.train import TrainResult, train

NOW = datetime(2026, 11, 22)
TABLE, LABELS = snapshot_table(accounts=600)
Sabotage = Callable[[Judged], Judged]


@dataclass(frozen=True)
class Company:
    """A company that an honest model serves, and how that model was judged."""

    settings: Settings
    honest: Judged

    @property
    def crown(self) -> bytes:
        return (bundle.bundles(self.settings) / "champion.json").read_bytes()

    def trained(self, table: pa.Table = TABLE, **gate: object) -> TrainResult:
        settings = self.settings.model_copy(update={"gate": GateSettings.model_validate(gate)})
        named = {one.name for one in FEATURES}
        given = [one for one in table.column_names if one not in (*named, "account_id", "as_of")]
        added = [feature(name) for name in given if not name.startswith("fact_")]
        return train(settings, Snapshot(table, (*FEATURES, *added)), LABELS, NOW)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory, mlflow_folder: Path) -> Iterator[Company]:
    root = tmp_path_factory.mktemp("sabotaged")
    settings = Settings(
        root=root,
        churn=Churn(horizon_days=30, allowed_gap_days=0),
        training=Training(folds=2),
        mlflow=MLflow(folder=str(mlflow_folder), model=root.name),
    )
    honest = small(frames.frame(TABLE, FEATURES, LABELS))
    with pytest.MonkeyPatch.context() as patched:
        # What a run leaves in MLflow is not what these tests are about, and drawing takes long.
        patched.setattr(recording, "record", lambda *given: None)
        patched.setattr(judging, "out_of_time", lambda *given: honest)
        assert train(settings, Snapshot(TABLE, FEATURES), LABELS, NOW).champion
        yield Company(settings, honest)


@pytest.fixture
def sabotaged(company: Company, monkeypatch: pytest.MonkeyPatch) -> Callable[[Sabotage], Company]:
    def prepared(sabotage: Sabotage) -> Company:
        challenger = sabotage(company.honest)
        monkeypatch.setattr(judging, "out_of_time", lambda *given: challenger)
        return company

    return prepared


def recalibrated(judged: Judged, slope: float, shift: float = 0.0) -> Judged:
    """Return ``judged`` with log-odds ``slope`` times as large, and shifted."""
    honest = judged.calibration
    other = replace(honest, slope=slope * honest.slope, intercept=slope * honest.intercept + shift)
    log_odds = np.log(judged.probability) - np.log1p(-judged.probability)
    return replace(
        judged, calibration=other, probability=1 / (1 + np.exp(-slope * log_odds - shift))
    )


def with_many_trees(judged: Judged) -> Judged:
    """Return a model that says the same with five hundred times the trees."""
    texts = judged.bag.texts * 500
    return replace(judged, bag=replace(judged.bag, text=model.merge(texts), texts=texts))


def seconds(judged: Judged) -> float:
    """Return the least processor time that one row with its reasons takes.

    Of so many that a machine which is slow for a moment has slowed down not all of them.
    """
    shares = Shares(lgb.Booster(model_str=judged.bag.text))
    took = []
    for row in np.tile(judged.test.matrix[:20], (50, 1)):
        began = thread_time()
        explain(shares, judged.calibration, Scale(0.05, 0.3), row[np.newaxis])
        took.append(thread_time() - began)
    return min(took)


def refused(result: TrainResult) -> list[str]:
    assert not result.champion
    found: list[str] = result.evaluation["gate"]["refused_by"]
    return found


def test_a_column_copied_from_the_label_stops_the_training_by_name(company: Company) -> None:
    crown, versions = company.crown, registry.versions(company.settings)
    leaky = TABLE.append_column("exit_code", LABELS["churned"].cast(pa.float64()))
    with pytest.raises(LeakError, match=r"T6 .*`exit_code` alone tells who left \(AUC 1\.000\)"):
        company.trained(leaky)
    assert company.crown == crown
    assert registry.versions(company.settings) == versions


def test_a_leak_that_is_passed_over_by_name_is_still_too_good_to_be_true(
    sabotaged: Callable[[Sabotage], Company],
) -> None:
    def leaky(judged: Judged) -> Judged:
        told = judged.test.churned + 0.01 * np.arange(len(judged.test)) / len(judged.test)
        return replace(judged, probability=0.01 + 0.95 * told)

    company = sabotaged(leaky)
    crown = company.crown
    assert "T5" in refused(company.trained())
    assert company.crown == crown


@pytest.mark.parametrize(
    ("sabotage", "codes"),
    [
        (lambda judged: recalibrated(judged, 0.0, shift=-0.7), {"T2", "T3"}),
        (lambda judged: recalibrated(judged, -1.0), {"T2", "T3", "T16"}),
        (lambda judged: recalibrated(judged, 3.0), {"T2", "T16"}),
        (lambda judged: recalibrated(judged, 1.0, shift=1.8), {"T2", "T15"}),
    ],
    ids=["constant", "inverted", "margins times 3", "shifted"],
)
def test_a_challenger_worse_than_a_constant_is_none_and_the_champion_goes_on_serving(
    sabotage: Sabotage, codes: set[str], sabotaged: Callable[[Sabotage], Company]
) -> None:
    company = sabotaged(sabotage)
    crown, versions = company.crown, registry.versions(company.settings)
    result = company.trained()
    assert (result.verdict, result.bundle) == ("no usable signal", None)
    assert codes <= set(refused(result))
    assert company.crown == crown
    assert registry.versions(company.settings) == versions
    assert bundle.champion(company.settings).version == result.previous


def test_an_uncalibrated_challenger_that_beats_a_constant_is_kept_as_challenger_only(
    sabotaged: Callable[[Sabotage], Company],
) -> None:
    company = sabotaged(lambda judged: recalibrated(judged, 0.3))
    crown = company.crown
    result = company.trained()
    assert "T16" in refused(result)
    assert result.bundle is not None
    aliases = {v.version: v.aliases for v in registry.versions(company.settings)}
    assert aliases[result.bundle.version] == ("challenger",)
    assert aliases[str(result.previous)] == ("champion",)
    assert company.crown == crown


def test_a_slow_challenger_is_refused_for_nothing_but_its_slowness(
    sabotaged: Callable[[Sabotage], Company],
) -> None:
    company = sabotaged(with_many_trees)
    crown = company.crown
    quick, slow = (seconds(judged) for judged in (company.honest, with_many_trees(company.honest)))
    assert slow > quick
    limit = 1000 * (quick * slow) ** 0.5
    reason = {"T13": "the same answers as the champion's"}
    result = company.trained(latency_ms=limit, ignore=reason)
    assert refused(result) == ["T20"]
    assert company.crown == crown
    assert "ms are allowed" in result.evaluation["gate"]["sentence"]


def test_an_equal_challenger_does_not_take_over_unless_the_settings_want_the_newer_of_two_equals(
    sabotaged: Callable[[Sabotage], Company],
) -> None:
    company = sabotaged(lambda judged: judged)
    crown = company.crown
    assert refused(company.trained()) == ["T13"]
    assert company.crown == crown
    result = company.trained(against_champion="not worse")
    assert result.champion
    assert company.crown != crown


def test_what_is_passed_over_is_kept_with_its_reason(
    sabotaged: Callable[[Sabotage], Company],
) -> None:
    company = sabotaged(lambda judged: judged)
    result = company.trained(ignore={"T13": "quarterly handover"})
    assert result.champion
    assert result.evaluation["gate"]["ignored"] == {"T13": "quarterly handover"}
    [check] = [one for one in result.evaluation["checks"] if one["code"] == "T13"]
    assert (check["result"], check["ignored"]) == ("failed", "quarterly handover")
