"""The best SQL we can write for DuckDB by hand (``duckdb_sql.sql``), run statement by statement."""

from pathlib import Path
from string import Template

import duckdb

from benchmarks.features.task import Task, command

SQL = Path(__file__).with_suffix(".sql")


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
    try:
        for statement in duckdb.extract_statements(sql):
            con.execute(statement)
    except duckdb.OutOfRangeException as error:
        raise SystemExit(f"More event names or dates than an integer has bits: {error}") from None


if __name__ == "__main__":
    command(run)
