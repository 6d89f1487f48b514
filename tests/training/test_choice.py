"""A company too large to fit whole: whole accounts are chosen, and it is said which."""

from datetime import date, datetime
from hashlib import md5
from pathlib import Path

import numpy as np
import pytest

from features import snapshots
from features.labels import labels
from features.settings import Settings, load_settings
from features.simulator import CompanyPlan, simulate
from features.sources import Tables, load_tables
from training.choice import Choice, choose
from training.material import material
from training.model_card import NAMES, model_card

DATES = [datetime(2026, month, 1) for month in range(2, 8)]


def allowing(settings: Settings, most_rows: int) -> Settings:
    training = settings.training.model_copy(update={"most_rows": most_rows})
    return settings.model_copy(update={"training": training})


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Tables]:
    plan = CompanyPlan(
        accounts=400, start=date(2025, 6, 1), end=date(2026, 11, 20), seed=4, events_scale=0.05
    )
    made = simulate(plan, tmp_path_factory.mktemp("large"))
    settings = load_settings(made.settings)
    return settings, load_tables(settings).tables


def chosen_of(company: tuple[Settings, Tables], most_rows: int) -> tuple[Tables, Choice]:
    settings, tables = company
    some, choice = choose(tables, allowing(settings, most_rows), DATES)
    assert choice is not None
    return some, choice


def ids(tables: Tables) -> set[str]:
    return set(tables["accounts"].account_id.to_pyarrow().to_pylist())


def test_a_company_that_fits_is_left_whole(company: tuple[Settings, Tables]) -> None:
    settings, tables = company
    assert choose(tables, settings, DATES) == (tables, None)
    rows = len(labels(tables, settings, DATES))
    assert rows < 400 * len(DATES)
    assert choose(tables, allowing(settings, rows), DATES) == (tables, None)


def test_whole_accounts_are_chosen_by_the_hash_of_their_id(
    company: tuple[Settings, Tables],
) -> None:
    settings, tables = company
    some, choice = chosen_of(company, 1000)
    wanted = {a for a in ids(tables) if md5(a.encode()).hexdigest() < choice.hash_below}
    assert ids(some) == wanted
    assert (choice.accounts, choice.of_accounts) == (len(wanted), 400)
    everything, part = labels(tables, settings, DATES), labels(some, settings, DATES)
    assert choice.of_rows == len(everything)
    assert choice.share == 1000 / len(everything)
    assert len(part) == pytest.approx(1000, rel=0.15)
    kept = [row for row in everything.to_pylist() if row["account_id"] in wanted]
    assert part.to_pylist() == kept


def test_what_is_built_of_the_chosen_is_what_is_built_of_all(
    company: tuple[Settings, Tables],
) -> None:
    settings, tables = company
    some, _ = chosen_of(company, 1000)
    whole = snapshots.build(tables, settings, DATES[-2:]).table
    part = snapshots.build(some, settings, DATES[-2:]).table
    inside = np.isin(whole["account_id"].to_numpy(zero_copy_only=False), sorted(ids(some)))
    assert part.equals(whole.filter(inside).combine_chunks())


def test_a_larger_share_contains_a_smaller_one_and_leavers_keep_their_share(
    company: tuple[Settings, Tables],
) -> None:
    settings, tables = company
    small, _ = chosen_of(company, 1000)
    large, choice = chosen_of(company, 1600)
    assert ids(small) < ids(large) < ids(tables)
    rates = [
        np.mean([bool(left) for left in labels(part, settings, DATES)["churned"].to_pylist()])
        for part in (large, tables)
    ]
    spread = np.sqrt(rates[1] * (1 - rates[1]) / choice.accounts)
    assert abs(rates[0] - rates[1]) < 3 * spread


def test_the_training_reads_the_chosen_only_and_the_card_says_so(
    company: tuple[Settings, Tables],
) -> None:
    settings, _ = company
    given = material(allowing(settings, 1000), lambda what, done, steps: None)
    assert given.choice is not None
    assert given.labels is not None
    accounts = set(given.snapshot.table["account_id"].to_pylist())
    assert len(accounts) <= given.choice.accounts
    assert accounts == set(given.labels["account_id"].to_pylist())
    assert given.snapshot.table.num_rows < 1.3 * 1000
    said = given.choice.document()
    assert f"{given.choice.accounts:,} of 400 accounts" in said["sentence"]


def test_merged_accounts_are_chosen_together(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    plan = CompanyPlan(
        accounts=60, start=date(2025, 10, 1), end=date(2026, 11, 20), seed=4, events_scale=0.05
    )
    made = simulate(plan, tmp_path)
    known = sorted(pq.read_table(tmp_path / "accounts.parquet")["account_id"].to_pylist())
    pairs = list(zip(known[:40:2], known[1:40:2], strict=True))
    merged = {
        "account_id": [one for one, _ in pairs],
        "merged_into": [other for _, other in pairs],
        "merged_at": [datetime(2026, 6, 1)] * len(pairs),
    }
    pq.write_table(pa.table(merged), tmp_path / "identities.parquet")
    with made.settings.open("a", encoding="utf-8") as file:
        file.write('\n[tables.identities]\nfile = "identities.parquet"\n')
    settings = load_settings(made.settings)
    tables = load_tables(settings).tables
    small = settings.training.model_construct(
        **{**settings.training.model_dump(), "most_rows": 120}
    )
    some, choice = choose(tables, settings.model_copy(update={"training": small}), DATES)
    assert choice is not None
    found = ids(some)
    assert 0 < len(found) < 60
    parted = [pair for pair in pairs if len(found & set(pair)) == 1]
    assert parted == []


@pytest.mark.parametrize("known", [True, False])
def test_the_model_card_tells_of_a_choice_and_is_silent_without(known: bool) -> None:
    choice = Choice(0.25, "40000000", 25, 100, 4000, 1000)
    evaluation = {
        "horizon_days": 90,
        "verdict": "usable",
        "design": "Judged out of time.",
        "train": None,
        "calibration": None,
        "test": None,
        "metrics": {name: {"value": 0.5, "low": 0.4, "high": 0.6} for name in NAMES},
        "baselines": [],
        "checks": [],
        "choice": choice.document() if known else None,
    }
    said = "on 25 of 100 accounts" in model_card("Kenshin", "", evaluation)
    assert said is known
