"""Both definitions' words on the same accounts at the same dates, date after date."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from serving.replays.definitions import Definition, Said

Floats = npt.NDArray[np.float64]


@dataclass
class Changed:
    """An account that the two put into different bands, at the latest such date."""

    account_id: str
    as_of: datetime
    bands: tuple[str, str]
    scores: tuple[float, float]
    reasons: list[str | None]
    rows: tuple[Floats | None, Floats | None]
    """From which the reasons are still to be told."""
    definitions: tuple[Definition | None, Definition | None]
    dates: int = 1
    """At how many dates the bands differ."""


@dataclass
class Sides:
    """What was collected so far; `add` one date after the other, ascending."""

    changed: dict[str, Changed] = field(default_factory=dict)
    unmatched: int = 0
    """Scores that only one side has."""
    _parts: list[pa.Table] = field(default_factory=list)

    def add(
        self,
        as_of: datetime,
        old: Said,
        new: Said,
        by: tuple[Definition | None, Definition],
        honest: bool,
    ) -> None:
        """Take in one date.

        Parameters
        ----------
        by : (Definition or None, Definition)
            Who said it; None for what stands in the log.
        honest : bool
            Whether neither can have known how it would end.
        """
        _, here, there = np.intersect1d(
            old.account.astype(str), new.account.astype(str), return_indices=True
        )
        self.unmatched += len(old.account) + len(new.account) - 2 * len(here)
        n = len(here)
        self._parts.append(
            pa.table(
                {
                    "account_id": pa.array(old.account[here], pa.string()),
                    "as_of": pa.array([as_of] * n, pa.timestamp("us")),
                    "old_band": pa.array(old.band[here], pa.string()),
                    "new_band": pa.array(new.band[there], pa.string()),
                    "old_score": old.score[here],
                    "new_score": new.score[there],
                    "honest": pa.array([honest] * n, pa.bool_()),
                }
            )
        )
        for i, k in zip(here, there, strict=True):
            if old.band[i] != new.band[k]:
                self._note(as_of, (old, int(i)), (new, int(k)), by)

    def _note(
        self,
        as_of: datetime,
        old: tuple[Said, int],
        new: tuple[Said, int],
        by: tuple[Definition | None, Definition],
    ) -> None:
        (was, i), (now, k) = old, new
        account = str(was.account[i])
        before = self.changed.pop(account, None)
        self.changed[account] = Changed(
            account_id=account,
            as_of=as_of,
            bands=(str(was.band[i]), str(now.band[k])),
            scores=(float(was.score[i]), float(now.score[k])),
            reasons=[_told(was, i), _told(now, k)],
            rows=(_row(was, i), _row(now, k)),
            definitions=by,
            dates=1 if before is None else before.dates + 1,
        )

    def table(self) -> pa.Table:
        """Return all pairs: ``account_id``, ``as_of``, bands, scores and ``honest``."""
        return pa.concat_tables(self._parts)

    def tell_reasons(self) -> list[Changed]:
        """Return the changed accounts with the reasons that were not told yet, told."""
        found = list(self.changed.values())
        for side in (0, 1):
            asking: dict[int, list[Changed]] = {}
            for one in found:
                if one.rows[side] is not None and one.definitions[side] is not None:
                    asking.setdefault(id(one.definitions[side]), []).append(one)
            for some in asking.values():
                _ask(some, side)
        return found


def _ask(some: Sequence[Changed], side: int) -> None:
    definition: Any = some[0].definitions[side]
    rows = [row for one in some if (row := one.rows[side]) is not None]
    told = definition.reasons(np.vstack(rows))
    for one, reason in zip(some, told, strict=True):
        silent = one.bands[side] == "no_data"
        one.reasons[side] = None if silent else reason


def _told(said: Said, row: int) -> str | None:
    return None if said.reason is None else said.reason[row]


def _row(said: Said, row: int) -> Floats | None:
    return None if said.matrix is None else said.matrix[row].copy()
