"""Kenshin itself on the embedded DuckDB, over the canonical tables as they lie on disk."""

from features.collector import uncollected

with uncollected():  # As the command imports them.
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    from benchmarks.features.task import Task, command
    from benchmarks.features.wanted import LABEL
    from features.engines.stored import Embedded, Lookup, Stored
    from features.labels import labels
    from features.settings import Settings, load_settings
    from features.snapshots import build_each
    from features.sources import Tables
    from features.sources.connection import connect, name, text
    from features.windows import midnight


def run(task: Task) -> None:
    """Write the snapshot of ``task``."""
    settings = settings_of(task)
    write(task, settings, canonical(task, settings))


def settings_of(task: Task) -> Settings:
    """Return the company's settings, its files where they are and its workspace in ``work``."""
    settings = load_settings(task.data / "kenshin.toml")
    tables = {
        table: source.model_copy(update={"file": str(task.file(table).resolve())})
        for table, source in settings.tables.items()
    }
    data = settings.data.model_copy(update={"memory_limit": task.memory_limit})
    return settings.model_copy(update={"root": task.work, "tables": tables, "data": data})


def canonical(task: Task, settings: Settings) -> Tables:
    """Return the tables without the check of the data contract: the simulator wrote them by it."""
    con = connect(settings)
    for table in settings.tables:
        path = text(str(task.file(table).resolve()))
        con.execute(f"CREATE VIEW {name(table)} AS SELECT * FROM read_parquet({path})")
    backend = Embedded(con)
    tables = Lookup({table: Stored.of(backend, table) for table in settings.tables})
    return Tables(backend, tables, midnight(task.observed_until))


def write(task: Task, settings: Settings, tables: Tables) -> None:
    """Write the wanted features and the label of all live accounts, a date at a time."""
    part = task.out.with_suffix(".part")
    snapshots = build_each(tables, settings, task.as_ofs, only=task.wanted)
    answers = labels(tables, settings, task.as_ofs)
    writer: pq.ParquetWriter | None = None
    for snapshot in snapshots:
        table = _labelled(snapshot.table, answers)
        table = table.select(["account_id", "as_of", *task.wanted, LABEL])
        writer = writer or pq.ParquetWriter(part, table.schema, compression="zstd")
        writer.write_table(table)
    if writer is not None:
        writer.close()
        part.replace(task.out)


def _labelled(table: pa.Table, answers: pa.Table) -> pa.Table:
    """Return one date's snapshot with its labels; both are sorted by account."""
    if not table.num_rows:
        return table.append_column(LABEL, pa.array([], pa.bool_()))
    here = answers.filter(pc.equal(answers["as_of"], table["as_of"][0]))
    if not here["account_id"].combine_chunks().equals(table["account_id"].combine_chunks()):
        raise SystemExit("The labels are not of the snapshot's accounts.")
    return table.append_column(LABEL, here[LABEL])


if __name__ == "__main__":
    command(run)
