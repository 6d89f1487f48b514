from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise, product

import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from features.simulator import best_achievable
from features.simulator.causes import CAUSES, CODES, MERGER, MERGER_RATE, OTHER_RATE, transitions
from features.simulator.lives import REASONS, Spells, live, own_probability
from features.simulator.plan import CompanyPlan, Grid, grid_of
from features.simulator.population import Population, draw_population
from features.simulator.truth import matched, truth_days, truth_table

HORIZON = 90
PLAN = CompanyPlan(accounts=2500, start=date(2024, 11, 20), horizon_days=HORIZON)


@pytest.fixture(scope="module")
def world() -> tuple[Population, Spells, Grid]:
    grid = grid_of(PLAN)
    population = draw_population(PLAN, grid)
    rng = np.random.default_rng(5)
    return population, live(population, np.arange(PLAN.accounts), grid, rng), grid


@pytest.fixture(scope="module")
def told(world: tuple[Population, Spells, Grid]) -> pa.Table:
    population, spells, grid = world
    return truth_table(spells, population, grid, HORIZON)


def _outcomes(world: tuple[Population, Spells, Grid], truth: pa.Table) -> pa.Table:
    """Whether each row's account left within the horizon, for windows that do not overlap."""
    population, spells, grid = world
    stamp = truth["as_of"].cast(pa.int64()).to_numpy() // 86_400_000_000 - grid.first_day
    weeks_left = grid.days - stamp
    chosen = (weeks_left >= HORIZON) & (weeks_left % 91 == 0)
    rows = truth.filter(pa.array(chosen))
    ends: dict[str, list[int]] = {}
    for account, end in zip(spells.account, spells.end, strict=True):
        ends.setdefault(population.account_id[account], []).append(int(end))
    churned = [
        any(day <= end < day + HORIZON for end in ends[account])
        for account, day in zip(rows["account_id"].to_pylist(), stamp[chosen], strict=True)
    ]
    return rows.append_column("churned", pa.array(churned))


def _surprise(rows: pa.Table, chosen: np.ndarray) -> float:
    """How many standard deviations the outcomes lie from what the truth expects."""
    p = rows["churn_probability"].to_numpy()[chosen]
    y = rows["churned"].to_numpy(zero_copy_only=False)[chosen]
    return float((y.sum() - p.sum()) / np.sqrt((p * (1 - p)).sum()))


def test_the_truth_is_calibrated_in_every_part_of_its_range(
    world: tuple[Population, Spells, Grid], told: pa.Table
) -> None:
    rows = _outcomes(world, told)
    p = rows["churn_probability"].to_numpy()
    assert abs(_surprise(rows, np.ones(len(p), bool))) < 3.5
    for low, high in pairwise(np.quantile(p, np.arange(11) / 10)):
        assert abs(_surprise(rows, (p >= low) & (p <= high))) < 4


def test_the_truth_is_calibrated_for_every_leading_cause(
    world: tuple[Population, Spells, Grid], told: pa.Table
) -> None:
    rows = _outcomes(world, told)
    cause = np.array(rows["leading_cause"].to_pylist(), dtype=object)
    for code in CODES:
        chosen = cause == code
        assert chosen.sum() > 20
        assert abs(_surprise(rows, chosen)) < 4


def test_the_world_is_neither_hopeless_nor_trivial(
    world: tuple[Population, Spells, Grid], told: pa.Table
) -> None:
    rows = _outcomes(world, told)
    assert 0.035 < np.mean(rows["churned"].to_numpy(zero_copy_only=False)) < 0.07
    assert (
        0.82 < best_achievable(told, rows.select(["account_id", "as_of", "churned"]))["auc"] < 0.92
    )


