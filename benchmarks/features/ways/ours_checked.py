"""Kenshin as ``kenshin snapshot`` runs it: every row is read and held against the data contract."""

from benchmarks.features.task import Task, command
from benchmarks.features.ways.ours import settings_of, write
from features.sources import load_tables


def run(task: Task) -> None:
    """Write the snapshot of ``task``."""
    settings = settings_of(task)
    write(task, settings, load_tables(settings).tables)


if __name__ == "__main__":
    command(run)
