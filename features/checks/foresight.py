"""Columns that know the future: filled, changed or chosen only once the account had left.

A model that sees such a column looks perfect in training and is blind in use. They are named and
left out.
"""

import re

import duckdb

from features.checks.overwritten import overwritten_terms
from features.checks.separation import ENOUGH_OF_BOTH, TOO_WELL, separation
from features.checks.suspicion import Suspicion
from features.checks.violations import Violation
from features.tables import TABLES

_TELLING = re.compile(
    r"^(churn|cancel|terminat|deactivat|attrit|closed|closing|closure|offboard|unsubscrib)"
)
_TELLING_PAIR = re.compile(r"(^|_)(left|lost|exit|leave|quit)_(at|on|date|day|reason|flag)(_|$)")
_TELLING_JA = re.compile(r"解約|退会|離脱|離反|契約終了|キャンセル")
_ENOUGH_FILLED = 5
_ONLY_LEAVERS = 0.95
_FEW_VALUES = 30


def foresight(
    con: duckdb.DuckDBPyConnection, usable: list[str]
) -> tuple[list[Violation], frozenset[tuple[str, str]]]:
    """Return the violations and the (table, column) pairs that know the future.

    Parameters
    ----------
    usable : list of str
        Clean tables there are. ``typed.leavers``, where it exists, tells who has left.
    """
    has_leavers = bool(
        con.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'leavers'").fetchall()
    )
    violations: list[Violation] = []
    leaking: set[tuple[str, str]] = set()
    if "accounts" in usable:
        for column, duck_type in _attributes(con).items():
            suspicion = _suspect(con, column, duck_type, has_leavers)
            if suspicion is not None:
                violations.append(_left_out("accounts", column, suspicion))
                leaking.add(("accounts", column))
    if "subscriptions" in usable:
        suspicion = _rewritten_renewal(con)
        if suspicion is not None:
            violations.append(_left_out("subscriptions", "renews_at", suspicion))
            leaking.add(("subscriptions", "renews_at"))
        if has_leavers:
            terms = list(_columns(con, "subscriptions"))
            for column, found in overwritten_terms(con, terms, tells_by_name):
                violations.append(_left_out("subscriptions", column, found))
                leaking.add(("subscriptions", column))
        violations += _overwritten_ends(con)
    return violations, frozenset(leaking)


def tells_by_name(column: str) -> bool:
    """Return whether a column's name says that the account has left.

    Examples
    --------
    >>> [tells_by_name(c) for c in ("churn_flag", "CancelledAt", "解約日", "enclosed", "plan")]
    [True, True, True, False, False]
    """
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", column).lower()
    words = re.split(r"[^a-z0-9]+", snake)
    return bool(
        any(_TELLING.match(word) for word in words)
        or _TELLING_PAIR.search("_".join(words))
        or _TELLING_JA.search(column)
    )


