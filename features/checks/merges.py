"""Merges of accounts that cannot be followed: in a circle, or into two accounts at once."""

import duckdb

from features import identities
from features.checks.violations import Violation


def merge_violations(con: duckdb.DuckDBPyConnection, usable: list[str]) -> list[Violation]:
    """Return what is wrong with the merges of ``main.identities`` taken together."""
    if "identities" not in usable:
        return []
    found = con.execute("SELECT * FROM main.identities")
    names = [column[0] for column in found.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    wrong = identities.wrong_merges(identities.from_rows(rows))
    circles = [what for kind, what in wrong if kind == "circle"]
    twice = [what for kind, what in wrong if kind == "twice"]
    violations = []
    if circles:
        violations.append(
            _violation(
                "K506",
                "merged in a circle",
                circles,
                "accounts are merged in a circle, so that none of them goes on",
            )
        )
    if twice:
        violations.append(
            _violation(
                "K507",
                "merged twice at once",
                twice,
                "merges are of an account that is part of another one already",
            )
        )
    return violations


def _violation(code: str, title: str, wrong: list[str], phrase: str) -> Violation:
    return Violation(
        code=code,
        title=title,
        severity="refused",
        table="identities",
        column="merged_into",
        rows=len(wrong),
        example_row=None,
        example_value=wrong[0][:80],
        sentence=f"{len(wrong):,} {phrase}: {wrong[0]}.",
        fix="Correct merged_into, or give unmerged_at where a merge was undone before the next.",
    )
