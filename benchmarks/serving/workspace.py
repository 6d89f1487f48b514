"""The demo company that is served, its model as the other servers take it, and what is asked.

``python -m benchmarks.serving.workspace FOLDER`` builds whatever is not there yet, and anew what
other code made.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.made import code

if TYPE_CHECKING:
    from lightgbm import Booster

ROWS = 200
BATCH = 1_000
KENSHIN = Path(sys.executable).with_name("kenshin")
STAMP = "made-by.txt"
MADE_BY = ("features", "training", "serving/store", "serving/commands")
"""The code that makes the company, its features, its model and its scores."""
LIMITS = "\n[serving]\nrequests_per_second = 1000000.0\nburst = 1000000\n"
"""The limits per caller are not what is measured: everything here comes from one address."""


def build(folder: Path) -> None:
    """Build the company, the models and the bodies in ``folder``."""
    company = folder / "demo"
    _clear_of_others(folder)
    if not (company / ".kenshin" / "store.db").exists():
        subprocess.run([KENSHIN, "demo", company, "--build-only"], check=True, stdout=sys.stderr)
    config = company / "kenshin.toml"
    if "[serving]" not in config.read_text(encoding="utf-8"):
        with config.open("a", encoding="utf-8") as file:
            file.write(LIMITS)
    _model_and_bodies(company, folder)
    if not (folder / "pyfunc").exists():
        _pyfunc(folder)
    if not (folder / "flavor").exists():
        _flavor(folder)
    (folder / STAMP).write_text(code(*MADE_BY), encoding="utf-8")


def _clear_of_others(folder: Path) -> None:
    """Remove what other code than the present made, and what has no stamp that says which."""
    stamp = folder / STAMP
    if stamp.exists() and stamp.read_text(encoding="utf-8") == code(*MADE_BY):
        return
    for name in ("demo", "model", "bodies", "pyfunc", "flavor"):
        shutil.rmtree(folder / name, ignore_errors=True)


def _model_and_bodies(company: Path, folder: Path) -> None:
    from serving.lean import import_lightgbm

    import_lightgbm()
    from features.settings import load_settings
    from serving import records
    from serving.store import scores
    from serving.store.engine import open_store
    from training import bundle as shipping

    settings = load_settings(company / "kenshin.toml")
    bundle = shipping.champion(settings)
    if bundle.kind != "model" or bundle.bends:
        raise SystemExit("The demo's champion is no model with Platt's line; build it again.")
    engine = open_store(settings)
    run = scores.latest_run(engine)
    rows = [row for row in scores.rows_of(engine, run["run_id"]) if row["abstain_reason"] is None]
    names = [feature.name for feature in bundle.features]
    matrix = [scores.numbers(row["values"]).tolist() for row in rows]
    told = [records.decoded(row, bundle) for row in rows]
    folder.joinpath("model").mkdir(parents=True, exist_ok=True)
    text = (bundle.folder / "booster.txt").read_text(encoding="utf-8")
    (folder / "model" / "booster.txt").write_text(text, encoding="utf-8")
    calibration = bundle.calibration
    about = {"names": names, "slope": calibration.slope, "intercept": calibration.intercept}
    _json(folder / "model" / "about.json", about)
    expected = [row["churn_probability"] for row in rows[:ROWS]]
    facts = {
        "features": len(names),
        "trees": bundle.booster.num_trees(),
        "accounts": len(rows),
        "model_version": bundle.version,
    }
    _json(folder / "expected.json", {"probabilities": expected, "facts": facts})
    _write(folder / "bodies", names, [_coded(names, row) for row in matrix], told, rows)
    engine.dispose()


def _coded(names: list[str], row: list[float]) -> dict[str, float | None]:
    return {name: None if cell != cell else cell for name, cell in zip(names, row, strict=True)}


def _write(
    folder: Path, names: list[str], coded: list[Any], told: list[Any], rows: list[Any]
) -> None:
    """Write one file of bodies, a line each, for every way to ask."""
    folder.mkdir(exist_ok=True)
    cells = [list(row.values()) for row in coded]
    ids = [row["account_id"] for row in rows]
    many = [told[i % len(told)] for i in range(BATCH)]
    fitting = _fitting(many)
    asked = {
        "features": [{"accounts": [{"features": row}]} for row in told[:ROWS]],
        "features_top": [{"accounts": [{"features": r}], "drivers": 3} for r in told[:ROWS]],
        "id": [{"accounts": [{"account_id": name}]} for name in ids[:ROWS]],
        "split": [{"dataframe_split": {"columns": names, "data": [r]}} for r in cells[:ROWS]],
        "told": [{"dataframe_split": {"columns": names, "data": [list(row.values())]}}
                 for row in told[:ROWS]],
        "rows": [{"rows": [row]} for row in coded[:ROWS]],
        "ids_batch": [{"accounts": [{"account_id": ids[i % len(ids)]} for i in range(BATCH)]}],
        "features_batch": [{"accounts": [{"features": row} for row in many[:fitting]]}],
        "features_top_batch": [
            {"accounts": [{"features": row} for row in many[:fitting]], "drivers": 3}
        ],
        "split_batch": [
            {"dataframe_split": {"columns": names,
                                 "data": [cells[i % len(cells)] for i in range(BATCH)]}}
        ],
        "rows_batch": [{"rows": [coded[i % len(coded)] for i in range(BATCH)]}],
    }  # fmt: skip
    for name, bodies in asked.items():
        lines = [json.dumps(body, ensure_ascii=False, separators=(",", ":")) for body in bodies]
        (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "none.jsonl").write_text("", encoding="utf-8")


def _fitting(rows: list[Any]) -> int:
    """Return how many rows fit into the largest body that our route takes."""
    from serving.bodies import MANY_ROWS

    size = len(json.dumps(rows, ensure_ascii=False).encode()) / len(rows) + 20
    return min(len(rows), int(0.95 * MANY_ROWS / size))


def _pyfunc(folder: Path) -> None:
    import mlflow

    mlflow.pyfunc.save_model(
        path=str(folder / "pyfunc"),
        python_model=str(Path(__file__).parent / "servers" / "pyfunc.py"),
        artifacts={
            "booster": str(folder / "model" / "booster.txt"),
            "about": str(folder / "model" / "about.json"),
        },
        pip_requirements=["lightgbm", "numpy", "pandas"],
    )


def _flavor(folder: Path) -> None:
    """Save the model as MLflow's own flavour of LightGBM, with the signature it asks for.

    Platt's line goes into the trees, so that its answer is the calibrated probability.
    """
    import mlflow
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema

    about = json.loads((folder / "model" / "about.json").read_text(encoding="utf-8"))
    columns = [ColSpec("double", name, required=False) for name in about["names"]]
    mlflow.lightgbm.save_model(
        _calibrated(folder / "model" / "booster.txt", about["slope"], about["intercept"]),
        str(folder / "flavor"),
        signature=ModelSignature(Schema(columns), Schema([ColSpec("double")])),
        pip_requirements=["lightgbm", "numpy", "pandas"],
    )


def _calibrated(file: Path, slope: float, intercept: float) -> "Booster":
    """Return the booster whose own sigmoid of its own sum is Platt's probability.

    Every leaf is multiplied by the slope, and the first tree has the intercept in each of its.
    """
    from lightgbm import Booster

    booster = Booster(model_file=str(file))
    for tree in booster.dump_model()["tree_info"]:
        number, more = tree["tree_index"], 0.0 if tree["tree_index"] else intercept
        for leaf in range(tree["num_leaves"]):
            value = slope * booster.get_leaf_output(number, leaf) + more
            booster.set_leaf_output(number, leaf, value)
    return booster


def _json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    build(Path(sys.argv[1]).resolve())
