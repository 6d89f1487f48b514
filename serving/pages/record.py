"""One account as stored: its weekly scores up to the latest one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from features.errors import UnknownAccountError
from serving.pages.changes import State
from serving.pages.signals import by_name
from serving.pages.timeline import Run, week_before, weekly
from serving.pages.waterfall import tenths
from serving.store.schema import scores
from serving.store.scores import history
from training.bundle import Bundle

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Account:
    """One account's weeks, oldest first.

    Attributes
    ----------
    timeline : tuple of Run
        All weekly runs up to the account's latest score, those without it included.
    weeks : tuple of (Run, row)
    is_current : bool
        Whether the latest run still has the account.
    """

    timeline: tuple[Run, ...]
    weeks: tuple[tuple[Run, Row], ...]
    is_current: bool

    @property
    def run(self) -> Run:
        """The run of the latest score."""
        return self.weeks[-1][0]

    @property
    def row(self) -> Row:
        """The latest score."""
        return self.weeks[-1][1]

    @property
    def before(self) -> tuple[Run, Row] | None:
        """The score a week before, None where there is none."""
        earlier = week_before([run for run, _ in self.weeks], self.run)
        return next(((run, row) for run, row in self.weeks if run is earlier), None)


def read(engine: sa.Engine, timeline: Sequence[Run], account_id: str) -> Account:
    """Return the account as of the latest run, or of its last one where it has left.

    Raises
    ------
    UnknownAccountError
        Where no score of the account is stored.
    """
    head = timeline[-1] if timeline else None
    rows = _rows(engine, timeline, account_id)
    is_current = head is not None and head.run_id in rows
    if not is_current:
        last = history(engine, account_id, limit=1, until=head.as_of if head else None)
        if not last:
            raise UnknownAccountError(
                "an account that has been scored",
                f"none with the id {account_id[:80]!r}",
                "Look it up on the portfolio page.",
            )
        timeline = weekly(engine, until=last[-1]["as_of"])
        rows = _rows(engine, timeline, account_id)
    weeks = tuple((run, rows[run.run_id]) for run in timeline if run.run_id in rows)
    return Account(tuple(timeline), weeks, is_current)


def state(run: Run, row: Row, bundle: Bundle) -> State | None:
    """Return a score with what made it, None where the score is withheld."""
    if row["health_score_exact"] is None or not row["points"]:
        return None
    values = by_name(run, row["values"])
    return State(
        run.model_version,
        run.settings_version,
        run.baseline_points,
        by_name(run, row["points"]),
        values,
        row["health_score_exact"],
        tenths(row["health_score_exact"], bundle.cuts_of(values)),
    )


def _rows(engine: sa.Engine, timeline: Sequence[Run], account_id: str) -> dict[str, Row]:
    query = sa.select(scores).where(
        scores.c.account_id == account_id,
        scores.c.run_id.in_([run.run_id for run in timeline]),
    )
    with engine.connect() as connection:
        return {row["run_id"]: dict(row) for row in connection.execute(query).mappings()}
