"""From the SQL of the checks, written for DuckDB, to that of another engine."""

from __future__ import annotations

from collections.abc import Callable

from features.engines.light import exp, sqlglot

Rewrite = Callable[["exp.Expr"], "exp.Expr"]

OUR_SCHEMAS = ("raw", "typed", "main")
"""Where the checks keep their relations on DuckDB."""

_NUMBER = r"^[+-]?([0-9]{1,200}([.][0-9]{0,200})?|[.][0-9]{1,200})([eE][+-]?[0-9]{1,2})?$"
_DAY = r"([0-9]{4}-[0-9]{1,2}-[0-9]{1,2}|[0-9]{4}/[0-9]{1,2}/[0-9]{1,2})"
_CLOCK = r"[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?"
_OFFSET = r" ?(Z|UTC|[+-][0-9]{2}(:?[0-9]{2})?)"
READABLE = {
    "DOUBLE": _NUMBER,
    "TIMESTAMP": f"^{_DAY}([ T]{_CLOCK})?$",
    "TIMESTAMPTZ": f"^{_DAY}[ T]{_CLOCK}{_OFFSET}$",
}
"""What a text must look like to be read as a type: what every engine reads, and reads alike."""

_PARTS = {
    "Y": ("year", r"([0-9]{4})"),
    "m": ("month", r"([0-9]{1,2})"),
    "d": ("day", r"([0-9]{1,2})"),
    "H": ("hour", r"([0-9]{1,2})"),
    "M": ("minute", r"([0-9]{1,2})"),
    "S": ("second", r"([0-9]{1,2})"),
    "f": ("fraction", r"([0-9]{1,6})"),
}


def parsed(query: str) -> exp.Expr:
    """Return the tree of a query in DuckDB's SQL."""
    return sqlglot.parse_one(query, read="duckdb")


def flattened(query: exp.Expr, named: Callable[[str, str], str]) -> exp.Expr:
    """Return ``query`` with our relations called as ``named(schema, name)`` says."""
    for table in query.find_all(exp.Table):
        if table.db in OUR_SCHEMAS:
            table.set("this", exp.to_identifier(named(table.db, table.name), quoted=True))
            table.set("db", None)
    return query


def rewritten(query: exp.Expr, rewrite: Rewrite) -> exp.Expr:
    """Return ``query`` with every node rewritten, the innermost first."""
    for node in reversed(list(query.walk(bfs=True))):
        new = rewrite(node)
        if new is node:
            continue
        if node is query:
            query = new
        else:
            node.replace(new)
    return query


def as_iso(text: str, date_format: str) -> str | None:
    """Return DuckDB's SQL for a text of ``date_format`` as an ISO time; None where it has words.

    Examples
    --------
    >>> as_iso("x", "%d %b %Y") is None
    True
    """
    pattern, groups = "", dict[str, int]()
    rest = date_format
    while rest:
        if rest[0] != "%":
            pattern, rest = pattern + _escaped(rest[0]), rest[1:]
            continue
        known = _PARTS.get(rest[1:2])
        if known is None or known[0] in groups:
            return None
        groups[known[0]] = len(groups) + 1
        pattern, rest = pattern + known[1], rest[2:]
    if not {"year", "month", "day"} <= set(groups):
        return None

    def group(part: str, otherwise: str = "") -> str:
        if part not in groups:
            return f"'{otherwise}'"
        return f"regexp_extract({text}, '^{pattern}$', {groups[part]})"

    clock = " || ':' || ".join(group(part, "00") for part in ("hour", "minute", "second"))
    day = " || '-' || ".join(group(part) for part in ("year", "month", "day"))
    fraction = f" || '.' || {group('fraction')}" if "fraction" in groups else ""
    readable = f"regexp_matches({text}, '^{pattern}$')"
    return f"CASE WHEN {readable} THEN {day} || ' ' || {clock}{fraction} END"


def _escaped(letter: str) -> str:
    if letter.isalnum() or letter in " -/:,_":
        return letter.replace("'", "''")
    return f"[{letter}]" if letter != "'" else "''"
