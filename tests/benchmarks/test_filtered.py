"""What the traces of the hidden states tell somebody who knows the world."""

from datetime import date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.filtered import filtered
from features.simulator import CompanyPlan, simulate
from training.frames import Frame

PLAN = CompanyPlan(160, date(2025, 7, 1), date(2026, 11, 20), seed=5, events_scale=0.5)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Frame, np.ndarray]:
    """Return the folder, the rows of two days, and the truth of each."""
    folder = tmp_path_factory.mktemp("world")
    simulate(PLAN, folder)
    truth = pq.read_table(folder / "truth.parquet").to_pandas()
    days = (datetime(2026, 6, 1), datetime(2026, 11, 1))
    truth = truth[truth["as_of"].isin(days)]
    none = np.zeros((len(truth), 0))
    ids, as_of = truth["account_id"].to_numpy(object), truth["as_of"].to_numpy("datetime64[us]")
    rows = Frame(none, (), {}, ids, as_of, np.zeros(len(truth)), pa.table({}))
    return folder, rows, truth["churn_probability"].to_numpy()


def near(said: np.ndarray, truth: np.ndarray) -> float:
    return float(np.corrcoef(np.log(said), np.log(truth))[0, 1])


def test_the_traces_bring_the_filter_near_the_truth(
    told: tuple[Path, Frame, np.ndarray], tmp_path: Path
) -> None:
    folder, rows, truth = told
    said = filtered(PLAN, folder, rows, np.ones(len(rows), dtype=bool))
    assert ((said > 0) & (said < 1)).all()
    assert near(said, truth) > 0.9
    for name in ("events", "tickets"):
        kept = pq.read_table(folder / f"{name}.parquet")
        pq.write_table(kept.slice(0, 1), tmp_path / f"{name}.parquet")
    blind = filtered(PLAN, tmp_path, rows, np.ones(len(rows), dtype=bool))
    assert near(blind, truth) < near(said, truth) - 0.2


def test_what_happens_after_a_day_tells_the_filter_nothing_of_it(
    told: tuple[Path, Frame, np.ndarray], tmp_path: Path
) -> None:
    folder, rows, _ = told
    day = np.datetime64("2026-06-01", "us")
    early = rows.as_of == day
    for name, when in (("events", "occurred_at"), ("tickets", "opened_at")):
        table = pq.read_table(folder / f"{name}.parquet")
        before = table[when].to_numpy().astype("datetime64[us]") < day
        pq.write_table(table.filter(pa.array(before)), tmp_path / f"{name}.parquet")
    whole, cut = (filtered(PLAN, place, rows, early) for place in (folder, tmp_path))
    assert whole.tolist() == cut.tolist()
