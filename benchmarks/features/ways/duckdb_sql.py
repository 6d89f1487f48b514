"""The best SQL we can write for DuckDB by hand (``duckdb_sql.sql``), run statement by statement."""

from pathlib import Path
from string import Template

import duckdb

from benchmarks.features.task import Task, command

SQL = Path(__file__).with_suffix(".sql")
MOST_NAMES, MOST_PAIRS = 64, 128


def run(task: Task) -> None:
    """Write the snapshot of ``task``."""
    options: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": task.memory_limit,
        "temp_directory": str(task.work / "spill"),
        "preserve_insertion_order": False,
    }
    con = duckdb.connect(config=options)
    dates = ", ".join(f"'{as_of.isoformat(sep=' ')}'" for as_of in task.as_ofs)
    sql = Template(SQL.read_text(encoding="utf-8")).substitute(
        data=task.data, out=task.out, dates=f"[{dates}]", observed_until=task.observed_until
    )
    for statement in duckdb.extract_statements(sql):
        con.execute(statement)
        if "TABLE bits" in statement.query:
            _refuse_more(con, "bits", MOST_NAMES)
        if "TABLE user_bits" in statement.query:
            _refuse_more(con, "user_bits", MOST_PAIRS)


def _refuse_more(con: duckdb.DuckDBPyConnection, table: str, most: int) -> None:
    ((rows,),) = con.execute(f"SELECT count(*) FROM {table}").fetchall()
    if rows > most:
        raise SystemExit(f"{table} needs {rows} bits, and an integer has {most}.")


if __name__ == "__main__":
    command(run)
