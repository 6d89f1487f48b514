"""Planted leaks end `kenshin train`: each kind by name, with what gives it away."""

import csv
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from features.catalogue import existing
from features.progress import Progress
from features.settings import Settings, load_settings
from features.snapshots import Snapshot
from features.sources import load_tables
from features.views import VIEWS
from serving import cli
from tests.builders.company_files import company
from tests.builders.frames import FEATURES, learnable, snapshot_table
from tests.builders.release import small
from tests.features.truth.test_leaks import (
    PLANTED,
    Row,
    farewell_ticket,
    has_left,
    honest_company,
    overwritten_attribute,
    overwritten_money,
    target_copy,
)
from tests.features.truth.test_planted_features import leaky, without_leaves
from training import examination, foresight, frames, judging, model
from training.gate import LeakError
from training.material import material
from training.train import train

SEEN = datetime(2026, 11, 22)
OBSERVED = "[data]\nobserved_until = 2025-06-01\n"
SILENT: Progress = lambda what, done, steps: None  # noqa: E731 (as the commands hand it over)


def requested(tables: dict[str, list[Row]]) -> None:
    """Fill in, for nearly all who leave, when they asked to: three days before."""
    for n, (account, contract) in enumerate(
        zip(tables["accounts"], tables["subscriptions"], strict=True)
    ):
        asked = has_left(contract) and n != 0
        account["cancel_requested_at"] = contract["ended_at"] - timedelta(days=3) if asked else ""


def told(folder: Path, tables: dict[str, list[Row]], extra: str = "") -> str:
    company(folder, tables, extra=OBSERVED + extra)
    with pytest.raises(LeakError) as caught:
        material(load_settings(folder / "kenshin.toml"), SILENT, leaks_stop=True)
    return str(caught.value)


def test_the_command_ends_with_the_column_its_shares_and_the_days_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tables = honest_company()
    requested(tables)
    company(tmp_path, tables, extra=OBSERVED)
    arguments = ["kenshin", "train", "--config", str(tmp_path / "kenshin.toml")]
    monkeypatch.setattr("sys.argv", arguments)
    with pytest.raises(SystemExit) as ended:
        cli.command_line()
    assert ended.value.code == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "accounts.cancel_requested_at knows the future" in said
    assert "filled in for 95 % of leavers and 0 % of stayers" in said
    assert "on average 3 days before they left" in said
    assert '[gate.ignore] "accounts.cancel_requested_at" = "why"' in said
    assert not (tmp_path / ".kenshin" / "bundles").exists()


def test_a_copy_of_the_target_and_overwritten_fields_are_all_named_at_once(tmp_path: Path) -> None:
    tables = honest_company()
    for plant in (target_copy, overwritten_attribute, overwritten_money):
        plant(tables)
    said = told(tmp_path, tables)
    for code, name in (
        ("K403", "accounts.grade"),
        ("K402", "accounts.stage"),
        ("K408", "subscriptions.mrr"),
    ):
        assert f"{code} {name} knows the future" in said


