"""The checks' SQL in PostgreSQL's words."""

from functools import partial

from sqlglot import exp

from features.engines import translation
from features.engines.translation import READABLE, as_iso

DUCK_TYPES = {
    "bool": "BOOLEAN",
    "int2": "SMALLINT",
    "int4": "INTEGER",
    "int8": "BIGINT",
    "float4": "FLOAT",
    "float8": "DOUBLE",
    "numeric": "DECIMAL(38,9)",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "timestamptz": "TIMESTAMP WITH TIME ZONE",
}
"""PostgreSQL's types as DuckDB calls them; all others are read as text."""

_READ = """
CREATE OR REPLACE FUNCTION pg_temp.kenshin_read_{name}(given text) RETURNS {type}
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF given ~ '{pattern}' THEN RETURN given::{type}; END IF;
  RETURN NULL;
EXCEPTION WHEN others THEN
  RETURN NULL;
END $$
"""
_GROUP = """
CREATE OR REPLACE FUNCTION pg_temp.kenshin_group(given text, pattern text, place int)
RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT (regexp_match(given, pattern))[place] $$
"""
_NATIVE = {"DOUBLE": "double precision", "TIMESTAMP": "timestamp", "TIMESTAMPTZ": "timestamptz"}

FUNCTIONS = (
    *(
        _READ.format(name=kind.lower(), type=_NATIVE[kind], pattern=pattern)
        for kind, pattern in READABLE.items()
    ),
    _GROUP,
)
"""Temporary functions that read a text or give null; PostgreSQL itself fails the whole query."""


def rewritten(node: exp.Expr, collation: str) -> exp.Expr:
    """Return one node of DuckDB's tree so that PostgreSQL gives the same value."""
    if isinstance(node, exp.TryCast):
        return _read(node)
    if isinstance(node, exp.Subquery) and isinstance(node.parent, exp.From) and not node.alias:
        node.set("alias", exp.TableAlias(this=exp.to_identifier("q")))
        return node
    if isinstance(node, exp.Cast) and node.to.this in (exp.DType.VARCHAR, exp.DType.TEXT):
        # Texts are ordered by code point, as on the other engines, whatever the database does.
        text = exp.cast(node.this, "TEXT")
        return exp.paren(exp.Collate(this=text, expression=exp.to_identifier(collation, True)))
    if isinstance(node, exp.IsInf):
        return _among(node.this, "Infinity", "-Infinity")
    if isinstance(node, exp.ArrayContains):
        return exp.In(this=node.expression, expressions=node.this.expressions)
    if isinstance(node, exp.RegexpFullMatch):
        return exp.RegexpLike(this=node.this, expression=_whole(node.expression))
    if isinstance(node, exp.RegexpExtract):
        return _ours("kenshin_group", node.this, node.expression, node.args["group"])
    if isinstance(node, exp.ArgMin):
        return _first(node)
    if isinstance(node, exp.Anonymous):
        return _named(node)
    return node


def _named(node: exp.Anonymous) -> exp.Expr:
    name, given = node.name.lower(), node.expressions
    if name == "isfinite":
        return exp.not_(_among(given[0], "NaN", "Infinity", "-Infinity"))
    if name == "to_months":
        return exp.Anonymous(this="make_interval", expressions=[exp.Literal.number(0), given[0]])
    if name == "try_strptime":
        return _ours("kenshin_read_timestamp", _iso(given[0], given[1].name))
    return node


def _read(node: exp.TryCast) -> exp.Expr:
    kind = node.to.sql("duckdb")
    if kind == "BIGINT":
        holds = exp.Between(
            this=node.this.copy(),
            low=exp.Literal.number("-9223372036854775000"),
            high=exp.Literal.number("9223372036854775000"),
        )
        return exp.Case(ifs=[exp.If(this=holds, true=exp.cast(node.this, "BIGINT"))])
    return _ours(f"kenshin_read_{kind.lower()}", exp.cast(node.this, "TEXT"))


def _iso(text: exp.Expr, date_format: str) -> exp.Expr:
    marker = "given"
    iso = translation.parsed(as_iso(marker, date_format) or "NULL")
    iso = translation.rewritten(iso, partial(rewritten, collation="C"))
    for column in list(iso.find_all(exp.Column)):
        column.replace(text.copy())
    return iso


def _ours(name: str, *given: exp.Expr) -> exp.Expr:
    call = exp.Anonymous(this=name, expressions=list(given))
    return exp.Dot(this=exp.to_identifier("pg_temp"), expression=call)


def _among(number: exp.Expr, *values: str) -> exp.Expr:
    kind = exp.DataType.build("DOUBLE")
    named = [exp.Cast(this=exp.Literal.string(value), to=kind.copy()) for value in values]
    return exp.paren(exp.cast(number, "DOUBLE").isin(*named))


def _whole(pattern: exp.Expr) -> exp.Expr:
    return exp.Literal.string(f"^({pattern.name})$")


def _first(node: exp.ArgMin) -> exp.Expr:
    order = exp.Order(expressions=[exp.Ordered(this=node.expression)])
    listed = exp.ArrayAgg(this=exp.Order(this=node.this, expressions=order.expressions))
    return exp.Bracket(this=exp.paren(listed), expressions=[exp.Literal.number(1)], offset=1)
