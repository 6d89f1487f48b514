"""One way to score many rows, in a process of its own: ``python -m benchmarks.serving.bulk_way``.

Loads the model and answers a hundred rows first, so that what is timed is the rows: compiling,
loading and building an explainer are told apart as ``start_seconds``. ``tree_explainer`` runs in
the environment of shap, so nothing but NumPy and LightGBM is imported up here.
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

THREADS = 2
Answer = Callable[[Any], Any]


def plain(model: Path) -> Answer:
    """Return LightGBM's prediction alone."""
    import lightgbm as lgb

    booster = lgb.Booster(model_file=str(model))
    return lambda rows: booster.predict(rows, raw_score=True, num_threads=THREADS)


def own(model: Path) -> Answer:
    """Return our own sum of the trees, as batches have it."""
    from training.tree_shap import Margins

    margins = Margins.of(model.read_text(encoding="utf-8"))
    return lambda rows: margins.of_rows(rows, THREADS)


def pred_contrib(model: Path) -> Answer:
    """Return LightGBM's own exact shares."""
    import lightgbm as lgb

    booster = lgb.Booster(model_file=str(model))
    return lambda rows: booster.predict(rows, pred_contrib=True, num_threads=THREADS)


def tree_explainer(model: Path) -> Answer:
    """Return those of shap, path-dependent: LightGBM's by another library, or its own C code."""
    import lightgbm as lgb
    import shap

    explainer = shap.TreeExplainer(
        lgb.Booster(model_file=str(model)), feature_perturbation="tree_path_dependent"
    )

    def answer(rows: Any) -> Any:  # noqa: ANN401
        shares = np.asarray(explainer.shap_values(rows))
        base = np.full((len(rows), 1), float(np.ravel(explainer.expected_value)[-1]))
        return np.hstack([shares, base])

    return answer


def ours(model: Path) -> Answer:
    """Return the exact shares as every bundle has them once it was prepared."""
    import lightgbm as lgb

    from benchmarks.serving.bulk_material import rows as known
    from training.shares import Shares

    shares = Shares(lgb.Booster(model_file=str(model)))
    assert shares.prepare(known(100, seed=9))
    return lambda rows: shares.of(rows, THREADS)


WAYS = {way.__name__: way for way in (plain, own, pred_contrib, tree_explainer, ours)}


def streamed(bundle: Path, snapshot: Path, out: Path, reasons: str) -> dict[str, Any]:
    """Score a snapshot into Parquet as ``kenshin score --out`` does."""
    from features.settings import load_settings
    from serving.batch import Asked, find, score_streamed
    from training.bundle import load_bundle

    began = time.perf_counter()
    (out.parent / "kenshin.toml").write_text('[company]\nname = "bulk"\n', encoding="utf-8")
    settings = load_settings(out.parent / "kenshin.toml")
    model, source = load_bundle(bundle), find(settings, snapshot)
    asked = Asked(source.as_of, source.snapshot_id, model.version, settings.version, reasons)  # type: ignore[arg-type]
    if reasons != "none":
        model.prepare()
    model.hasten()
    started, cpu = time.perf_counter(), time.process_time()
    score_streamed(model, source, asked, out, threads=THREADS)
    return _told(began, started, cpu, source.rows)


def predicted(bundle: Path, snapshot: Path, out: Path) -> dict[str, Any]:
    """Read the same snapshot, predict with LightGBM alone, write one column: the plain way."""
    import lightgbm as lgb

    booster = lgb.Booster(model_file=str(bundle / "booster.txt"))
    return _plainly(bundle, snapshot, out, lambda rows: booster.predict(rows, num_threads=THREADS))


def summed(bundle: Path, snapshot: Path, out: Path) -> dict[str, Any]:
    """Do the same by our own sum of the trees."""
    from training.calibration import probability

    answer = own(bundle / "booster.txt")
    return _plainly(bundle, snapshot, out, lambda rows: probability(answer(rows)))


def _plainly(bundle: Path, snapshot: Path, out: Path, answer: Answer) -> dict[str, Any]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from training.bundle import load_bundle

    began = time.perf_counter()
    model = load_bundle(bundle)
    answer(np.zeros((1, len(model.features))))
    started, cpu, count = time.perf_counter(), time.process_time(), 0
    schema = pa.schema([("account_id", pa.string()), ("churn_probability", pa.float64())])
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        for batch in pq.ParquetFile(snapshot).iter_batches(batch_size=10_000):
            table = pa.Table.from_batches([batch])
            chance = answer(model.encode(table))
            writer.write_table(pa.table([table["account_id"], chance], schema=schema))
            count += len(table)
    return _told(began, started, cpu, count)


PLAINLY = {way.__name__: way for way in (predicted, summed)}


def _told(began: float, started: float, cpu: float, count: int) -> dict[str, Any]:
    return {
        "rows": count,
        "start_seconds": round(started - began, 3),
        "seconds": round(time.perf_counter() - started, 3),
        "cpu_seconds": round(time.process_time() - cpu, 3),
    }


def answered(way: str, model: Path, rows: Path, out: Path | None) -> dict[str, Any]:
    """Answer all rows; write them to ``out`` where asked to, so that they can be compared."""
    matrix = np.load(rows)
    began = time.perf_counter()
    answer = WAYS[way](model)
    answer(matrix[:100])
    started, cpu = time.perf_counter(), time.process_time()
    found = answer(matrix)
    told = _told(began, started, cpu, len(matrix))
    if out is not None:
        np.save(out, found)
    return told


def main() -> None:
    """Run one way and write what it took as JSON."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("way")
    asked.add_argument("--model", type=Path, required=True, help="Text model, or a bundle.")
    asked.add_argument("--rows", type=Path, required=True)
    asked.add_argument("--out", type=Path)
    asked.add_argument("--told", type=Path, required=True)
    given = asked.parse_args()
    if given.way.startswith("streamed-"):
        told = streamed(given.model, given.rows, given.out, given.way.partition("-")[2])
    elif given.way in PLAINLY:
        told = PLAINLY[given.way](given.model, given.rows, given.out)
    else:
        told = answered(given.way, given.model, given.rows, given.out)
    given.told.write_text(json.dumps(told), encoding="utf-8")


if __name__ == "__main__":
    main()
