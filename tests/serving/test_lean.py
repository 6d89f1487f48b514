"""LightGBM without its companions: lighter, the same answers, and nothing hidden afterwards."""

import json
import subprocess
import sys

SAID = """
import json, sys
from serving.lean import import_lightgbm, return_memory
import_lightgbm()
there = [name for name in ("scipy", "pandas", "sklearn") if name in sys.modules]
import lightgbm, numpy
rows = numpy.arange(40.0).reshape(20, 2)
data = lightgbm.Dataset(rows, (rows[:, 0] > 19).astype(float), params={"min_data_in_leaf": 1})
made = lightgbm.train({"verbose": -1, "min_data_in_leaf": 1, "num_threads": 1}, data, 2)
contributions = made.predict(rows, pred_contrib=True).sum(axis=1)
alike = float(abs(contributions - made.predict(rows, raw_score=True)).max())
return_memory()
import scipy.sparse
print(json.dumps([there, alike < 1e-12, scipy.sparse.csr_matrix(rows).nnz]))
"""


def test_lightgbm_predicts_and_explains_without_scipy_which_stays_importable() -> None:
    said = subprocess.run(
        [sys.executable, "-c", SAID], capture_output=True, text=True, check=False, timeout=120
    )
    assert json.loads(said.stdout) == [[], True, 39], said.stderr
