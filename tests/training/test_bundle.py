import json
import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from features.errors import DamagedBundleError, KenshinError, NoSignalError, NotReadyError
from features.settings import Bands, Settings
from tests.builders.frames import learnable, snapshot_table
from training import bundle, metrics, model
from training.bundle import Bundle, ModelBundle, Parts
from training.calibration import Calibration
from training.explanation import explain
from training.scale import Scale
from training.shares import Shares

NOW = datetime(2026, 11, 22)
ROWS = learnable()
BAG = model.fit(ROWS, folds=2, seed=1, threads=2)
CALIBRATION, SCALE = Calibration(1.1, -0.2), Scale(0.1, 0.6)


def _parts() -> Parts:
    probability = CALIBRATION.probability(BAG.held_out)
    counted = metrics.ranges(ROWS.churned, probability, SCALE.score(probability))
    return Parts(
        booster_text=BAG.text,
        features=ROWS.features,
        categories=ROWS.categories,
        calibration=CALIBRATION,
        scale=SCALE,
        bands=Bands(),
        reference={},
        evaluation={"ranges": counted},
        golden_matrix=ROWS.matrix[:200],
        about={"version": "v1"},
    )


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = tmp_path_factory.mktemp("bundles") / "v1"
    return bundle.load_bundle(bundle.write_bundle(_parts(), folder))


def test_the_bundle_answers_as_the_models_that_were_trained(shipped: Bundle) -> None:
    single = [model.margin(lgb.Booster(model_str=text), ROWS.matrix) for text in BAG.texts]
    wanted = CALIBRATION.probability(np.mean(single, axis=0))
    np.testing.assert_allclose(shipped.predict(ROWS.matrix), wanted, rtol=0, atol=1e-12)


def test_a_bent_calibration_is_shipped_and_its_bend_answers_the_same(tmp_path: Path) -> None:
    bent = Calibration(0.7, -0.2, "beta", "better than a line", bend=0.6)
    folder = bundle.write_bundle(replace(_parts(), calibration=bent), tmp_path / "v1")
    loaded = bundle.load_bundle(folder)
    assert isinstance(loaded, ModelBundle)
    assert (loaded.calibration, loaded.bends) == (bent, True)
    told = loaded.explain(ROWS.matrix)
    assert told.bend is not None
    total = told.baseline + told.points.sum(axis=1) + told.bend + told.clip
    np.testing.assert_allclose(total, told.score, rtol=0, atol=1e-9)


def test_a_bundle_from_before_bends_existed_is_read_as_a_line() -> None:
    calibration = {"slope": 1.1, "intercept": -0.2, "method": "platt", "note": ""}
    assert Calibration(**calibration) == CALIBRATION  # type: ignore[arg-type]


def test_a_table_encodes_to_the_matrix_that_was_trained_on(shipped: Bundle) -> None:
    table, _ = snapshot_table()
    np.testing.assert_array_equal(shipped.encode(table), ROWS.matrix)


def test_a_single_row_encodes_like_its_table_and_unknown_values_are_missing(
    shipped: Bundle,
) -> None:
    table, _ = snapshot_table()
    first = {f.name: table.column(f.name)[0].as_py() for f in ROWS.features}
    np.testing.assert_array_equal(shipped.encode_row(first), ROWS.matrix[:1])
    assert np.isnan(shipped.encode_row({"plan_type": "never seen"})).all()


@pytest.mark.parametrize(
    "values", [{"plan_typ": "team"}, {"logins_28d": "3"}, {"noise_28d": float("inf")}]
)
def test_a_value_that_cannot_be_read_is_refused(shipped: Bundle, values: dict[str, object]) -> None:
    with pytest.raises(KenshinError):
        shipped.encode_row(values)


