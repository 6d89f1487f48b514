"""Ibis without the compilers of databases that nobody asked for."""

import subprocess
import sys

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