def test_mergers_are_modest_and_cannot_be_foreseen(
    world: tuple[Population, Spells, Grid], told: pa.Table
) -> None:
    population, spells, grid = world
    left = spells.reason >= 0
    merged = spells.reason == REASONS.index(MERGER)
    assert 0.08 < merged.sum() / left.sum() < 0.17
    keys = zip(told["account_id"].to_pylist(), told["as_of"].to_pylist(), strict=True)
    last = dict(zip(keys, told["churn_probability"].to_pylist(), strict=True))
    first = datetime(1970, 1, 1) + timedelta(grid.first_day)
    before = [
        last[population.account_id[a], first + timedelta(int(end) // 7 * 7)]
        for a, end, start in zip(
            spells.account[merged], spells.end[merged], spells.start[merged], strict=True
        )
        if end // 7 * 7 > start
    ]
    everyone = told["churn_probability"].to_numpy()
    assert abs(np.median(before) - np.median(everyone)) < 0.01


def _walks(
    cause_index: int, spells: Spells, row: int, week: int
) -> Iterator[tuple[float, list[int]]]:
    """Every path of one cause over the two weeks after ``week``, with its probability."""
    cause = CAUSES[cause_index]
    matrix = transitions(cause)
    own = own_probability(cause, spells.onset[:, cause_index])[row]
    matrix[cause.own] += own
    matrix[cause.own[0], cause.own[0]] -= own
    now = int(spells.states[cause_index][row, week])
    for path in product(range(len(cause.states)), repeat=2):
        yield matrix[now, path[0]] * matrix[path[0], path[1]], [now, *path]


def test_the_recursion_agrees_with_adding_up_every_path(
    world: tuple[Population, Spells, Grid],
) -> None:
    population, spells, grid = world
    horizon = 10
    table = truth_table(spells, population, grid, horizon)
    day = int(next(d for d in truth_days(grid) if d > 400 and 1 < d % 7 < 5))
    as_of = datetime(1970, 1, 1) + timedelta(grid.first_day + day)
    told = table.filter(pa.compute.equal(table["as_of"], pa.scalar(as_of)))
    found = dict(
        zip(told["account_id"].to_pylist(), told["churn_probability"].to_pylist(), strict=True)
    )
    alive = np.flatnonzero((spells.start < day) & (spells.end >= day))[:60]
    for row in alive:
        clock = spells.exposure[row]
        cuts = [day, (day // 7 + 1) * 7, (day // 7 + 2) * 7, day + horizon]
        cuts = [min(c, day + horizon) for c in cuts]
        spans = np.diff(clock[cuts])
        stays = np.exp(-(MERGER_RATE + OTHER_RATE) * spans.sum())
        for index, cause in enumerate(CAUSES):
            rates = np.array(cause.rates) * spells.effect[row, index]
            stays *= sum(
                chance * np.exp(-(rates[path] * spans).sum())
                for chance, path in _walks(index, spells, row, day // 7)
            )
        assert found[population.account_id[spells.account[row]]] == pytest.approx(
            1 - stays, abs=1e-12
        )


TRUTH = pa.table(
    {
        "account_id": ["a", "a", "b", "b"],
        "as_of": pa.array([datetime(2026, 1, 1), datetime(2026, 1, 8)] * 2, pa.timestamp("us")),
        "churn_probability": [0.1, 0.7, 0.2, 0.3],
    }
)


def _labels(*rows: tuple[str, datetime, bool | None]) -> pa.Table:
    ids, stamps, churned = zip(*rows, strict=True)
    return pa.table(
        {
            "account_id": list(ids),
            "as_of": pa.array(stamps, pa.timestamp("us")),
            "churned": pa.array(churned, pa.bool_()),
        }
    )


def test_a_label_is_judged_by_the_latest_truth_at_or_before_it() -> None:
    labels = _labels(("b", datetime(2026, 1, 7), True), ("a", datetime(2026, 1, 8), False))
    probability, churned = matched(TRUTH, labels)
    assert dict(zip(churned.tolist(), probability.tolist(), strict=True)) == {True: 0.2, False: 0.7}


def test_labels_that_are_unknown_too_old_or_of_strangers_do_not_count() -> None:
    labels = _labels(
        ("a", datetime(2026, 1, 8), None),
        ("a", datetime(2026, 1, 16), True),
        ("a", datetime(2025, 12, 31), True),
        ("z", datetime(2026, 1, 8), True),
    )
    assert best_achievable(TRUTH, labels)["rows"] == 0


def test_the_best_achievable_figures_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(3)
    p = np.round(rng.random(500), 2) * 0.9 + 0.05
    y = rng.random(500) < p
    when = [datetime(2026, 1, 1)] * 500
    ids = [f"x{n}" for n in range(500)]
    truth = pa.table(
        {"account_id": ids, "as_of": pa.array(when, pa.timestamp("us")), "churn_probability": p}
    )
    best = best_achievable(truth, _labels(*zip(ids, when, y.tolist(), strict=True)))
    assert best["auc"] == pytest.approx(roc_auc_score(y, p))
    assert best["log_loss"] == pytest.approx(log_loss(y, p))
    assert best["rows"] == 500