@settings(deadline=None)  # the first example loads the engine
@given(
    arrays.arrays(
        np.float64,
        st.tuples(st.integers(1, 20), st.just(4)),
        elements=st.floats(-1e6, 1e6) | st.just(float("nan")),
    )
)
def test_points_always_add_up_to_the_score(matrix: np.ndarray) -> None:
    matrix[:, 3] = np.where(np.isnan(matrix[:, 3]), np.nan, np.abs(matrix[:, 3]) % 3 // 1)
    told = explain(Shares(lgb.Booster(model_str=BAG.text)), CALIBRATION, Scale(0.3, 0.4), matrix)
    total = told.baseline + told.points.sum(axis=1) + told.clip
    np.testing.assert_allclose(total, told.score, rtol=0, atol=1e-9)
    assert ((told.score >= 0) & (told.score <= 100)).all()
    assert ((told.probability > 0) & (told.probability < 1)).all()


def test_the_record_of_a_range_counts_its_past_accounts(shipped: Bundle) -> None:
    record = shipped.range_record(shipped.predict(ROWS.matrix))
    held_out = SCALE.score(CALIBRATION.probability(BAG.held_out))
    place = int(shipped.explain(ROWS.matrix[:1]).score[0] // 10)
    inside = np.clip(held_out // 10, 0, 9) == place
    assert (record.n[0], record.k[0]) == (inside.sum(), ROWS.churned[inside].sum())
    assert record.low[0] <= record.k[0] / record.n[0] <= record.high[0]


def test_no_byte_can_change_unnoticed_and_lightgbm_never_sees_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = bundle.write_bundle(_parts(), tmp_path / "v1")

    def seen(*args: object, **kwargs: object) -> None:
        raise AssertionError("LightGBM was given damaged bytes")

    monkeypatch.setattr(lgb, "Booster", seen)
    rng = np.random.default_rng(5)
    for path in sorted(folder.iterdir()):
        whole = path.read_bytes()
        for place in rng.integers(0, len(whole), 25):
            damaged = bytearray(whole)
            damaged[place] ^= 1 << int(rng.integers(0, 8))
            path.write_bytes(damaged)
            with pytest.raises(DamagedBundleError):
                bundle.load_bundle(folder)
        path.write_bytes(whole[:-1])
        with pytest.raises(DamagedBundleError):
            bundle.load_bundle(folder)
        path.unlink()
        with pytest.raises(DamagedBundleError):
            bundle.load_bundle(folder)
        path.write_bytes(whole)


def test_a_golden_row_that_answers_otherwise_is_refused(shipped: Bundle) -> None:
    golden = json.loads((shipped.folder / "golden.json").read_text(encoding="utf-8"))
    bundle.replay(shipped, golden)
    golden["probability"][3] += 1e-6
    with pytest.raises(DamagedBundleError, match="golden"):
        bundle.replay(shipped, golden)


def test_an_interrupted_writing_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(folder: Path) -> Bundle:
        raise KeyboardInterrupt

    monkeypatch.setattr(bundle, "load_bundle", stopped)
    with pytest.raises(KeyboardInterrupt):
        bundle.write_bundle(_parts(), tmp_path / "bundles" / "v1")
    assert list((tmp_path / "bundles").iterdir()) == []


def test_the_champion_is_what_was_crowned_last(tmp_path: Path) -> None:
    settings = Settings(root=tmp_path)
    with pytest.raises(NotReadyError, match="kenshin train"):
        bundle.champion(settings)
    for version in ("v1", "v2"):
        parts = replace(_parts(), about={"version": version})
        bundle.write_bundle(parts, bundle.bundles(settings) / version)
        bundle.crown(settings, version, NOW)
    assert bundle.champion(settings).folder.name == "v2"
    assert bundle.champion_version(settings) == "v2"
    assert bundle.before_champion(settings) == ["v1"]
    with pytest.raises(KenshinError, match="v7"):
        bundle.crown(settings, "v7", NOW)


def test_without_a_signal_there_is_no_champion(tmp_path: Path) -> None:
    settings = Settings(root=tmp_path)
    bundle.write_bundle(_parts(), bundle.bundles(settings) / "v1")
    bundle.crown(settings, "v1", NOW)
    bundle.write_verdict(settings, "no usable signal", "AUC is 0.51.", NOW)
    with pytest.raises(NoSignalError, match=r"AUC is 0\.51"):
        bundle.champion(settings)


def test_loading_a_bundle_imports_nothing_heavy(shipped: Bundle) -> None:
    asked = (
        "import sys, pathlib; from training.bundle import load_bundle;"
        f"load_bundle(pathlib.Path({str(shipped.folder)!r}));"
        "print(sorted({'mlflow', 'shap', 'evidently', 'matplotlib'} & set(sys.modules)))"
    )
    found = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"
