"""From a source's column to the contract's: one SQL expression per kind of value."""

from dataclasses import dataclass

from features.settings import Source
from features.sources.connection import name, text
from features.tables import Column

NOTHING = ("", "NA", "N/A", "NaN", "nan", "NaT", "NULL", "null", "None", "none")
"""Texts read as a missing value where a number, a time or a truth is expected."""
_TRUE = ("true", "t", "yes", "y", "1")
_FALSE = ("false", "f", "no", "n", "0")
_OFFSET = r"\d:\d\d.*(Z|z|UTC|[+-]\d\d(:?\d\d)?)$"


@dataclass(frozen=True)
class Mapped:
    """One canonical column and the SQL that makes it from the source.

    Attributes
    ----------
    canonical, source : str
        Its name in the contract and in the source.
    column : Column
        Its contract.
    value : str
        SQL: the value in the contract's type, null where there is none or it cannot be read.
    raw : str
        SQL: the value as text, as the source has it.
    unreadable : str
        SQL: true where the source has a value that is not of this kind; ``"false"`` where the
        source's type cannot hold one.
    """

    canonical: str
    source: str
    column: Column
    value: str
    raw: str
    unreadable: str


def mapped(
    canonical: str, column: Column, origin: tuple[str, str], source: Source, timezone: str
) -> Mapped:
    """Return how ``canonical`` is made from ``origin``, a pair of source name and DuckDB type."""
    found, duck_type = origin
    given = name(found)
    raw = f"CAST({given} AS VARCHAR)"
    spoken = as_text(given, duck_type, source.values.get(canonical, {}))
    value = _READERS[column.kind](given, spoken, duck_type, source.date_format, timezone)
    unreadable = _unreadable(column, spoken, value)
    if canonical not in source.values:
        unreadable = _of_its_kind(column, given, duck_type) or unreadable
    return Mapped(canonical, found, column, value, raw, unreadable)


def as_text(given: str, duck_type: str, values: dict[str, str] | None = None) -> str:
    """Return SQL for a value as trimmed text (17850.0 is '17850'), replaced as ``values`` says."""
    written = f"CAST({given} AS VARCHAR)"
    if duck_type in ("DOUBLE", "FLOAT") or duck_type.startswith("DECIMAL"):
        whole = f"{given} = floor({given}) AND abs({given}) < 1e15"
        written = (
            f"CASE WHEN {whole} THEN CAST(CAST({given} AS BIGINT) AS VARCHAR) ELSE {written} END"
        )
    spoken = f"trim({written})"
    if not values:
        return spoken
    cases = " ".join(f"WHEN {text(old)} THEN {text(new)}" for old, new in values.items())
    return f"CASE {spoken} {cases} ELSE {spoken} END"


def _unreadable(column: Column, spoken: str, value: str) -> str:
    if column.kind == "text":
        return "false"
    nothing = ", ".join(text(token) for token in NOTHING)
    # Not `IN`: DuckDB makes a join of a long one, which every query over the view then carries out.
    said = f"({spoken} IS NOT NULL AND NOT list_contains([{nothing}], {spoken}))"
    return f"(({value}) IS NULL AND {said})"


def _of_its_kind(column: Column, given: str, duck_type: str) -> str | None:
    """Return what is unreadable in a column that has the right type already; None for others."""
    if column.kind == "time" and (duck_type == "DATE" or duck_type.startswith("TIMESTAMP")):
        return "false"
    if column.kind == "truth" and duck_type == "BOOLEAN":
        return "false"
    if column.kind == "number" and duck_type in ("DOUBLE", "FLOAT"):
        return f"coalesce(isinf({given}), false)"
    if column.kind == "number" and _is_number(duck_type):
        return "false"
    return None


def _text(given: str, spoken: str, duck_type: str, date_format: str | None, timezone: str) -> str:
    return f"nullif({spoken}, '')"


def _number(given: str, spoken: str, duck_type: str, date_format: str | None, timezone: str) -> str:
    read = f"try_cast({spoken} AS DOUBLE)"
    if _is_number(duck_type):
        read = f"CAST({given} AS DOUBLE)"
    return f"CASE WHEN isfinite({read}) THEN {read} END"


def _integer(
    given: str, spoken: str, duck_type: str, date_format: str | None, timezone: str
) -> str:
    read = f"try_cast({spoken} AS DOUBLE)"
    return f"CASE WHEN {read} = floor({read}) THEN try_cast({read} AS BIGINT) END"


def _truth(given: str, spoken: str, duck_type: str, date_format: str | None, timezone: str) -> str:
    if duck_type == "BOOLEAN":
        return given
    true, false = (", ".join(text(word) for word in words) for words in (_TRUE, _FALSE))
    return (
        f"CASE WHEN lower({spoken}) IN ({true}) THEN true "
        f"WHEN lower({spoken}) IN ({false}) THEN false END"
    )


def _time(given: str, spoken: str, duck_type: str, date_format: str | None, timezone: str) -> str:
    if duck_type == "TIMESTAMP WITH TIME ZONE":
        return f"timezone('UTC', {given})"
    if duck_type == "DATE" or duck_type.startswith("TIMESTAMP"):
        return in_utc(f"CAST({given} AS TIMESTAMP)", timezone)
    if date_format is not None:
        read = f"try_strptime({spoken}, {text(date_format)})"
        if "%z" in date_format or "%Z" in date_format:
            return f"timezone('UTC', {read})"
        return in_utc(read, timezone)
    compact = rf"regexp_full_match({spoken}, '(19|20)\d{{6}}')"
    day = f"CASE WHEN {compact} THEN try_strptime({spoken}, '%Y%m%d') END"
    local = in_utc(f"coalesce(try_cast({spoken} AS TIMESTAMP), {day})", timezone)
    instant = f"timezone('UTC', try_cast({spoken} AS TIMESTAMPTZ))"
    return f"CASE WHEN regexp_matches({spoken}, '{_OFFSET}') THEN {instant} ELSE {local} END"


def _is_number(duck_type: str) -> bool:
    whole = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT")
    broken = ("UINTEGER", "UBIGINT", "UHUGEINT", "FLOAT", "DOUBLE", "BOOLEAN")
    return duck_type in whole + broken or duck_type.startswith("DECIMAL")


_READERS = {"text": _text, "number": _number, "integer": _integer, "truth": _truth, "time": _time}


def in_utc(local: str, timezone: str) -> str:
    """Return SQL for a naive time of ``timezone`` as a naive time in UTC."""
    if timezone == "UTC":
        return local
    return f"timezone('UTC', timezone({text(timezone)}, {local}))"


def day_start(instant: str, timezone: str) -> str:
    """Return SQL for the midnight, in ``timezone``, at which the day of ``instant`` began (UTC)."""
    if timezone == "UTC":
        return f"date_trunc('day', {instant})"
    local = f"timezone({text(timezone)}, timezone('UTC', {instant}))"
    return in_utc(f"date_trunc('day', {local})", timezone)
