"""Queries kept between runs: the same cells as queries written now, whatever was kept before."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pytest

from features import erased
from features.catalogue import declarations
from features.engines import compiled, finished
from features.engines.compiled import Compiled
from features.engines.steps import Recording, Step, fresh
from features.product_feature import ProductFeature
from features.recipe import Recipe
from features.settings import Churn, Settings
from features.snapshots import build, build_each
from features.snapshots.inputs import states
from features.snapshots.plan import plan
from features.snapshots.run import Run
from features.sources import Tables
from features.sources.erasures import without_erased
from tests.builders.company import DAYS, START, random_company
from tests.builders.tables import make_tables

END = START + timedelta(days=DAYS)
CUTS = [START + timedelta(days=d) for d in (300, 365, 500)]
LATER = [START + timedelta(days=d) for d in (310, 380, 620)]
ONLY = (
    "active_users_28d",
    "active_users_28d_vs_prev_28d",
    "distinct_events_28d",
    "days_since_last_event",
    "nps_last",
    "tickets_90d",
    "seats",
    "overdue_days",
    "messages_received_28d",
)
ROWS = random_company(8, accounts=8)
DATES = Recipe("dates", {})


def tables(**more: Any) -> Tables:  # noqa: ANN401
    return make_tables(END, **(ROWS | more))


def kept(folder: Path) -> Settings:
    """Return settings with a workspace in which queries are kept."""
    return Settings(root=folder)


def files(settings: Settings) -> list[Path]:
    return sorted((settings.workspace / "cache" / "compiled").glob("*.json"))


def wanted(given: Tables, settings: Settings) -> list[str]:
    found = {d.feature.name for d in declarations(settings, given)}
    return [name for name in ONLY if name in found]


def built(given: Tables, settings: Settings, cuts: list[datetime] = CUTS) -> pa.Table:
    return build(given, settings, cuts, only=wanted(given, settings)).table


def without(settings: Settings) -> Settings:
    """Return the settings of no file: their queries are written each time."""
    return settings.model_copy(update={"root": Path()})


@pytest.fixture
def unwritten(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return what makes writing a query of a view an error from now on."""

    def forbid() -> None:
        monkeypatch.setattr(import_module("features.snapshots.build"), "_computed", None)

    return forbid


def test_other_dates_are_answered_by_queries_written_before(
    tmp_path: Path, unwritten: Callable[[], None]
) -> None:
    one, other = kept(tmp_path / "one"), kept(tmp_path / "other")
    first, second = build(tables(), one, CUTS), build(tables(), other, LATER)
    plans = [{file.name: _steps(file) for file in files(each)} for each in (one, other)]
    assert len([name for name, text in plans[0].items() if '"do"' in text]) == 3
    assert plans[0] == plans[1]  # nothing of the dates is in what is kept
    unwritten()
    assert build(tables(), one, CUTS).table.equals(first.table)
    assert build(tables(), one, LATER).table.equals(second.table)
    assert build(tables(), other, CUTS).features == first.features


def _steps(file: Path) -> str:
    """Return what is kept, its names numbered in the order in which they come."""
    _, _, text = file.read_text(encoding="utf-8").partition("\n")
    names: dict[str, str] = {}
    return re.sub(
        r"kenshin_([a-z]+)_[0-9a-f]{32}",
        lambda found: names.setdefault(found.group(), f"{found.group(1)}{len(names)}"),
        text,
    )


def _changes(settings: Settings, draw: Random) -> Settings:
    """Return the settings with one of those that can change a query drawn anew."""
    return settings.model_copy(update=dict([draw.choice(_drawn(draw))]))


def _drawn(draw: Random) -> list[tuple[str, Any]]:
    churn = Churn(
        source=draw.choice(("subscriptions", "inactivity")),
        allowed_gap_days=draw.choice((0, 30, 200)),
        minimum_tenure_days=draw.choice((0, 90)),
        active_within_days=draw.choice((30, 90)),
        activity_events=draw.choice(((), ("login",))),
    )
    own = ProductFeature(
        measure=draw.choice(("count", "users")),
        event=draw.choice(("login", "export", "report_*")),
        window_days=draw.choice((28, 90)),
        label={"ja": "独自", "en": "Own"},
    )
    currency = draw.choice(("JPY", "EUR"))
    windows = draw.choice(((7, 28, 90, 365), (28, 90)))
    return [
        ("churn", churn),
        ("features", draw.choice(({}, {"seats_own": own}))),
        ("company", Settings().company.model_copy(update={"currency": currency})),
        ("snapshots", Settings().snapshots.model_copy(update={"windows_days": windows})),
    ]


