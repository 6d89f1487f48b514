"""What the reader asked the list for; it lives in the address, so that it can be shared."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from urllib.parse import urlencode

import numpy as np
from numpy.typing import NDArray

from serving.pages.roster import BANDS, Moves, Roster

PER_PAGE = 25
ORDERS = ("loss", "score", "change", "renewal", "arr", "name")
RENEWALS = (30, 60, 90)
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Span:
    """A half-open range ``[low, high)`` written ``low-high``; an empty end is open."""

    low: float
    high: float

    @classmethod
    def of(cls, text: str) -> "Span | None":
        """Return the range written in ``text``, None where it is none."""
        low, dash, high = text.partition("-")
        try:
            span = cls(float(low or "-inf"), float(high or "inf"))
        except ValueError:
            return None
        return span if dash and span.low < span.high else None

    def holds(self, values: NDArray[np.float64]) -> Mask:
        """Return which of ``values`` lie in the range."""
        return (values >= self.low) & (values < self.high)


@dataclass(frozen=True)
class Filters:
    """The list's filters; empty means all."""

    q: str = ""
    band: str = ""
    was: str = ""
    """Band of the week before."""
    plan: str = ""
    industry: str = ""
    owner: str = ""
    renewal: str = ""
    score: str = ""
    arr: str = ""
    order: str = "loss"
    page: int = 1

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Filters":
        """Return the filters of an address; what it cannot mean is dropped, never an error."""
        given = {
            field.name: query[field.name].strip()[:200]
            for field in fields(cls)
            if field.name in query and field.name != "page"
        }
        allowed = {"band": BANDS, "was": BANDS, "order": ORDERS, "renewal": map(str, RENEWALS)}
        for name, values in allowed.items():
            if given.get(name) not in set(values):
                given.pop(name, None)
        for name in ("score", "arr"):
            if name in given and Span.of(given[name]) is None:
                given.pop(name)
        number = query.get("page", "1")
        page = int(number) if number.isascii() and number.isdigit() and len(number) < 9 else 1
        return cls(**given, page=max(page, 1))

    def address(self, **changes: str | int) -> str:
        """Return the query string of these filters with ``changes``; the page starts anew."""
        wanted = replace(self, **{"page": 1, **changes})  # type: ignore[arg-type]
        plain = Filters()
        pairs = {
            field.name: value
            for field in fields(self)
            if (value := getattr(wanted, field.name)) != getattr(plain, field.name)
        }
        return "?" + urlencode(pairs)

    def narrowed(self) -> bool:
        """Whether anything but order and page was asked for."""
        return replace(self, order="loss", page=1) != Filters()

    def select(self, roster: Roster, moves: Moves) -> NDArray[np.intp]:
        """Return the places of the accounts that match, in the order asked for."""
        keep = np.ones(len(roster), bool)
        for mask in self._masks(roster, moves):
            keep &= mask
        places = np.flatnonzero(keep)
        return places[np.argsort(self._key(roster, moves)[places], kind="stable")]

    def _masks(self, roster: Roster, moves: Moves) -> list[Mask]:
        masks: list[Mask] = []
        if self.q:
            word = self.q.casefold()
            masks.append(np.array([word in text for text in roster.search], bool))
        if self.band:
            masks.append(roster.band == BANDS.index(self.band))
        if self.was:
            masks.append(moves.band == BANDS.index(self.was))
        for name in ("plan", "industry", "owner"):
            if wanted := getattr(self, name):
                masks.append(np.array([value == wanted for value in roster.text[name]], bool))
        if self.renewal:
            days = roster.renewal_days
            masks.append((days >= 0) & (days <= int(self.renewal)))
        for name, column in (("score", roster.score), ("arr", roster.arr)):
            if span := Span.of(getattr(self, name)):
                masks.append(span.holds(column))
        return masks

    def _key(self, roster: Roster, moves: Moves) -> NDArray[np.float64]:
        """Return what to sort by, ascending; unknown comes last."""
        if self.order == "name":
            names = np.array([text or "" for text in roster.text["name"]], dtype=object)
            return np.argsort(np.argsort(names, kind="stable")).astype(np.float64)
        if self.order == "loss" and not roster.has_chance:
            return np.where(np.isnan(roster.score), np.inf, roster.score)
        if self.order == "loss" and not roster.has_money:
            return np.where(np.isnan(roster.probability), np.inf, -roster.probability)
        renewal = np.where(roster.renewal_days < 0, np.nan, roster.renewal_days)
        keys = {
            "loss": -roster.loss,
            "score": roster.score,
            "change": moves.change,
            "renewal": renewal,
            "arr": -roster.arr,
        }
        key: NDArray[np.float64] = np.nan_to_num(keys[self.order], nan=np.inf)
        return key
