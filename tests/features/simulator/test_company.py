import hashlib
from datetime import date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.settings import load_settings
from features.simulator import CompanyPlan, PlanError, Simulation, company, simulate
from features.tables import TABLES

END = date(2026, 11, 20)
PLAN = CompanyPlan(accounts=250, start=date(2025, 5, 20), end=END, seed=1, events_scale=0.3)
ARROW = {
    "text": pa.types.is_string,
    "time": pa.types.is_timestamp,
    "number": pa.types.is_floating,
    "integer": pa.types.is_integer,
    "truth": pa.types.is_boolean,
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Simulation:
    return simulate(PLAN, tmp_path_factory.mktemp("company"))


@pytest.fixture(scope="module")
def sql(made: Simulation) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    for name, path in made.files.items():
        con.execute(f"CREATE VIEW {name} AS SELECT * FROM '{path}'")
    return con


def _one(sql: duckdb.DuckDBPyConnection, query: str) -> object:
    return sql.execute(query).fetchall()[0][0]


def _hashes(made: Simulation) -> dict[str, str]:
    files = {**made.files, "settings": made.settings}
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}


SIMULATED = set(TABLES) - {"identities"}
"""No account is ever merged in a simulated company."""


@pytest.mark.parametrize("name", sorted(SIMULATED))
def test_every_table_of_the_contract_is_written_as_declared(made: Simulation, name: str) -> None:
    schema = pq.read_schema(made.files[name])
    for column, rule in TABLES[name].columns.items():
        if rule.required:
            assert column in schema.names
    for field in schema:
        assert ARROW[TABLES[name].columns[field.name].kind](field.type), field
    assert made.rows[name] == pq.read_metadata(made.files[name]).num_rows > 0


def test_the_same_plan_gives_the_same_bytes_whatever_the_threads(
    made: Simulation, tmp_path: Path
) -> None:
    threads = pa.cpu_count()
    pa.set_cpu_count(1)
    try:
        again = simulate(PLAN, tmp_path)
    finally:
        pa.set_cpu_count(threads)
    for name, file in made.files.items():
        one, other = pq.read_table(file), pq.read_table(again.files[name])
        assert [n for n in one.column_names if not one[n].equals(other[n])] == [], name
    # Seen once in a long process: the same page of the truth, compressed to other bytes.
    different = {n for n, h in _hashes(again).items() if h != _hashes(made)[n]}
    assert different <= {"truth"}


def test_another_seed_gives_another_company(made: Simulation, tmp_path: Path) -> None:
    other = simulate(CompanyPlan(**{**PLAN.__dict__, "seed": 8}), tmp_path)
    same = {n for n, h in _hashes(other).items() if h == _hashes(made)[n]}
    assert same == {"settings"}


