"""Who is measured, how each is started and asked."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SERVERS = Path(__file__).parent / "servers"
BENTOML = ROOT / "build" / "bentoml" / "bin" / "bentoml"

QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true", "BENTOML_DO_NOT_TRACK": "True"}


@dataclass(frozen=True)
class Way:
    """One way to ask a server.

    Attributes
    ----------
    server, path, bodies : str
        ``bodies`` is a file of `workspace`.
    rows : int
        Accounts per request; 0: as many as the body holds.
    """

    name: str
    said: str
    server: str
    path: str
    bodies: str
    probabilities: Callable[[Any], list[float | None]] | None = None
    reasons: bool = False
    batch: bool = False


@dataclass(frozen=True)
class Program:
    """How a server is started."""

    command: tuple[str | Path, ...]
    cwd: str = "."
    environment: dict[str, str] = field(default_factory=dict)


def programs(folder: Path) -> dict[str, Program]:
    """Return the servers; ``folder`` is that of `workspace`."""
    python = Path(sys.executable)
    bin_ = {"PATH": f"{python.parent}:/usr/bin:/bin"}
    return {
        "kenshin": Program((python.with_name("kenshin"), "serve", "--port", "{port}"), "demo"),
        "constant": Program(
            (python, "-m", "benchmarks.serving.servers.constant", "{port}"),
            environment={"PYTHONPATH": str(ROOT)},
        ),
        "mlflow": Program(
            (python.with_name("mlflow"), "models", "serve", "-m", folder / "pyfunc",
             "--env-manager", "local", "--port", "{port}", "--host", "127.0.0.1"),
            environment=QUIET | bin_,
        ),
        "flavor": Program(
            (python.with_name("mlflow"), "models", "serve", "-m", folder / "flavor",
             "--env-manager", "local", "--port", "{port}", "--host", "127.0.0.1"),
            environment=QUIET | bin_,
        ),
        "bentoml": Program(
            (BENTOML, "serve", "bento:Churn", "--working-dir", SERVERS, "--port", "{port}"),
            environment=QUIET | {"BENCH_MODEL": str(folder / "model")},
        ),
    }  # fmt: skip


def _ours(answer: dict[str, Any]) -> list[float | None]:
    return [one["churn_probability"] for one in answer["predictions"]]


def _mlflow(answer: dict[str, Any]) -> list[float | None]:
    found: list[float | None] = answer["predictions"]
    return found


def _bentoml(answer: list[dict[str, Any]]) -> list[float | None]:
    return [one["churn_probability"] for one in answer]


PREDICT = "/v1/predictions"

WAYS = (
    Way("ours", "Kenshin, features given, all reasons in two languages", "kenshin", PREDICT,
        "features", _ours, reasons=True),
    Way("ours_top", "Kenshin, features given, top 3 reasons", "kenshin", PREDICT,
        "features_top", _ours, reasons=True),
    Way("ours_id", "Kenshin, the stored score by account_id, all reasons", "kenshin", PREDICT,
        "id", _ours, reasons=True),
    Way("ours_invocations", "Kenshin, /invocations, probability only", "kenshin", "/invocations",
        "told", _mlflow),
    Way("flavor", "mlflow models serve, MLflow's LightGBM flavour, probability only", "flavor",
        "/invocations", "split", _mlflow),
    Way("mlflow", "mlflow models serve, a pyfunc written to be lean, probability only", "mlflow",
        "/invocations", "split", _mlflow),
    Way("bentoml_reasons", "BentoML, top 3 reasons", "bentoml", "/explain", "rows", _bentoml,
        reasons=True),
    Way("bentoml", "BentoML, probability only", "bentoml", "/predict", "rows", _bentoml),
    Way("constant", "FastAPI, validates the same body, answers a constant", "constant", PREDICT,
        "features"),
)  # fmt: skip
"""Single accounts."""

BATCHES = (
    Way("ours_ids_batch", "Kenshin, stored scores by account_id, all reasons", "kenshin", PREDICT,
        "ids_batch", _ours, reasons=True, batch=True),
    Way("ours_batch", "Kenshin, features given, all reasons", "kenshin", PREDICT,
        "features_batch", _ours, reasons=True, batch=True),
    Way("ours_top_batch", "Kenshin, features given, top 3 reasons", "kenshin", PREDICT,
        "features_top_batch", _ours, reasons=True, batch=True),
    Way("flavor_batch", "mlflow models serve, MLflow's LightGBM flavour, probability only",
        "flavor", "/invocations", "split_batch", _mlflow, batch=True),
    Way("mlflow_batch", "mlflow models serve, a pyfunc written to be lean, probability only",
        "mlflow", "/invocations", "split_batch", _mlflow, batch=True),
    Way("bentoml_reasons_batch", "BentoML, top 3 reasons", "bentoml", "/explain", "rows_batch",
        _bentoml, reasons=True, batch=True),
    Way("bentoml_batch", "BentoML, probability only", "bentoml", "/predict", "rows_batch",
        _bentoml, batch=True),
)  # fmt: skip


def rows_in(body: bytes) -> int:
    """Return how many accounts a body asks for."""
    asked = json.loads(body)
    if "dataframe_split" in asked:
        return len(asked["dataframe_split"]["data"])
    return len(asked.get("accounts", asked.get("rows", ())))
