"""One order of texts on every database: that of their code points.

PostgreSQL orders by the language that the database was made with: by English rules "a-1" and "A1"
stand side by side, by German ones elsewhere, and an update of the system's library moves both. The
order of ids breaks ties, so it has to be the same everywhere, and for good.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction


class by_code_point(GenericFunction[str]):  # reads as the function that it is in SQL
    """A text to order by or to compare with another."""

    type = sa.String()
    inherit_cache = True


@compiles(by_code_point)
def _as_it_is(element: by_code_point, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    """Return the text itself: SQLite compares bytes."""
    return compiler.process(element.clauses, **options)


@compiles(by_code_point, "postgresql")
def _collated(element: by_code_point, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    return f'{compiler.process(element.clauses, **options)} COLLATE "C"'