def test_blocks_change_nothing_but_memory(
    made: Simulation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(company, "EVENTS_A_BLOCK", 8_000)
    told: list[tuple[int, int]] = []
    blocks = simulate(PLAN, tmp_path, lambda done, total: told.append((done, total)))
    assert len(told) > 3
    assert told[-1] == (250, 250)
    assert pq.read_table(blocks.files["accounts"]) == pq.read_table(made.files["accounts"])
    tickets = pq.read_table(blocks.files["tickets"])["ticket_id"].to_pylist()
    assert len(set(tickets)) == len(tickets)


def test_csv_holds_the_same_rows(made: Simulation, tmp_path: Path) -> None:
    text = simulate(CompanyPlan(**{**PLAN.__dict__, "format": "csv"}), tmp_path)
    con = duckdb.connect()
    for name, path in text.files.items():
        con.execute(
            f"CREATE TABLE csv AS SELECT * FROM read_csv('{path}', header=true, sample_size=-1)"
        )
        same = f"SELECT * FROM '{made.files[name]}'"
        assert con.execute(
            f"SELECT count(*) FROM ({same} EXCEPT SELECT * FROM csv)"
        ).fetchall() == [(0,)]
        assert con.execute("SELECT count(*) FROM csv").fetchall() == [(made.rows[name],)]
        con.execute("DROP TABLE csv")


def test_the_settings_file_is_ready_to_use(made: Simulation) -> None:
    settings = load_settings(made.settings)
    assert set(settings.tables) == SIMULATED
    assert settings.churn.horizon_days == 90
    assert settings.company.currency == "JPY"
    assert settings.data.observed_until == datetime(2026, 11, 20)
    assert all(set(f.label) == {"ja", "en"} for f in settings.features.values())


TIMED = [(name, TABLES[name].time) for name in sorted(SIMULATED) if TABLES[name].time]


@pytest.mark.parametrize(("name", "time"), TIMED)
def test_nothing_is_known_before_it_happens_or_after_the_end(
    sql: duckdb.DuckDBPyConnection, name: str, time: str
) -> None:
    known = "created_at" if name == "accounts" else "recorded_at"
    late = f"{time} >= TIMESTAMP '{END}' OR {known} >= TIMESTAMP '{END}'"
    assert _one(sql, f"SELECT count(*) FROM {name} WHERE {late} OR {known} < {time}") == 0
    assert _one(sql, f"SELECT count(*) FROM {name} WHERE {time} IS NULL") == 0


@pytest.mark.parametrize(("name", "time"), [t for t in TIMED if t[0] not in ("accounts", "churns")])
def test_everything_happens_while_a_contract_runs(
    sql: duckdb.DuckDBPyConnection, name: str, time: str
) -> None:
    outside = f"""SELECT count(*) FROM {name} AS t WHERE NOT EXISTS (
        SELECT 1 FROM subscriptions AS s WHERE s.account_id = t.account_id
        AND s.started_at <= t.{time} AND (s.ended_at IS NULL OR t.{time} <= s.ended_at))"""
    assert _one(sql, outside) == 0


def test_some_events_are_recorded_hours_to_days_late(sql: duckdb.DuckDBPyConnection) -> None:
    share = "avg((recorded_at > occurred_at + INTERVAL 2 HOUR)::DOUBLE)"
    assert 0.02 < float(str(_one(sql, f"SELECT {share} FROM events"))) < 0.04
    assert _one(sql, "SELECT max(recorded_at - occurred_at) > INTERVAL 2 DAY FROM events") is True


def test_renewals_and_changes_leave_no_gap_and_returns_a_long_one(
    sql: duckdb.DuckDBPyConnection,
) -> None:
    sql.execute("""CREATE OR REPLACE VIEW gaps AS SELECT plan, seats, account_id,
        started_at - lag(ended_at) OVER w AS gap, lag(plan) OVER w AS plan_before,
        lag(seats) OVER w AS seats_before
        FROM subscriptions WINDOW w AS (PARTITION BY account_id ORDER BY started_at)""")
    assert _one(sql, "SELECT count(*) FROM gaps WHERE gap < INTERVAL 0 DAY") == 0
    between = "gap > INTERVAL 0 DAY AND gap < INTERVAL 45 DAY"
    assert _one(sql, f"SELECT count(*) FROM gaps WHERE {between}") == 0
    assert int(str(_one(sql, "SELECT count(*) FROM gaps WHERE gap >= INTERVAL 45 DAY"))) > 0
    contiguous = "FROM gaps WHERE gap = INTERVAL 0 DAY"
    assert int(str(_one(sql, f"SELECT count(*) {contiguous} AND seats != seats_before"))) > 10
    assert int(str(_one(sql, f"SELECT count(*) {contiguous} AND plan != plan_before"))) > 0


def test_every_leaver_whose_leaving_is_known_is_in_churns(sql: duckdb.DuckDBPyConnection) -> None:
    ends = """SELECT account_id, ended_at FROM subscriptions AS s WHERE ended_at IS NOT NULL AND NOT
        EXISTS (SELECT 1 FROM subscriptions AS n WHERE n.account_id = s.account_id
                AND n.started_at = s.ended_at)"""
    noted = "SELECT account_id, churned_at FROM churns"
    assert _one(sql, f"SELECT count(*) FROM ({noted} EXCEPT {ends})") == 0
    settled = f"SELECT * FROM ({ends}) WHERE ended_at < TIMESTAMP '{END}' - INTERVAL 6 DAY"
    assert _one(sql, f"SELECT count(*) FROM ({settled} EXCEPT {noted})") == 0


def test_truth_is_told_for_exactly_the_live_accounts(sql: duckdb.DuckDBPyConnection) -> None:
    live = """SELECT count(DISTINCT (d.as_of, s.account_id)) FROM (SELECT DISTINCT as_of FROM truth)
        AS d JOIN subscriptions AS s ON s.started_at < d.as_of
        AND (s.ended_at IS NULL OR s.ended_at >= d.as_of)"""
    assert _one(sql, live) == _one(sql, "SELECT count(*) FROM truth")
    inside = "churn_probability > 0 AND churn_probability < 1"
    assert _one(sql, f"SELECT count(*) FROM truth WHERE NOT ({inside})") == 0


def test_causes_can_be_seen_in_what_they_touch(sql: duckdb.DuckDBPyConnection) -> None:
    def beside(cause: str, table: str, time: str, what: str) -> tuple[float, float]:
        counted = f"""SELECT t.*, (SELECT {what} FROM {table} AS x WHERE x.account_id = t.account_id
            AND x.{time} < t.as_of AND x.{time} >= t.as_of - INTERVAL 28 DAY) AS n FROM truth AS t
            WHERE leading_cause IS NULL OR leading_cause = '{cause}'"""
        rows = sql.execute(f"""SELECT leading_cause IS NOT NULL AS hit, sum(n) / count(*)
            FROM ({counted}) GROUP BY hit ORDER BY hit""").fetchall()
        return float(rows[0][1]), float(rows[1][1])

    calm, pained = beside("support", "tickets", "opened_at", "count(*)")
    assert pained > 2 * calm
    logins = "count(*) FILTER (event = 'login')"
    steady, decaying = beside("decay", "events", "occurred_at", logins)
    assert decaying < 0.6 * steady
    opens = "count(*) FILTER (kind = 'email_open')"
    present, absent = beside("champion", "messages", "occurred_at", opens)
    assert absent < 0.5 * present
    billing = "count(*) FILTER (category = 'billing')"
    content, priced = beside("price", "tickets", "opened_at", billing)
    assert priced > 3 * content


def test_names_are_never_given_twice(made: Simulation) -> None:
    accounts = pq.read_table(made.files["accounts"])
    for column in ("account_id", "name", "name_en"):
        values = accounts[column].to_pylist()
        assert len(set(values)) == len(values) == PLAN.accounts


def test_an_interrupted_run_leaves_nothing_half_written(tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(PLAN, tmp_path, stop)
    assert list(tmp_path.iterdir()) == []


def test_a_company_with_one_account_is_a_company(tmp_path: Path) -> None:
    made = simulate(CompanyPlan(accounts=1, start=date(2026, 3, 1), end=END), tmp_path)
    assert made.rows["accounts"] == 1
    assert set(made.files) >= SIMULATED


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"accounts": 0}, "accounts from 1 to 1,000,000; found 0"),
        ({"start": END}, "days observed from 180"),
        ({"events_scale": 0.0}, "events_scale from 0.01"),
        ({"horizon_days": 0}, "horizon_days from 1"),
        ({"seed": -1}, "seed from 0"),
    ],
)
def test_an_impossible_company_is_refused_in_a_sentence(
    wrong: dict[str, object], sentence: str
) -> None:
    with pytest.raises(PlanError, match=sentence):
        CompanyPlan(**wrong)  # type: ignore[arg-type]


def test_a_companys_own_settings_are_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "kenshin.toml").write_text("[company]\nname = 'ours'\n")
    with pytest.raises(PlanError, match="without settings of your own"):
        simulate(PLAN, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["kenshin.toml"]


def test_a_simulated_company_may_be_simulated_again(tmp_path: Path) -> None:
    small = CompanyPlan(accounts=5, start=date(2026, 3, 1), end=END)
    assert simulate(small, tmp_path).rows == simulate(small, tmp_path).rows
