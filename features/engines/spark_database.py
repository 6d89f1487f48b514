"""A Spark session that checks and computes for us, in temporary views."""

import re
from itertools import count
from typing import TYPE_CHECKING

import pyarrow as pa
from sqlglot import exp

from features.engines import translation
from features.engines.database import Database, Rows
from features.engines.spark import over
from features.engines.spark_dialect import duck_type, rewritten

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_NUMBERS = count()


class SparkDatabase(Database):
    """The views of one company in a session that several may share."""

    def __init__(self, session: "SparkSession") -> None:
        super().__init__()
        self.session = session
        self.backend = over(session)
        self._number = next(_NUMBERS)

    def called(self, schema: str, name: str) -> str:
        """Return what the relation ``schema.name`` of the checks is called here."""
        return f"kenshin{self._number}_{schema}_{re.sub(r'[^a-z0-9]+', '_', name.lower())}"

    def in_words(self, tree: exp.Expr) -> str:
        """Return a query's tree as Spark's SQL."""
        return translation.rewritten(tree, rewritten).sql("spark")

    def fetch(self, query: str) -> Rows:
        """Return the rows of a query."""
        found = self.session.sql(query)
        return Rows([tuple(row) for row in found.collect()], found.columns)

    def arrow(self, query: str, most: int) -> pa.Table:
        """Return up to ``most`` rows of a query whose columns are texts or whole numbers."""
        found: pa.Table = self.session.sql(query).limit(most).toArrow()
        return found

    def put(self, kind: str, name: str, query: str) -> None:
        """Create a temporary view; the plan of a table ends here."""
        frame = self.session.sql(query)
        if kind == "TABLE":
            frame = frame.localCheckpoint(eager=False)
        frame.createOrReplaceTempView(name)

    def add(self, name: str, query: str) -> None:
        """Put a view of the old rows and those of a query in the place of ``name``."""
        both = self.session.table(name).union(self.session.sql(query))
        both.localCheckpoint().createOrReplaceTempView(name)

    def types(self, query: str) -> dict[str, str]:
        """Return the columns of a query with DuckDB's types."""
        return {name: duck_type(kind) for name, kind in self.session.sql(query).dtypes}

    def name(self, frame: "DataFrame", schema: str, name: str) -> str:
        """Make ``frame`` a relation of the checks and return how their SQL calls it."""
        frame.createOrReplaceTempView(self.called(schema, name))
        self._created.add(name)
        return f'{schema}."{name}"'
