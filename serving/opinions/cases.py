"""What people said of accounts beside what the model said of them then: opinions and overrides."""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import sqlalchemy as sa

from features.settings import Settings
from serving.overrides import kept as overrides
from training.answer_check.judged import SEGMENTS, Case, judged
from training.answer_check.rules import Rules

if TYPE_CHECKING:
    from features.sources import Tables

Json = dict[str, Any]
BANDS = frozenset({"red", "yellow", "green"})


def compared(
    settings: Settings,
    engine: sa.Engine,
    tables: "Tables",
    scores: pa.Table,
    departures: pa.Table,
    until: datetime,
) -> Json:
    """Return ``opinions`` and ``overrides``, each judged beside the model; see `judged`.

    Parameters
    ----------
    scores : pa.Table
        The scores that count in an answer check, see `serving.answers.scores_table`: none of them
        can have known the outcome.

    Returns
    -------
    dict
        ``opinions`` is None where the company has no such table, ``overrides`` where nobody ever
        held anything against a score.
    """
    days = settings.churn.horizon_days
    stated, said = _opinions(tables), _overrides(engine)
    found: Json = {"opinions": None, "overrides": None}
    if stated is not None:
        cases, told = _beside(stated, scores, timedelta(days=Rules.of(settings).stale_days))
        found["opinions"] = {**judged(cases, departures, days, until), **told}
    if said:
        found["overrides"] = judged(said, departures, days, until)
    return found


def _opinions(tables: "Tables") -> list[Json] | None:
    """Return the rows of the table; None without one."""
    from features.engines import arrow

    if "opinions" not in tables:
        return None
    rows: list[Json] = arrow(
        tables["opinions"].select("account_id", "stated_at", "opinion")
    ).to_pylist()
    return rows


def _overrides(engine: sa.Engine) -> list[Case]:
    """Return every override beside the band of the score it was held against."""
    with engine.connect() as connection:
        said = overrides.everything(connection)
    return [
        Case(
            row["account_id"],
            row["at"],
            row["band"],
            row["score_band"],
            {name: row[f"score_{name}"] for name in SEGMENTS},
        )
        for row in said
        if row["score_band"] in BANDS
    ]


def _beside(
    stated: Iterable[Json], scores: pa.Table, stale: timedelta
) -> tuple[list[Case], dict[str, int]]:
    """Return each opinion beside the score in force when it was stated, and what has none."""
    known = _by_account(scores)
    cases, unknown_words, without_score = [], 0, 0
    for one in stated:
        opinion = str(one["opinion"]).strip().lower()
        score = _in_force(known.get(one["account_id"]), one["stated_at"], stale)
        if opinion not in BANDS:
            unknown_words += 1
        elif score is None or score["band"] not in BANDS:
            without_score += 1
        else:
            segments = {name: score[name] for name in SEGMENTS}
            cases.append(
                Case(one["account_id"], one["stated_at"], opinion, score["band"], segments)
            )
    return cases, {"unknown_words": unknown_words, "without_score": without_score}


def _in_force(
    lines: tuple[list[datetime], list[Json]] | None, at: datetime, stale: timedelta
) -> Json | None:
    """Return the last score up to ``at``, None where there is none or it is too old."""
    if lines is None:
        return None
    place = bisect_right(lines[0], at) - 1
    if place < 0 or at - lines[0][place] >= stale:
        return None
    return lines[1][place]


def _by_account(scores: pa.Table) -> dict[str, tuple[list[datetime], list[Json]]]:
    """Return account → instants and scores, ascending."""
    found: dict[str, tuple[list[datetime], list[Json]]] = {}
    columns = ["account_id", "as_of", "band", *SEGMENTS]
    for row in scores.select(columns).sort_by("as_of").to_pylist():
        instants, rows = found.setdefault(row["account_id"], ([], []))
        instants.append(row["as_of"])
        rows.append(row)
    return found
