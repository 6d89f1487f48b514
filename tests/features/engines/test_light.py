"""Ibis without the compilers of databases that nobody asked for."""

import subprocess
import sys
from pathlib import Path

BEFORE = "from features.engines.light import only_what_is_used; only_what_is_used(); "
LOADED = (
    "import sys; print(sorted(name.rpartition('.')[2] for name in sys.modules "
    "if name.startswith('ibis.backends.sql.compilers.')))"
)


def printed(code: str) -> str:
    """Return what ``code`` prints in a process of its own."""
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_duckdb_alone_is_loaded_for_duckdb() -> None:
    code = (
        "import ibis; one = ibis.duckdb.connect(); "
        "one.con.execute('CREATE TABLE t AS SELECT 1 a'); "
        "one.compile(one.table('t').count()); "
    )
    assert printed(BEFORE + code + LOADED) == "['_compat', 'base', 'duckdb']"


def test_another_database_is_loaded_when_it_is_asked_for() -> None:
    code = "import ibis; ibis.duckdb; ibis.postgres; "
    assert "'postgres'" in printed(BEFORE + code + LOADED)


def test_every_name_of_the_package_is_still_there() -> None:
    code = (
        "import ibis.backends.sql.compilers as all; from ibis.backends.sql.compilers import "
        "TrinoCompiler; print(all.DuckDBCompiler.__name__, TrinoCompiler.__name__)"
    )
    assert printed(BEFORE + code) == "DuckDBCompiler TrinoCompiler"


def test_what_is_loaded_already_stays_as_it_is() -> None:
    code = "import ibis.backends.sql.compilers as before, sys; "
    after = "print(sys.modules['ibis.backends.sql.compilers'] is before)"
    assert printed(code + BEFORE + after) == "True"


def test_what_a_snapshot_needs_is_imported_without_ibis_and_what_it_writes_queries_with() -> None:
    code = (
        "import sys, serving.cli, features.snapshots, features.sources, features.labels; "
        "print(sorted({'ibis', 'sqlglot', 'pandas'} & set(sys.modules)))"
    )
    assert printed(code) == "[]"


TWICE = """
import sys
from datetime import datetime
from pathlib import Path
from features.settings import load_settings
from features.labels import labels
from features.snapshots import build, content_id
from features.sources import load_tables
settings = load_settings(Path(sys.argv[1]) / "kenshin.toml")
tables = load_tables(settings).tables
table = build(tables, settings, [datetime(2026, 4, 1)]).table
labels(tables, settings, [datetime(2026, 2, 1)])
print(content_id(table), "pandas" in sys.modules)
print(table.num_rows, table.num_columns, table["events_28d"].to_pylist(), "ibis" in sys.modules)
"""

ROWS = {
    "accounts": "account_id,size\na,small\nb,large\n",
    "subscriptions": "account_id,started_at,ended_at\na,2025-01-01,\nb,2025-02-01,\n",
    "events-1": "account_id,occurred_at,event,user_id\na,2026-03-30,login,u\na,2026-03-31,run,v\n",
}
SETTINGS = """
[company]
name = "c"
[churn]
source = "subscriptions"
[tables.accounts]
file = "accounts.csv"
[tables.subscriptions]
file = "subscriptions.csv"
[tables.events]
file = "events-*.csv"
"""


def test_a_run_whose_queries_are_all_kept_never_imports_ibis_and_none_imports_pandas(
    tmp_path: Path,
) -> None:
    (tmp_path / "kenshin.toml").write_text(SETTINGS)
    for table, rows in ROWS.items():
        (tmp_path / f"{table}.csv").write_text(rows)

    def run() -> list[str]:
        command = [sys.executable, "-c", TWICE, str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return done.stdout.strip().rsplit(" ", 1)

    (first, written), (second, written_again) = run(), run()
    assert first == second
    assert first.split()[1] == "False"
    assert (written, written_again) == ("True", "False")
