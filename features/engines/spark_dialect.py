"""The checks' SQL in Spark's words."""

from sqlglot import exp

from features.engines import translation
from features.engines.translation import READABLE, as_iso

_SPARK_TYPES = {"DOUBLE": "DOUBLE", "TIMESTAMP": "TIMESTAMP_NTZ", "TIMESTAMPTZ": "TIMESTAMP_LTZ"}
_DUCK_TYPES = {
    "boolean": "BOOLEAN",
    "tinyint": "TINYINT",
    "smallint": "SMALLINT",
    "int": "INTEGER",
    "bigint": "BIGINT",
    "float": "FLOAT",
    "double": "DOUBLE",
    "date": "DATE",
    "timestamp_ntz": "TIMESTAMP",
    "timestamp": "TIMESTAMP WITH TIME ZONE",
}


def duck_type(spark_type: str) -> str:
    """Return Spark's type as DuckDB calls it; all but numbers, truths and times are text."""
    if spark_type.startswith("decimal"):
        return spark_type.upper()
    return _DUCK_TYPES.get(spark_type, "VARCHAR")


def rewritten(node: exp.Expr) -> exp.Expr:
    """Return one node of DuckDB's tree so that Spark gives the same value."""
    if isinstance(node, exp.TryCast):
        return _read(node)
    if isinstance(node, exp.IsInf):
        return _infinite(node.this)
    if isinstance(node, exp.ArrayContains):
        return exp.In(this=node.expression, expressions=node.this.expressions)
    if isinstance(node, exp.RegexpFullMatch):
        pattern = exp.Literal.string(f"^({node.expression.name})$")
        return exp.RegexpLike(this=node.this, expression=pattern)
    if isinstance(node, exp.PercentileDisc):
        order = exp.Order(expressions=[exp.Ordered(this=node.this)])
        call = exp.Anonymous(this="percentile_disc", expressions=[node.expression])
        return exp.WithinGroup(this=call, expression=order)
    if isinstance(node, exp.Anonymous):
        return _named(node)
    return node


def _named(node: exp.Anonymous) -> exp.Expr:
    name, given = node.name.lower(), node.expressions
    if name == "timezone":
        outer = node.parent
        if isinstance(outer, exp.Anonymous) and outer.name.lower() == "timezone":
            return node
        return _moved(given[0], given[1])
    if name == "isfinite":
        nan = exp.Anonymous(this="isnan", expressions=[given[0].copy()])
        return exp.not_(exp.paren(exp.or_(nan, _infinite(given[0]))))
    if name == "to_months":
        whole = [exp.Literal.number(0), given[0]]
        return exp.Anonymous(this="make_interval", expressions=whole)
    if name == "try_strptime":
        return _cast(_iso(given[0], given[1].name), "TIMESTAMP")
    return node


def _moved(zone: exp.Expr, time: exp.Expr) -> exp.Expr:
    """Return a naive time of ``zone``: of an instant, or of another zone's naive time."""
    if isinstance(time, exp.Anonymous) and time.name.lower() == "timezone":
        source, local = time.expressions
        if zone.name == "UTC":
            return _to_utc(source, local)
        return _converted(source, zone, local)
    return exp.Cast(this=time, to=exp.DataType.build("TIMESTAMP_NTZ", dialect="spark"))


def _to_utc(zone: exp.Expr, local: exp.Expr) -> exp.Expr:
    """Return the later instant where clocks were set back: Java takes the earlier one."""
    utc = exp.Literal.string("UTC")
    early = _converted(zone, utc, local)
    ifs = []
    for minutes in (60, 30):
        late = exp.Anonymous(
            this="timestampadd",
            expressions=[exp.var("MINUTE"), exp.Literal.number(minutes), early.copy()],
        )
        same = exp.EQ(this=_converted(utc, zone, late), expression=local.copy())
        ifs.append(exp.If(this=same, true=late.copy()))
    return exp.Case(ifs=ifs, default=early.copy())


def _converted(source: exp.Expr, target: exp.Expr, time: exp.Expr) -> exp.Expr:
    given = [source.copy(), target.copy(), time.copy()]
    return exp.Anonymous(this="convert_timezone", expressions=given)


def _iso(text: exp.Expr, date_format: str) -> exp.Expr:
    iso = translation.rewritten(
        translation.parsed(as_iso("given", date_format) or "NULL"), rewritten
    )
    for column in list(iso.find_all(exp.Column)):
        column.replace(text.copy())
    return iso


def _read(node: exp.TryCast) -> exp.Expr:
    kind = node.to.sql("duckdb")
    if kind == "BIGINT":
        return node
    return _cast(node.this, kind)


def _cast(text: exp.Expr, kind: str) -> exp.Expr:
    readable = exp.RegexpLike(this=text.copy(), expression=exp.Literal.string(READABLE[kind]))
    to = exp.DataType.build(_SPARK_TYPES[kind], dialect="spark")
    if kind != "DOUBLE":
        slashes = [text, exp.Literal.string("/"), exp.Literal.string("-")]
        text = exp.Anonymous(this="replace", expressions=slashes)
    cast = exp.TryCast(this=text, to=to, safe=True)
    return exp.Case(ifs=[exp.If(this=readable, true=cast)])


def _infinite(number: exp.Expr) -> exp.Expr:
    kind = exp.DataType.build("DOUBLE")
    size = exp.Abs(this=exp.cast(number, "DOUBLE"))
    return exp.EQ(this=size, expression=exp.Cast(this=exp.Literal.string("Infinity"), to=kind))
