"""The same model as an MLflow pyfunc, as `mlflow models serve` runs it: probabilities alone."""

import json
from pathlib import Path

import lightgbm as lgb
import numpy as np
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel


class Probability(PythonModel):
    """Booster and Platt's line; columns in the model's order, categories as codes."""

    def load_context(self, context: object) -> None:
        self.booster = lgb.Booster(model_file=context.artifacts["booster"])
        self.about = json.loads(Path(context.artifacts["about"]).read_text(encoding="utf-8"))

    def predict(self, context, model_input, params=None):  # noqa: ANN001, ANN201
        rows = model_input[self.about["names"]].to_numpy(dtype=np.float64)
        margin = self.booster.predict(rows, raw_score=True, num_threads=1)
        line = self.about["slope"] * margin + self.about["intercept"]
        return 1 / (1 + np.exp(-line))


set_model(Probability())
