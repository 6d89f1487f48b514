import numpy as np
import pytest

from features.errors import KenshinError
from features.settings import Churn, Settings
from features.snapshots import Snapshot
from tests.builders.frames import FEATURES, snapshot_table
from training.scorecard.history import parted

SETTINGS = Settings(churn=Churn(horizon_days=60, allowed_gap_days=0))


def test_what_is_learned_from_is_settled_before_what_it_is_judged_by_begins() -> None:
    table, labels = snapshot_table(dates=8)
    found = parted(Snapshot(table, FEATURES), labels, SETTINGS)
    last = max(found.earlier.table["as_of"].to_pylist())
    first = min(found.later.table["as_of"].to_pylist())
    assert (first - last).days >= 60
    assert not np.isnan(found.earlier.churned).any()
    assert f"{first:%Y-%m-%d}" in found.design.ja
    assert f"Learned before and judged at {first:%Y-%m-%d}" in found.design.en


def test_rows_without_dates_are_parted_by_account() -> None:
    table, labels = snapshot_table(dates=1)
    flat = table.drop_columns(["as_of"]).append_column("churned", labels["churned"])
    found = parted(Snapshot(flat, FEATURES), None, SETTINGS)
    assert not set(found.earlier.account_ids) & set(found.later.account_ids)
    assert len(found.earlier.churned) + len(found.later.churned) == 300
    assert found.design.en.startswith("Not out of time")


def test_a_past_of_which_no_outcome_is_known_is_refused() -> None:
    table, labels = snapshot_table(dates=2)
    unknown = labels.set_column(2, "churned", [[None] * len(labels)])
    with pytest.raises(KenshinError, match="accounts whose outcome is known"):
        parted(Snapshot(table, FEATURES), unknown, SETTINGS)


def test_a_history_shorter_than_two_label_windows_is_refused() -> None:
    table, labels = snapshot_table(dates=2)
    with pytest.raises(KenshinError, match="at least two label windows"):
        parted(Snapshot(table, FEATURES), labels, SETTINGS)
