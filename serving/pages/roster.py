"""All accounts of one run as columns, and how they stand against the week before."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from serving.pages.timeline import Run
from serving.store.code_points import by_code_point
from serving.store.schema import scores

BANDS = ("red", "yellow", "green", "no_data")
Floats = NDArray[np.float64]
Codes = NDArray[np.int8]

_TEXT = ("name", "name_en", "plan", "industry", "owner")
_COLUMNS = ("account_id", "band", "health_score", "churn_probability", "arr", "renewal_date",
            "scorecard_score")  # fmt: skip


@dataclass(frozen=True)
class Roster:
    """The accounts of one run; every column has one entry per account.

    Attributes
    ----------
    band : ndarray of int8
        Place in `BANDS`.
    score, probability, arr, loss, renewal_days, scorecard : ndarray of float64
        Score as shown; P(churn within the horizon); yearly revenue; probability × ARR; days from
        ``as_of`` to the renewal; the scorecard's own score. NaN where there is none.
    place : dict of str to int
        Account id → index.
    """

    run: Run
    account_id: tuple[str, ...]
    text: dict[str, tuple[str | None, ...]]
    band: Codes
    score: Floats
    probability: Floats
    arr: Floats
    loss: Floats
    renewal_days: Floats
    scorecard: Floats
    place: dict[str, int]
    search: tuple[str, ...]
    currency: str | None
    """Of all revenues: the check of the tables refuses to mix several."""

    def __len__(self) -> int:
        """Return the number of accounts."""
        return len(self.account_id)

    @property
    def has_money(self) -> bool:
        """Whether any account's yearly revenue is known."""
        return bool(np.isfinite(self.arr).any())

    @property
    def has_chance(self) -> bool:
        """Whether scores come with probabilities; a scorecard that has not learned has none."""
        return bool(np.isfinite(self.probability).any() or not np.isfinite(self.score).any())

    @property
    def has_loss(self) -> bool:
        """Whether there is an expected loss in money."""
        return self.has_money and self.has_chance

    @cached_property
    def offered(self) -> dict[str, list[str]]:
        """Every plan, industry and owner that somebody has, sorted."""
        return {
            name: sorted(value for value in set(self.text[name]) if value)
            for name in ("plan", "industry", "owner")
        }

    def name(self, at: int, language: str) -> str:
        """Return the account's name in ``language`` as far as there is one."""
        own, english = self.text["name"][at], self.text["name_en"][at]
        return (english if language == "en" and english else own) or self.account_id[at]


@dataclass(frozen=True)
class Moves:
    """The same accounts a week before; NaN or −1 where an account was not scored then."""

    run: Run | None
    band: Codes
    score: Floats
    loss: Floats
    change: Floats
    gone: int
    """How many accounts of the week before are no longer there."""


def read(engine: sa.Engine, run: Run) -> Roster:
    """Read the accounts of ``run``."""
    query = sa.select(*(scores.c[name] for name in (*_COLUMNS, *_TEXT)))
    order = by_code_point(scores.c.account_id)
    query = query.where(scores.c.run_id == run.run_id).order_by(order)
    with engine.connect() as connection:
        columns = list(zip(*connection.execute(query), strict=True))
        currency = connection.execute(
            sa.select(sa.func.max(scores.c.currency)).where(scores.c.run_id == run.run_id)
        ).scalar()
    values: list[tuple[Any, ...]] = columns or [()] * (len(_COLUMNS) + len(_TEXT))
    ids, bands, shown, probability, arr, renewal, card = values[: len(_COLUMNS)]
    text = dict(zip(_TEXT, values[len(_COLUMNS) :], strict=True))
    day = run.as_of.date()
    chance, revenue = _floats(probability), _floats(arr)
    return Roster(
        run=run,
        account_id=ids,
        text=text,
        band=np.array([BANDS.index(name) for name in bands], np.int8),
        score=_floats(shown),
        probability=chance,
        arr=revenue,
        loss=chance * revenue,
        renewal_days=_floats([None if at is None else (at - day).days for at in renewal]),
        scorecard=_floats(card),
        place={account: at for at, account in enumerate(ids)},
        search=tuple(
            " ".join(part for part in parts if part).casefold()
            for parts in zip(ids, text["name"], text["name_en"], strict=True)
        ),
        currency=currency,
    )


def moves(now: Roster, before: Roster | None) -> Moves:
    """Return how the accounts of ``now`` stood in ``before``."""
    if before is None:
        nothing = np.full(len(now), np.nan)
        return Moves(None, np.full(len(now), -1, np.int8), nothing, nothing, nothing, 0)
    at = np.array([before.place.get(account, -1) for account in now.account_id], np.int64)
    known = at >= 0
    score = _picked(before.score, at, known)
    return Moves(
        run=before.run,
        band=np.where(known, before.band[at] if len(before) else -1, -1).astype(np.int8),
        score=score,
        loss=_picked(before.loss, at, known),
        change=now.score - score,
        gone=len(before) - int(known.sum()),
    )


class Rosters:
    """Rosters by run; a run never changes once written, so the latest read are kept."""

    def __init__(self, engine: sa.Engine, keep: int = 4) -> None:
        self._engine, self._keep = engine, keep
        self._kept: OrderedDict[str, Roster] = OrderedDict()
        self._moves: dict[tuple[str, str | None], Moves] = {}
        self._lock = threading.Lock()

    def of(self, run: Run) -> Roster:
        """Return the roster of ``run``."""
        with self._lock:
            if run.run_id not in self._kept:
                self._kept[run.run_id] = read(self._engine, run)
                while len(self._kept) > self._keep:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(run.run_id)
            return self._kept[run.run_id]

    def moves(self, now: Run, before: Run | None) -> Moves:
        """Return how the accounts of ``now`` stood in ``before``."""
        key = (now.run_id, before.run_id if before else None)
        if key not in self._moves:
            made = moves(self.of(now), self.of(before) if before else None)
            self._moves = {key: made}
        return self._moves.get(key) or made


def _floats(values: Sequence[float | None]) -> Floats:
    return np.array([np.nan if value is None else value for value in values], np.float64)


def _picked(column: Floats, at: NDArray[np.int64], known: NDArray[np.bool_]) -> Floats:
    """Return ``column[at]`` where known, NaN elsewhere."""
    picked = np.full(len(at), np.nan)
    picked[known] = column[at[known]]
    return picked
