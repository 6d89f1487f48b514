"""What is new since last week: which companies somebody has to look at, each for one reason."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from serving.pages.roster import BANDS, Roster, moves

RULES = ("turned_red", "fell", "renewal", "lost_score")
"""The gravest first: a company stands under the first that it meets."""
DEEP = 5.0
"""Points below the edge of red from which one week is enough; nearer to it two have to agree, so
that a company at the edge does not come and go."""
FALL = 10.0
"""Points lost in a week."""
RENEWAL_DAYS = (24, 30)
"""Days to the renewal of a company that came within a month of it this week, ends included."""

RED, YELLOW, NO_DATA = (BANDS.index(name) for name in ("red", "yellow", "no_data"))
Places = NDArray[np.intp]


@dataclass(frozen=True)
class Alerts:
    """The places in ``roster`` under each rule, the largest expected loss first.

    ``before`` has each account's score a week before, NaN where it had none.
    """

    roster: Roster
    before: NDArray[np.float64]
    found: dict[str, Places]

    def __len__(self) -> int:
        """Return the number of companies."""
        return sum(len(places) for places in self.found.values())

    def of(self, owner: str) -> "Alerts":
        """Return those of one owner; of all where it is empty."""
        if not owner:
            return self
        owners = self.roster.text["owner"]
        mine = {
            rule: np.array([at for at in places if owners[at] == owner], np.intp)
            for rule, places in self.found.items()
        }
        return Alerts(self.roster, self.before, mine)


def alerts(now: Roster, before: Roster, older: Roster | None, red_edge: float) -> Alerts:
    """Return what is new in ``now``.

    Parameters
    ----------
    before, older : Roster
        One week and two weeks earlier; without the latter whoever is red twice is new.
    red_edge : float
        The largest score that is red.
    """
    last = moves(now, before)
    earlier = moves(now, older).band if older is not None else np.full(len(now), -1, np.int8)
    red, was_red = now.band == RED, last.band == RED
    with np.errstate(invalid="ignore"):
        deep, was_deep = now.score <= red_edge - DEEP, last.score <= red_edge - DEEP
        masks = {
            "turned_red": red & ((~was_red & deep) | (was_red & ~was_deep & (earlier != RED))),
            "fell": last.change <= -FALL,
            "renewal": ((now.band == RED) | (now.band == YELLOW))
            & (now.renewal_days >= RENEWAL_DAYS[0])
            & (now.renewal_days <= RENEWAL_DAYS[1]),
            "lost_score": (now.band == NO_DATA) & np.isfinite(last.score),
        }
    free = np.ones(len(now), bool)
    found = {}
    for rule in RULES:
        mine = masks[rule] & free
        free &= ~mine
        found[rule] = _ordered(now, np.flatnonzero(mine))
    return Alerts(now, last.score, found)


def _ordered(roster: Roster, places: Places) -> Places:
    """Return ``places`` by expected loss; without one by score, and without a score as they are."""
    known = roster.loss if roster.has_loss else -roster.score
    keys: Sequence[float] = np.nan_to_num(-known[places], nan=np.inf).tolist()
    return places[np.argsort(keys, kind="stable")]