def test_features_that_read_on_after_the_cut_off_and_farewell_tickets_are_all_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Late rows, an unbounded maximum, tickets of after, ties at the cut-off."""
    tables = honest_company()
    farewell_ticket(tables)
    for ticket in tables["tickets"]:
        ticket["resolved_at"] = ticket["opened_at"] + timedelta(days=60)
    for event in tables["events"][::4]:
        event["recorded_at"] = event["occurred_at"] + timedelta(days=20)
    planted = [leaky(view, how) for view, (how, _) in PLANTED.items()]
    honest = [d for d in existing.everything(Settings()) if d.feature.name == "tickets_90d"]
    monkeypatch.setattr(existing, "everything", lambda settings: [*planted, *honest])
    for view in PLANTED:
        monkeypatch.setitem(VIEWS, getattr(view, "__name__", ""), without_leaves(view))
    said = told(tmp_path, tables)
    for view, (_, code) in PLANTED.items():
        assert f"{code} {getattr(view, '__name__', '')} (from" in said
    assert "K407" in said
    assert "'data export'" in said
    assert "tickets_90d" not in said


def test_a_column_that_somebody_looked_into_is_left_out_and_the_training_goes_on(
    tmp_path: Path,
) -> None:
    tables = honest_company()
    requested(tables)
    reason = '[gate.ignore]\n"accounts.cancel_requested_at" = "from the CRM, left out"\n'
    company(tmp_path, tables, extra=OBSERVED, sections=reason)
    settings = load_settings(tmp_path / "kenshin.toml")
    loaded = load_tables(settings)
    foresight.require_none(loaded.tables, loaded.report, settings, SILENT)
    assert "cancel_requested_at" not in loaded.tables["accounts"].columns


FLAT = '[flat]\nfile = "flat.csv"\naccount_id = "id"\nlabel = "left"\nas_of = "month"\n'


def flat(folder: Path, name: str, value: Callable[[int, bool], Any], extra: str = "") -> Settings:
    rows = [
        {"id": f"c{n % 40:02d}", "month": f"2025-0{1 + n // 40}-01", "fee": n % 7}
        | {"left": "yes" if (left := n % 3 == 0) else "no", name: value(n, left)}
        for n in range(160)
    ]
    with (folder / "flat.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    (folder / "kenshin.toml").write_text(FLAT + extra, encoding="utf-8")
    return load_settings(folder / "kenshin.toml")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("closed_on", lambda n, left: "2025-03-01" if left else "", "K401 flat.closed_on"),
        ("stage", lambda n, left: "gone" if left else "", "K402 flat.stage is filled for 54"),
        ("grade", lambda n, left: "C" if left else "A", "K403 flat.grade"),
        ("last_seen", lambda n, left: f"2025-05-{1 + n % 28:02d}", "K404 flat.last_seen is a time"),
    ],
)
def test_a_flat_tables_column_that_knows_the_future_is_named(
    name: str, value: Callable[[int, bool], Any], said: str, tmp_path: Path
) -> None:
    with pytest.raises(LeakError) as caught:
        material(flat(tmp_path, name, value), SILENT, leaks_stop=True)
    assert said in str(caught.value)
    settings = flat(tmp_path, name, value, f'[gate.ignore]\n"flat.{name}" = "seen"\n')
    assert name not in material(settings, SILENT, leaks_stop=True).snapshot.table.column_names


def test_a_planned_date_and_one_of_the_past_are_not_suspected(tmp_path: Path) -> None:
    for name, year in (("renewal_on", 2026), ("signed_on", 2019)):
        (tmp_path / name).mkdir()
        dates = [f"{year}-05-{1 + n % 28:02d}" for n in range(160)]
        settings = flat(tmp_path / name, name, lambda n, left, dates=dates: dates[n])  # type: ignore[misc]
        assert material(settings, SILENT, leaks_stop=True).snapshot.table.num_rows == 160


def spoiled(tmp_path: Path) -> tuple[Settings, Snapshot, Any]:
    table, labels = snapshot_table(accounts=200, dates=5)
    last = np.arange(table.num_rows) >= 800
    plans = np.where(last, table["plan_type"].to_numpy(zero_copy_only=False), "free")
    place = table.column_names.index("plan_type")
    table = table.set_column(place, "plan_type", [plans.tolist()])
    settings = Settings.model_validate(
        {"root": tmp_path, "churn": {"horizon_days": 30}, "training": {"folds": 2}}
    )
    return settings, Snapshot(table, FEATURES), labels


def test_accounts_on_both_sides_of_a_fold_stop_the_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        model, "account_folds", lambda ids, churned, folds, seed: np.arange(len(ids)) // 3 % folds
    )
    monkeypatch.setattr(judging, "out_of_time", lambda rows, *given: small(rows))
    settings, snapshot, labels = spoiled(tmp_path)
    with pytest.raises(LeakError, match=r"T11 .*lie in more than one fold: A0000"):
        train(settings, snapshot, labels, SEEN)
    assert not (tmp_path / ".kenshin" / "bundles").exists()


def test_folds_that_were_parted_at_the_second_seed_only_are_found() -> None:
    judged = small(learnable(accounts=60, dates=3))
    rows = judged.development
    found = {check.code: check.result for check in examination.folds(judged)}
    assert found["T11"] == "passed"
    parted = np.vstack([judged.bag.folds, rows.as_of == rows.as_of.max()])
    judged = replace(judged, bag=replace(judged.bag, folds=parted))
    found = {check.code: check.result for check in examination.folds(judged)}
    assert found["T11"] == "failed"


def test_an_encoder_that_learned_from_the_test_period_stops_the_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames, "forget_unseen", lambda rows, seen: None)
    monkeypatch.setattr(judging, "out_of_time", lambda rows, *given: small(rows))
    settings, snapshot, labels = spoiled(tmp_path)
    with pytest.raises(LeakError, match=r"T12 .*plan_type = (team|firm)"):
        train(settings, snapshot, labels, SEEN)
    assert not (tmp_path / ".kenshin" / "bundles").exists()