def test_who_wants_every_query_written_now_has_it_so(
    tmp_path: Path, unwritten: Callable[[], None]
) -> None:
    settings, given = kept(tmp_path), tables()
    names = wanted(given, settings)
    expected = build(given, settings, CUTS, only=names).table
    assert build(given, settings, CUTS, only=names, anew=True).table.equals(expected)
    unwritten()
    with pytest.raises(TypeError):
        build(given, settings, CUTS, only=names, anew=True)


def test_the_names_of_inputs_are_those_of_queries_written_now(tmp_path: Path) -> None:
    settings = kept(tmp_path)
    fewer = tables(tickets=[{k: v for k, v in r.items() if k != "csat"} for r in ROWS["tickets"]])
    for given in (tables(), tables(), fewer, fewer):
        assert states(given, settings, CUTS) == states(given, without(settings), CUTS)
    assert len(files(settings)) == len(ROWS) + 1 + 2 + 1  # and which features exist


@pytest.mark.parametrize("seed", range(2))
def test_whatever_changes_the_cells_are_those_of_queries_written_now(
    tmp_path: Path, seed: int
) -> None:
    draw, settings = Random(seed), kept(tmp_path)
    companies = [
        tables(),
        tables(events=[{**row, "event": f"e{n % 70}"} for n, row in enumerate(ROWS["events"])]),
        tables(events=[{k: v for k, v in r.items() if k != "user_id"} for r in ROWS["events"]]),
    ]
    for _ in range(4):
        settings, given = _changes(settings, draw), draw.choice(companies)
        cuts = draw.choice((CUTS, LATER, CUTS[-1:]))
        assert built(given, settings, cuts).equals(built(given, without(settings), cuts))


def test_each_thing_that_queries_depend_on_is_in_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = kept(tmp_path)
    keys = set()

    def count(settings: Settings, given: Tables, cuts: list[datetime] = CUTS) -> None:
        run = Run(tuple(cuts))
        found = plan(given, settings, run, declarations(settings, given))
        assert found is not None
        keys.add(found._key(()))

    def changed(**section: object) -> Settings:
        [(name, values)] = section.items()
        now = getattr(base, name)
        return base.model_copy(
            update={name: now.model_copy(update=values) if hasattr(now, "model_copy") else values}
        )

    own = ProductFeature(
        measure="count", event="login", window_days=28, label={"ja": "独自", "en": "Own"}
    )
    count(base, tables())
    count(base, tables(), LATER)  # other dates, the same queries
    for section in (
        {"churn": {"source": "inactivity"}},
        {"churn": {"allowed_gap_days": 31}},
        {"churn": {"activity_events": ("login",)}},
        {"company": {"currency": "EUR"}},
        {"snapshots": {"windows_days": (28, 90)}},
        {"features": {"own": own}},
    ):
        count(changed(**section), tables())
    count(base, tables(), CUTS[:1])
    count(base, tables(surveys=[{**row, "more": 1} for row in ROWS["surveys"]]))
    monkeypatch.setattr(compiled, "CODE", "another version")
    count(base, tables())
    assert len(keys) == 1 + 6 + 3


