"""Where it is structural: bands, revenue and who is gone, by plan, industry, size and so on."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from serving.pages.timeline import WEEK, Run
from serving.store.schema import scores
from training.intervals import wilson

COLUMNS = ("plan", "industry", "size", "region", "tenure")
FEW = 20
"""Companies below which a part is no finding."""
OLDEST_TENURE = "over 2 years"


@dataclass
class Part:
    """One value of one column, and what stands in it.

    Attributes
    ----------
    value : str or None
        None where it is not known.
    bands : dict of str to int
        Companies in each band of the latest run.
    red_before : int or None
        Red ones a week before; None without a run to compare with.
    arr, loss : float
        Yearly revenue, and the sum of probability × revenue.
    leaving : float
        The sum of the probabilities.
    chances : int
        Companies that have a probability.
    then, gone : int
        Customers one horizon before, and how many of those are none any more.
    """

    column: str
    value: str | None
    bands: dict[str, int] = field(default_factory=dict)
    red_before: int | None = None
    arr: float = 0.0
    loss: float = 0.0
    leaving: float = 0.0
    chances: int = 0
    then: int = 0
    gone: int = 0

    @property
    def accounts(self) -> int:
        """Customers today."""
        return sum(self.bands.values())

    @property
    def red(self) -> int:
        """Those of them that need action."""
        return self.bands.get("red", 0)

    def risk(self, has_money: bool) -> float | None:
        """Return the expected loss as a share of revenue, or of companies; None without any."""
        whole = self.arr if has_money else float(self.chances)
        if not self.chances or not whole:
            return None
        return (self.loss if has_money else self.leaving) / whole

    @property
    def interval(self) -> tuple[float, float]:
        """Of the share that is gone, 90 %, Wilson's."""
        low, high = wilson(self.gone, self.then)
        return float(low), float(high)


@dataclass(frozen=True)
class Segments:
    """All parts of one run; ``earlier`` is the run that the gone are counted from."""

    run: Run
    earlier: Run | None
    parts: tuple[Part, ...]
    whole: Part

    def of(self, column: str) -> list[Part]:
        """Return the parts of a column that tell anything: two values or more."""
        found = [part for part in self.parts if part.column == column]
        return found if sum(part.value is not None for part in found) > 1 else []


def one_horizon_before(timeline: Sequence[Run], days: int) -> Run | None:
    """Return the weekly run nearest to ``days`` before the latest, at most half a week off."""
    target = timeline[-1].as_of - timedelta(days=days)
    near = min(timeline[:-1], key=lambda run: abs(run.as_of - target), default=None)
    return near if near is not None and abs(near.as_of - target) <= WEEK / 2 else None


def read(engine: sa.Engine, run: Run, before: Run | None, earlier: Run | None) -> Segments:
    """Count the parts of ``run``, in the store, so that no account travels.

    Parameters
    ----------
    before : Run or None
        A week before.
    earlier : Run or None
        One horizon before: who was a customer then and is none in ``run`` has left.
    """
    parts: dict[tuple[str, str | None], Part] = {}

    def part(column: str, value: str | None) -> Part:
        return parts.setdefault((column, value or None), Part(column, value or None))

    with engine.connect() as connection:
        for column in ("", *COLUMNS):
            for value, band, count, chances, arr, loss, leaving in connection.execute(
                _standing(run, column)
            ):
                mine = part(column, value)
                mine.bands[band] = mine.bands.get(band, 0) + count
                mine.chances += chances
                mine.arr += arr or 0.0
                mine.loss += loss or 0.0
                mine.leaving += leaving or 0.0
            if before is not None:
                red: dict[str | None, int] = defaultdict(int)
                for value, count in connection.execute(_red(before, column)):
                    red[value or None] += count
                for mine in [one for one in parts.values() if one.column == column]:
                    mine.red_before = red[mine.value]
            if earlier is not None:
                for value, then, still in connection.execute(_gone(run, earlier, column)):
                    mine = part(column, value)
                    mine.then += then
                    mine.gone += then - still
    whole = parts.pop(("", None), Part("", None))
    return Segments(run, earlier, tuple(parts.values()), whole)


def _value(column: str, run: Run, rows: Any = scores) -> sa.ColumnElement[Any]:  # noqa: ANN401
    """Return the expression that names the part of a row; its tenure is that at the run."""
    if not column:
        return sa.null()
    if column != "tenure":
        return sa.cast(rows.c[column], sa.Text)
    from training.answer_check.timelines import TENURES  # PyArrow comes with it

    since = rows.c.customer_since
    starts = [(since > run.as_of - timedelta(days=days), name) for days, name in TENURES]
    return sa.case((since.is_(None), None), *starts, else_=OLDEST_TENURE)


def _standing(run: Run, column: str) -> sa.Select[Any]:
    rows = (
        sa.select(
            _value(column, run).label("part"),
            scores.c.band,
            scores.c.arr,
            scores.c.churn_probability.label("chance"),
        )
        .where(scores.c.run_id == run.run_id)
        .subquery()
    )
    return sa.select(
        rows.c.part,
        rows.c.band,
        sa.func.count(),
        sa.func.count(rows.c.chance),
        sa.func.sum(rows.c.arr),
        sa.func.sum(rows.c.arr * rows.c.chance),
        sa.func.sum(rows.c.chance),
    ).group_by(rows.c.part, rows.c.band)


def _red(run: Run, column: str) -> sa.Select[Any]:
    rows = (
        sa.select(_value(column, run).label("part"))
        .where(scores.c.run_id == run.run_id, scores.c.band == "red")
        .subquery()
    )
    return sa.select(rows.c.part, sa.func.count()).group_by(rows.c.part)


def _gone(run: Run, earlier: Run, column: str) -> sa.Select[Any]:
    now = scores.alias("now")
    here = sa.and_(now.c.run_id == run.run_id, now.c.account_id == scores.c.account_id)
    rows = (
        sa.select(_value(column, earlier).label("part"), now.c.account_id.label("still"))
        .select_from(scores.outerjoin(now, here))
        .where(scores.c.run_id == earlier.run_id)
        .subquery()
    )
    return sa.select(rows.c.part, sa.func.count(), sa.func.count(rows.c.still)).group_by(
        rows.c.part
    )
