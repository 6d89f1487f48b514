"""Cells, presence, stored and split builds: against the plain definition of windows."""

import itertools
from contextlib import ExitStack
from datetime import timedelta
from random import Random

import ibis
import pyarrow as pa
import pytest

from features import spells, usage, windows
from features.cells import LONGEST, Cells
from features.presence import Presence
from features.settings import Settings
from features.snapshots import Snapshot, build, build_each
from features.views import Scope
from tests.builders.company import DAYS, START, random_company
from tests.builders.tables import make_tables

END = START + timedelta(days=DAYS)
CUTS = [START + timedelta(days=d) for d in (210, 217, 224, 300, 365, 500, 799)]
EDGES = frozenset({0, 7, 28, 56, 90})


def test_no_cell_is_divided_by_a_window_or_longer_than_an_integer_has_bits() -> None:
    cells = Cells((400, 431, 700), EDGES, whole=True)
    starts = [*cells.starts.tolist(), 701]
    for first, end in itertools.pairwise(starts):
        assert end - first <= LONGEST
        assert not [c - e for c in cells.cut_days for e in EDGES if first < c - e < end]
    assert starts[0] == 0


def test_a_cell_at_a_cut_off_lies_in_the_windows_of_its_days() -> None:
    cells = Cells((400, 431, 700), EDGES)
    con = ibis.duckdb.connect()
    days = list(range(310, 700))
    rows = pa.table({"day": days, "known": [day + 1 for day in days], "at": days})
    merged = cells.of(ibis.memtable(rows)).select("at", day="cell", known="first_c")
    found = con.to_pyarrow(cells.at_cuts(merged)).to_pylist()
    assert len(found) == sum(day < c for day in days for c in cells.cut_days)
    for row in found:
        for edge in EDGES:
            assert (row["day"] >= row["c"] - edge) == (row["at"] >= row["c"] - edge)


@pytest.mark.parametrize("seed", range(4))
def test_presence_is_a_day_in_the_window_that_was_known(seed: int) -> None:
    draw = Random(seed)
    cuts = (400, 407, 431, 700)
    cells = Cells(cuts, EDGES)
    days = [draw.randrange(310, 700) for _ in range(300)]
    known = [min(700, day + 1 + draw.choice((0, 0, 1, 9, 60))) for day in days]
    users = [draw.choice("uvwxyz") for _ in days]
    rows = pa.table({"account_id": ["a"] * 300, "user_id": users, "day": days, "known": known})
    con = ibis.duckdb.connect()
    seen = con.to_pyarrow(cells.of(ibis.memtable(rows)).select("cell", "first_c").distinct())
    pairs = tuple(sorted((row["cell"], row["first_c"]) for row in seen.to_pylist()))
    presence = Presence(cells, pairs)
    bits = presence.of(ibis.memtable(rows), "user_id")
    spans = [(0, 7), (0, 90), (28, 28)]
    told = con.to_pyarrow(presence.at_cuts(bits, spans)).to_pylist()
    for at, (skip, length) in enumerate(spans):
        for c in cuts:
            inside = {
                user
                for user, day, since in zip(users, days, known, strict=True)
                if since <= c and c - skip - length <= day < c - skip
            }
            assert sum(row[f"in{at}"] for row in told if row["c"] == c) == len(inside)


def test_the_scope_gives_the_days_of_accounts_users_and_names() -> None:
    company = random_company(7, accounts=5)
    tables = make_tables(END, **company)
    with ExitStack() as kept:
        scope = Scope(tables, Settings(), tuple(CUTS[:1]), kept)
        events = windows.placed(tables["events"], "occurred_at")
        events = windows.within(events, scope.cut_days, None)
        by_day = usage.account_days(events, spells.activity_names(Settings()), ["login"])
        days = by_day.to_pyarrow().to_pylist()
        users = scope.key_days("user_id", None).to_pyarrow().to_pylist()
        active = scope.activity_days().to_pyarrow().to_pylist()
    c = windows.day_number(CUTS[0])
    placed = [
        (e["account_id"], e["user_id"], windows.day_number(e["occurred_at"]), e["event"])
        for e in company["events"]
        if max(e["occurred_at"], e["recorded_at"] or e["occurred_at"]) < CUTS[0]
    ]
    assert sum(row["events"] for row in days) == len(placed)
    assert sum(row["n:login"] for row in days) == sum(event == "login" for *_, event in placed)
    assert {(r["account_id"], r["user_id"], r["day"]) for r in users} == {
        (account, user, day) for account, user, day, _ in placed if user is not None
    }
    known = {(r["account_id"], r["day"]) for r in active if r["known"] <= c}
    assert known == {(account, day) for account, _, day, _ in placed}


@pytest.fixture(scope="module")
def whole() -> Snapshot:
    return build(make_tables(END, **random_company(8, accounts=12)), Settings(), CUTS)


def test_a_snapshot_per_instant_is_the_same_as_all_at_once(whole: Snapshot) -> None:
    tables = make_tables(END, **random_company(8, accounts=12))
    told: list[tuple[str, int, int]] = []
    each = list(build_each(tables, Settings(), CUTS, lambda *step: told.append(step)))
    assert len(each) == len(CUTS)
    assert pa.concat_tables([part.table for part in each]).combine_chunks().equals(whole.table)
    assert [done for _, done, _ in told] == list(range(1, told[0][2] + 1))


def test_an_instant_at_which_nobody_lives_has_a_snapshot_without_rows() -> None:
    tables = make_tables(END, **random_company(8, accounts=2))
    empty, full = build_each(tables, Settings(), [START - timedelta(days=900), CUTS[3]])
    assert (empty.table.num_rows, full.table.num_rows > 0) == (0, True)
    assert empty.table.schema == full.table.schema


def test_names_too_many_for_bits_and_users_too_many_words_give_the_same(
    whole: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("features.usage.MOST_NAMES", 0)
    monkeypatch.setattr("features.presence.MOST_WORDS", 0)
    tables = make_tables(END, **random_company(8, accounts=12))
    assert build(tables, Settings(), CUTS).table.equals(whole.table)
