"""LightGBM without its companions: lighter, the same answers, and nothing hidden afterwards."""

import gc
import json
import subprocess
import sys
import weakref
from collections.abc import Iterator

import pytest

from serving.lean import settle

SAID = """
import json, sys
from serving.lean import import_lightgbm, settle
import_lightgbm()
there = [name for name in ("scipy", "pandas", "sklearn") if name in sys.modules]
import lightgbm, numpy
rows = numpy.arange(40.0).reshape(20, 2)
data = lightgbm.Dataset(rows, (rows[:, 0] > 19).astype(float), params={"min_data_in_leaf": 1})
made = lightgbm.train({"verbose": -1, "min_data_in_leaf": 1, "num_threads": 1}, data, 2)
contributions = made.predict(rows, pred_contrib=True).sum(axis=1)
alike = float(abs(contributions - made.predict(rows, raw_score=True)).max())
settle()
import scipy.sparse
print(json.dumps([there, alike < 1e-12, scipy.sparse.csr_matrix(rows).nnz]))
"""


def test_lightgbm_predicts_and_explains_without_scipy_which_stays_importable() -> None:
    said = subprocess.run(
        [sys.executable, "-c", SAID], capture_output=True, text=True, check=False, timeout=120
    )
    assert json.loads(said.stdout) == [[], True, 39], said.stderr


class Ring:
    """Something that only the collector can free."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def unsettled() -> Iterator[None]:
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("unsettled")
def test_what_is_here_to_stay_is_left_alone_by_the_collector() -> None:
    stays = Ring()
    settle()
    assert gc.get_freeze_count() > 1_000
    assert not any(one is stays for one in gc.get_objects())


@pytest.mark.usefixtures("unsettled")
def test_a_model_that_was_set_aside_and_no_longer_serves_is_freed_by_the_next_settling() -> None:
    model = Ring()
    settle()
    gone = weakref.ref(model)
    del model
    gc.collect()
    assert gone() is not None
    settle()
    assert gone() is None
