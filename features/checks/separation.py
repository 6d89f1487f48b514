"""How well a single column tells those who left from those who stayed."""

from typing import Literal

import duckdb

TOO_WELL = 0.99
"""An area under the curve from which a column is thought to know the answer: honest churn
prediction, with all columns together, lies between 0.65 and 0.85."""
ENOUGH_OF_BOTH = 10
"""Fewer leavers or stayers than this prove nothing."""
_OWN_SHARE = 5


def separation(
    con: duckdb.DuckDBPyConnection,
    rows: str,
    value: str,
    label: str,
    kind: Literal["number", "category"],
) -> float | None:
    """Return the area under the ROC curve of one column alone, whichever way round.

    Ties count half. Categories are ordered by their own share of leavers, which flatters those of
    few rows; so all categories of fewer than five rows count as one.

    Parameters
    ----------
    rows : str
        SQL, what comes after FROM.
    value, label : str
        SQL, the column and whether the account has left; rows with a null label do not count.

    Returns
    -------
    float or None
        In [0.5, 1]; None where there are too few of either kind.
    """
    share = (
        f"CASE WHEN count(*) OVER part >= {_OWN_SHARE} "
        "THEN avg(CAST(label AS INTEGER)) OVER part END"
    )
    order = "value" if kind == "number" else share
    leavers, stayers, ordered = con.execute(
        "SELECT sum(p), sum(n), sum(p * (below + 0.5 * n)) FROM ("
        "SELECT p, n, coalesce(sum(n) OVER (ORDER BY v NULLS FIRST "
        "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS below FROM ("
        "SELECT v, count(*) FILTER (WHERE label) AS p, count(*) FILTER (WHERE NOT label) AS n "
        f"FROM (SELECT {order} AS v, label FROM (SELECT {value} AS value, {label} AS label "
        f"FROM {rows}) WHERE label IS NOT NULL WINDOW part AS (PARTITION BY value)) GROUP BY v))"
    ).fetchall()[0]
    if min(leavers or 0, stayers or 0) < ENOUGH_OF_BOTH:
        return None
    area = float(ordered) / (float(leavers) * float(stayers))
    return max(area, 1 - area)
