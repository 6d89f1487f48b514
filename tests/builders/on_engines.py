"""One company's settings, rewritten so that another engine reads and computes."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from features.settings import Settings, Source
from features.sources.connection import connect, name, text
from features.sources.origin import open_source
from tests.builders.in_postgres import put
from tests.builders.spark import SPARK


def exported(settings: Settings, folder: Path, only: str = "true") -> Settings:
    """Write every source as one Parquet file, as read, and return settings that name those.

    Parameters
    ----------
    only : str
        DuckDB's condition on the rows of every source.
    """
    folder.mkdir(parents=True, exist_ok=True)
    con = connect(settings)
    tables = {}
    for table, source in settings.tables.items():
        origin = open_source(con, settings, table, source)
        chosen = ", ".join(name(column) for column in origin.columns)
        file = folder / f"{table}.parquet"
        con.execute(
            f"COPY (SELECT {chosen} FROM {origin.relation} WHERE {only}) "
            f"TO {text(str(file))} (FORMAT parquet)"
        )
        kept = {key: getattr(source, key) for key in ("columns", "values", "date_format")}
        tables[table] = Source(file=str(file), **kept)
    con.close()
    here = {"tables": tables, "root": folder, "workspace_folder": ".kenshin"}
    return settings.model_copy(update=here)


def computing(settings: Settings, engine: str, url: str | None = None) -> Settings:
    """Return the settings of `exported` for ``engine``; ``url`` is an empty database for them."""
    changed: dict[str, Any] = {"engine": engine}
    tables = settings.tables
    if url is not None:
        put(url, {table: pq.read_table(str(source.file)) for table, source in tables.items()})
        tables = {
            table: source.model_copy(update={"file": None, "table": f'"{table}"'})
            for table, source in tables.items()
        }
        changed["database"] = url
    data = settings.data.model_copy(update=changed)
    return settings.model_copy(update={"data": data, "tables": tables, "spark": SPARK})
