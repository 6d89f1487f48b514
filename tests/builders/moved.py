"""A score store carried over to another database, row by row."""

import sqlalchemy as sa

from serving.store.engine import writing
from serving.store.schema import audit_head, metadata

_AT_ONCE = 1_000


def carry_over(source: sa.Engine, target: sa.Engine) -> None:
    """Write every row of ``source`` into the empty store ``target``, numbers and log included."""
    with source.connect() as read, writing(target) as write:
        write.execute(sa.delete(audit_head))
        for table in metadata.sorted_tables:
            rows = [dict(row) for row in read.execute(sa.select(table)).mappings()]
            for start in range(0, len(rows), _AT_ONCE):
                write.execute(sa.insert(table), rows[start : start + _AT_ONCE])
            _go_on_counting(write, table)


def _go_on_counting(connection: sa.Connection, table: sa.Table) -> None:
    """Let PostgreSQL number the next row after the last; SQLite does by itself."""
    number = table.autoincrement_column
    if connection.dialect.name != "postgresql" or number is None or number.name == "only":
        return
    last = sa.select(sa.func.coalesce(sa.func.max(number), 0)).scalar_subquery()
    sequence = sa.func.pg_get_serial_sequence(table.name, number.name)
    connection.execute(sa.select(sa.func.setval(sequence, last + 1, False)))