def _attributes(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    return {
        c: t for c, t in _columns(con, "accounts").items() if c not in TABLES["accounts"].columns
    }


def _columns(con: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    rows = con.execute(f"SELECT column_name, column_type FROM (DESCRIBE main.{table})").fetchall()
    return dict(rows)


def _suspect(
    con: duckdb.DuckDBPyConnection, column: str, duck_type: str, has_leavers: bool
) -> Suspicion | None:
    if tells_by_name(column):
        return _named(con, column, has_leavers)
    if has_leavers:
        found = _only_leavers(con, column) or _tied(con, column, duck_type)
        if found is not None:
            return found
    return _later_time(con, column)


def _named(con: duckdb.DuckDBPyConnection, column: str, has_leavers: bool) -> Suspicion:
    filled, example = _filled(con, column)
    phrase = "says by its name who has left"
    if has_leavers:
        phrase += f" and is filled in for {_shares(con, column)}"
    return Suspicion("K401", "knows the future by its name", filled, example, phrase)


def _shares(con: duckdb.DuckDBPyConnection, column: str) -> str:
    """Return for how many leavers and stayers a column is filled, and how long before leaving."""
    given = f"a.{_quoted(column)}"
    time = f"try_cast(CAST({given} AS VARCHAR) AS TIMESTAMP)"
    of_leavers, of_stayers, times, days = con.execute(
        f"SELECT avg(CAST({given} IS NOT NULL AS DOUBLE)) FILTER (WHERE l.has_left), "
        f"avg(CAST({given} IS NOT NULL AS DOUBLE)) FILTER (WHERE NOT l.has_left), "
        f"count({time}) FILTER (WHERE l.has_left), "
        f"avg(epoch(l.left_at) - epoch({time})) FILTER (WHERE l.has_left) / 86400 "
        "FROM main.accounts a JOIN typed.leavers l USING (account_id)"
    ).fetchall()[0]
    told = (
        f"{100 * (of_leavers or 0):.0f} % of leavers and {100 * (of_stayers or 0):.0f} % of stayers"
    )
    if not times or days is None:
        return told
    return (
        f"{told}, on average {abs(days):,.0f} days {'before' if days >= 0 else 'after'} they left"
    )


def _filled(con: duckdb.DuckDBPyConnection, column: str) -> tuple[int, str]:
    given = _quoted(column)
    count, example = con.execute(
        f"SELECT count({given}), min(CAST({given} AS VARCHAR)) FROM main.accounts"
    ).fetchall()[0]
    return count, str(example or "")


def _only_leavers(con: duckdb.DuckDBPyConnection, column: str) -> Suspicion | None:
    given = _quoted(column)
    filled, gone, everyone, all_gone, example = con.execute(
        f"SELECT count(a.{given}), count(a.{given}) FILTER (WHERE has_left), count(*), "
        f"count(*) FILTER (WHERE has_left), min(CAST(a.{given} AS VARCHAR)) "
        "FROM main.accounts a JOIN typed.leavers USING (account_id)"
    ).fetchall()[0]
    if filled < _ENOUGH_FILLED or filled == everyone or gone < _ONLY_LEAVERS * filled:
        return None
    # Where nearly all have left, a column filled only for leavers may be chance.
    if (all_gone / everyone) ** filled > 1e-6:
        return None
    return Suspicion(
        "K402",
        "filled only for leavers",
        filled,
        str(example),
        f"is filled for {filled:,} accounts, {gone:,} of which have left: for "
        + _shares(con, column),
    )


def _tied(con: duckdb.DuckDBPyConnection, column: str, duck_type: str) -> Suspicion | None:
    """Return a suspicion where the value tells leavers from stayers almost without fail."""
    given = f"a.{_quoted(column)}"
    rows = "main.accounts a JOIN typed.leavers USING (account_id)"
    values, everyone = con.execute(
        f"SELECT count(DISTINCT {given}), count(*) FROM {rows}"
    ).fetchall()[0]
    text = duck_type == "VARCHAR"
    if text and values > _FEW_VALUES:
        return None
    area = separation(con, rows, given, "has_left", "category" if text else "number")
    if area is None or area < TOO_WELL:
        return None
    return Suspicion(
        "K403",
        "tied to leaving",
        everyone,
        _filled(con, column)[1],
        f"alone tells those that left from those that stayed (AUC {area:.3f})",
    )


def _later_time(con: duckdb.DuckDBPyConnection, column: str) -> Suspicion | None:
    """Return a suspicion where an attribute is a time after the account began.

    Attributes have no history: a date of today stands beside every past ``as_of`` as well.
    """
    if "created_at" not in _columns(con, "accounts"):
        return None
    time = f"try_cast(CAST({_quoted(column)} AS VARCHAR) AS TIMESTAMP)"
    filled, times, later, example = con.execute(
        f"SELECT count({_quoted(column)}), count({time}), "
        f"count(*) FILTER (WHERE {time} > created_at + INTERVAL 2 DAY), "
        f"min(CAST({_quoted(column)} AS VARCHAR)) FILTER (WHERE {time} > created_at) "
        "FROM main.accounts"
    ).fetchall()[0]
    if filled < _ENOUGH_FILLED or times < filled or later < 0.2 * filled:
        return None
    return Suspicion(
        "K404",
        "a time after the account began",
        later,
        str(example),
        f"is a time after created_at for {later:,} accounts, so its value was not known before it",
    )


def _rewritten_renewal(con: duckdb.DuckDBPyConnection) -> Suspicion | None:
    """Return a suspicion where ``renews_at`` was overwritten with the real end."""
    if not _has(con, "renews_at"):
        return None
    ended, same, empty, running, filled = con.execute(
        "SELECT count(*) FILTER (WHERE ended_at IS NOT NULL), "
        "count(*) FILTER (WHERE ended_at IS NOT NULL AND (renews_at = ended_at)), "
        "count(*) FILTER (WHERE ended_at IS NOT NULL AND renews_at IS NULL), "
        "count(*) FILTER (WHERE ended_at IS NULL), "
        "count(*) FILTER (WHERE ended_at IS NULL AND renews_at IS NOT NULL) FROM main.subscriptions"
    ).fetchall()[0]
    early = _early_ends(con)
    emptied = empty > _ONLY_LEAVERS * ended and filled > 0.5 * running
    overwritten = early is not None and early > 0.2 * ended and same > _ONLY_LEAVERS * ended
    if ended < ENOUGH_OF_BOTH or not (emptied or overwritten):
        return None
    what = "is emptied" if emptied else "is the real end"
    return Suspicion(
        "K405",
        "overwritten when the account left",
        max(same, empty),
        "",
        f"{what} in {max(same, empty):,} of {ended:,} ended subscriptions",
    )


def _overwritten_ends(con: duckdb.DuckDBPyConnection) -> list[Violation]:
    early = _early_ends(con)
    if not early:
        return []
    return [
        Violation(
            code="K406",
            title="ends before its term",
            severity="warning",
            table="subscriptions",
            column="ended_at",
            rows=early,
            example_row=None,
            example_value="",
            sentence=f"{early:,} subscriptions end before started_at + term_months and none "
            "follows: their end is the real exit, which nobody knew ahead. No feature sees an end "
            "before it has passed.",
            fix="Nothing; map ended_at to the end of the term where that is what was agreed.",
        )
    ]


def _early_ends(con: duckdb.DuckDBPyConnection) -> int | None:
    if not _has(con, "term_months"):
        return None
    # A plan change ends a subscription within its term as well, but another one follows.
    count: int = con.execute(
        "SELECT count(*) FROM (SELECT *, max(started_at) OVER (PARTITION BY account_id) "
        "AS last_start FROM main.subscriptions) "
        "WHERE last_start < ended_at AND term_months > 0 AND ended_at < started_at + "
        "to_months(CAST(least(term_months, 1200) AS INTEGER)) - INTERVAL 4 DAY"
    ).fetchall()[0][0]
    return count


def _has(con: duckdb.DuckDBPyConnection, column: str) -> bool:
    return column in _columns(con, "subscriptions")


def _left_out(table: str, column: str, why: Suspicion) -> Violation:
    shown = f" (for example '{why.example[:80]}')" if why.example else ""
    return Violation(
        code=why.code,
        title=why.title,
        severity="warning",
        table=table,
        column=column,
        rows=why.rows,
        example_row=None,
        example_value=why.example[:80],
        sentence=f"{table}.{column} knows the future: it {why.phrase}{shown}. "
        "No feature is made from it.",
        fix="Give it as a dated row instead (churns, subscriptions, events), if it matters.",
    )


def _quoted(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'
