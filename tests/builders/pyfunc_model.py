"""A bundle as an MLflow model from code, encoded as training does: the oracle of `/invocations`."""

from pathlib import Path

import mlflow
import pandas as pd
import pyarrow as pa
from mlflow.models import ModelSignature, set_model
from mlflow.pyfunc import PyFuncModel
from mlflow.pyfunc.model import PythonModel, PythonModelContext
from mlflow.types import ColSpec, DataType, Schema

from training.bundle import Bundle, load_bundle


class Health(PythonModel):
    """Probabilities of a bundle, by the way a snapshot is encoded."""

    def load_context(self, context: PythonModelContext) -> None:
        self.bundle = load_bundle(Path(context.artifacts["bundle"]))

    def predict(
        self,
        context: PythonModelContext,
        model_input: pd.DataFrame,
        params: dict[str, str] | None = None,
    ) -> list[float]:
        columns = {
            feature.name: pa.array(
                model_input[feature.name],
                pa.string() if feature.kind == "category" else pa.float64(),
                from_pandas=True,
            )
            for feature in self.bundle.features
        }
        matrix = self.bundle.encode(pa.table(columns))
        return [float(chance) for chance in self.bundle.predict(matrix)]


def loaded(bundle: Bundle, folder: Path) -> PyFuncModel:
    """Save ``bundle`` as an MLflow model in ``folder`` and load it back."""
    kinds = {"category": DataType.string, "number": DataType.double}
    inputs = Schema([ColSpec(kinds[feature.kind], feature.name) for feature in bundle.features])
    mlflow.pyfunc.save_model(
        str(folder),
        python_model=__file__,
        artifacts={"bundle": str(bundle.folder)},
        signature=ModelSignature(inputs, Schema([ColSpec(DataType.double)])),
        pip_requirements=[],
    )
    model: PyFuncModel = mlflow.pyfunc.load_model(str(folder))
    return model


set_model(Health())
