"""The same model in BentoML, as a team would write it: numpy, one thread, LightGBM's own reasons.

Runs in an environment of its own (build/bentoml) and imports nothing of ours.
"""

import json
import os
from pathlib import Path

import bentoml
import lightgbm as lgb
import numpy as np

MODEL = Path(os.environ["BENCH_MODEL"])
TOP = 3


@bentoml.service(workers=1)
class Churn:
    """Probabilities, with and without the reasons that weigh most."""

    def __init__(self) -> None:
        self.about = json.loads((MODEL / "about.json").read_text(encoding="utf-8"))
        self.booster = lgb.Booster(model_file=str(MODEL / "booster.txt"))

    @bentoml.api(route="/predict")
    def predict(self, rows: list[dict[str, float | None]]) -> list[dict]:
        matrix = self._matrix(rows)
        return [{"churn_probability": p} for p in self._probability(matrix)]

    @bentoml.api(route="/explain")
    def explain(self, rows: list[dict[str, float | None]]) -> list[dict]:
        matrix = self._matrix(rows)
        shares = self.booster.predict(matrix, pred_contrib=True, num_threads=1)
        names = self.about["names"]
        answers = []
        for probability, row in zip(self._probability(matrix), shares, strict=True):
            top = np.argsort(-np.abs(row[:-1]))[:TOP]
            reasons = [{"feature": names[i], "share": float(row[i])} for i in top]
            answers.append({"churn_probability": probability, "reasons": reasons})
        return answers

    def _matrix(self, rows: list[dict[str, float | None]]) -> np.ndarray:
        names = self.about["names"]
        cells = [[row.get(name) for name in names] for row in rows]
        return np.array(cells, dtype=np.float64)

    def _probability(self, matrix: np.ndarray) -> list[float]:
        margin = self.booster.predict(matrix, raw_score=True, num_threads=1)
        line = self.about["slope"] * margin + self.about["intercept"]
        return (1 / (1 + np.exp(-line))).tolist()