def _spoilt(file: Path) -> Iterator[bytes]:
    whole = file.read_bytes()
    yield b""
    yield whole[: len(whole) // 2]
    yield whole.replace(b"account_id", b"account_ip", 1)
    yield b"\xff\xfe"
    yield b"[]"


def test_a_damaged_file_is_written_anew(tmp_path: Path) -> None:
    settings = kept(tmp_path)
    expected = built(tables(), settings)
    whole = {file: len(file.read_bytes()) for file in files(settings)}
    for turn in range(2):
        for number, file in enumerate(whole):
            spoilt = list(_spoilt(file))
            file.write_bytes(spoilt[(number + turn) % len(spoilt)])
        assert built(tables(), settings).equals(expected)
        assert {file: len(file.read_bytes()) for file in files(settings)} == whole


def test_steps_of_another_form_are_as_none(tmp_path: Path) -> None:
    settings = kept(tmp_path)
    expected = built(tables(), settings)
    for text in ('[{"do": "table"}]', "[1]"):
        store = Compiled(settings.workspace)
        store.keep({file.stem: text for file in files(settings)[:1]})
        assert built(tables(), settings).equals(expected)


def test_a_file_of_another_user_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Compiled(tmp_path)
    store.keep({"a": "text"})
    assert store.found("a") == "text"
    monkeypatch.setattr("os.geteuid", lambda: -2)
    assert store.found("a") is None


def test_a_workspace_that_cannot_be_written_to_goes_without(tmp_path: Path) -> None:
    settings = kept(tmp_path)
    (settings.workspace / "cache").mkdir(parents=True)
    (settings.workspace / "cache" / "compiled").write_text("in the way", encoding="utf-8")
    assert built(tables(), settings).equals(built(tables(), without(settings)))


def test_the_longest_unused_go_when_there_are_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled, "MOST_FILES", 3)
    store = Compiled(tmp_path)
    for number in range(5):
        store.keep({f"k{number}": "text"})
    assert len(list(store.folder.iterdir())) == 3
    assert store.found("k4") == "text"


def test_queries_that_name_accounts_are_not_kept(tmp_path: Path) -> None:
    merge = {"account_id": "a1", "merged_into": "a2", "merged_at": CUTS[0]}
    merged = kept(tmp_path / "merged")
    built(tables(identities=[merge]), merged)
    gone = kept(tmp_path / "erased")
    forgotten = erased.Erased(b"key", frozenset({erased.Erased(b"key").of("a1")}))
    given, _ = without_erased(tables(), forgotten)
    assert "a1" not in built(given, gone)["account_id"].to_pylist()
    assert files(gone) == []
    assert not [file for file in files(merged) if '"do"' in file.read_text(encoding="utf-8")]


def test_steps_that_read_what_none_of_them_makes_are_not_kept() -> None:
    given, kept_table = fresh("given"), fresh("kept")
    makes = Step("table", kept_table, f'SELECT * FROM "{given}"', given=((given, DATES),))
    reads = Step("table", fresh("kept"), f'SELECT * FROM "{kept_table}" JOIN "{given}" USING (c)')
    assert recorded(makes, reads).whole
    assert not recorded(reads).whole
    assert not recorded(makes, Step("drop", given, of="TABLE"), reads).whole


def recorded(*steps: Step) -> Recording:
    recording = Recording()
    for step in steps:
        recording.note(step)
    return recording


def test_nothing_is_left_on_the_connection_and_two_builds_may_share_it(tmp_path: Path) -> None:
    settings, given = kept(tmp_path), tables()
    expected = [built(given, settings, cuts) for cuts in (CUTS, LATER)]
    names = wanted(given, settings)
    both = [build_each(given, settings, cuts, only=names) for cuts in (CUTS, LATER)]
    pairs = list(zip(*both, strict=True))
    for turn, whole in zip(zip(*pairs, strict=True), expected, strict=True):
        assert pa.concat_tables([one.table for one in turn]).combine_chunks().equals(whole)
    for each in both:
        each.close()  # type: ignore[attr-defined]
    finished(given.backend)
    con = given.backend.con
    assert con.execute("SELECT table_name FROM duckdb_tables() WHERE temporary").fetchall() == []
    assert con.execute("SELECT name FROM duckdb_variables()").fetchall() == []


def test_what_is_kept_is_text_without_rows(tmp_path: Path) -> None:
    settings = kept(tmp_path)
    built(tables(), settings)
    for file in files(settings):
        _, _, text = file.read_text(encoding="utf-8").partition("\n")
        steps = [said for said in json.loads(text) if isinstance(said, dict)]
        assert {step["do"] for step in steps} <= {
            "table", "part", "view", "drop", "say", "ask", "fork",
        }  # fmt: skip
        assert file.stat().st_mode & 0o077 == 0
        assert not re.search(r"'a\d+'", text)
