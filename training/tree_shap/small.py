"""Trees of few splits, answered from tables: margin and shares of single rows in numpy alone.

A tree of ``k`` splits can send a row only one of 2ᵏ ways. What each way is worth, and which part of
it is whose, is worked out once; a row is then 2ᵏ-ary numbers looked up, all trees at once, and a
split that many trees have is looked at once. The walk and LightGBM spend most of a single row's
time on what is the same for every row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from training.tree_shap.sides import Sides, sides
from training.tree_shap.text import Tree, read
from training.tree_shap.ways import Ways

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]

MOST_SPLITS: Final = 3
"""Splits of a tree up to which tables are worth their memory: 2ᵏ ways of 32 bytes a tree."""

_WIDTH: Final = MOST_SPLITS + 1
"""Numbers of a way: whose it is, and last what it is worth. Numpy copies 32 bytes at a stroke."""

_BITS: Final = np.array([[1 << s] for s in range(MOST_SPLITS)], dtype=np.uint8)


@dataclass(frozen=True)
class SmallTrees:
    """A forest in tables: ``t`` trees of up to ``k`` splits, ``u`` of which differ.

    Attributes
    ----------
    columns : int
    base : float
        The mean margin that shares of the first model start from.
    sides : Sides
    place : ndarray of shape (k, t)
        Split → place among the ``k · u`` bits of a row, each worth 2ˢ.
    first : ndarray of shape (t,)
        Place of each tree's first way in the table.
    table : ndarray of shape (t · 2ᵏ, 4)
        Way → whose it is, by `owner`, and last what it is worth.
    owner : ndarray of shape (t, 3)
        Column; −1 where there is none.
    ends : tuple of int
        Where each model's trees end.
    """

    columns: int
    base: float
    sides: Sides
    place: Ints
    first: Ints
    table: Floats
    owner: Ints
    ends: tuple[int, ...]

    @classmethod
    def of(cls, *texts: str) -> "SmallTrees | None":
        """Return the tables of models; None where a tree has more than `MOST_SPLITS` splits.

        Several models share their features; their margins are told by `margins`.

        Raises
        ------
        ForeignTreesError
            See `training.tree_shap.text.read`.
        """
        models = [read(text) for text in texts]
        trees = [tree for _, some in models for tree in some]
        splits = max((len(tree.feature) for tree in trees), default=0)
        alike = len({columns for columns, _ in models}) == 1 and all(some for _, some in models)
        if not alike or not 0 < splits <= MOST_SPLITS:
            return None
        ends = np.cumsum([len(some) for _, some in models]).tolist()
        return _laid_out(models[0][0], trees, splits, tuple(ends))

    def margin(self, row: Floats) -> float:
        """Return the raw margin of one row (f,), to the last bit LightGBM's own."""
        return self._margins(self._found(row))[0]

    def margins(self, row: Floats) -> list[float]:
        """Return the raw margin of one row (f,) by each model."""
        return self._margins(self._found(row))

    def shares(self, row: Floats) -> tuple[float, Floats]:
        """Return the raw margin of one row (f,), and its shares (f + 1,), the base last."""
        margins, shares = self.both(row)
        return margins[0], shares

    def both(self, row: Floats) -> tuple[list[float], Floats]:
        """Return `margins`, and the shares (f + 1,) of the first model, the base last."""
        found = self._found(row)
        order, starts, owners = self._by_owner
        shares = np.zeros(self.columns + 1)
        if len(owners):
            shares[owners] = np.add.reduceat(found.take(order), starts)
        shares[-1] = self.base
        return self._margins(found), shares

    def _found(self, row: Floats) -> Floats:
        """Return the numbers of the way that each tree sends the row, (t, 4)."""
        bits: Bytes = (_BITS[: len(self.place)] * self.sides.of(row).view(np.uint8)).ravel()
        way = np.bitwise_or.reduce(bits.take(self.place), axis=0)
        found: Floats = self.table.take(self.first + way, axis=0)
        return found

    def _margins(self, found: Floats) -> list[float]:
        worth, start, margins = found[:, -1], 0, []
        for end, ones in self._ones:
            margins.append(_summed(worth[start:end], ones))
            start = end
        return margins

    @cached_property
    def _ones(self) -> list[tuple[int, Floats]]:
        """Where each model's trees end, and as many ones."""
        lengths = np.diff([0, *self.ends]).tolist()
        ones = [np.broadcast_to(np.float64(1.0), (length,)) for length in lengths]
        return list(zip(self.ends, ones, strict=True))

    @cached_property
    def _by_owner(self) -> tuple[Ints, Ints, Ints]:
        """The order that brings the shares of a column together, where each begins, its column."""
        owner = np.full((self.ends[0], _WIDTH), -1, dtype=np.int64)
        owner[:, :-1] = self.owner[: self.ends[0]]
        order = np.argsort(owner.ravel(), kind="stable")
        order = order[owner.ravel()[order] >= 0]
        owners, starts = np.unique(owner.ravel()[order], return_index=True)
        return order, starts, owners


def _summed(numbers: Floats, ones: Floats) -> float:
    """Return the sum of numbers (n,), added one after the other as LightGBM adds its trees.

    ``ones`` has no stride, which sends numpy's product past the library that adds in another
    order: a fifth of the time of a cumulative sum.
    """
    if _adds_in_order():
        return float(np.vecdot(numbers, ones))
    return float(np.cumsum(numbers)[-1])


@cache
def _adds_in_order() -> bool:
    """Whether numpy's product adds one after the other here, tried where the order tells."""
    places = np.arange(4_099.0)
    numbers = np.sin(places) * 10.0 ** (places % 17 - 8)
    ones = np.broadcast_to(np.float64(1.0), numbers.shape)
    spread = np.stack([numbers] * _WIDTH, axis=1)[:, -1]
    return bool(np.vecdot(spread, ones) == np.cumsum(numbers)[-1])


def _laid_out(
    columns: int, trees: Sequence[Tree], splits: int, ends: tuple[int, ...]
) -> SmallTrees:
    different, found = sides(columns, trees)
    total = max((place for some in found for place, _ in some), default=0) + 1
    place = np.zeros((splits, len(trees)), dtype=np.int64)
    flipped = np.zeros(len(trees), dtype=np.int64)
    owner = np.full((len(trees), MOST_SPLITS), -1, dtype=np.int64)
    ways = Ways(len(trees), splits)
    for t, (tree, some) in enumerate(zip(trees, found, strict=True)):
        features = tree.feature.tolist()
        owners = list(dict.fromkeys(features))
        owner[t, : len(owners)] = owners
        # A tree with fewer splits reads any bit for the others, which make no difference to it.
        for s in range(splits):
            place[s, t] = s * total + (some[s][0] if s < len(some) else 0)
        flipped[t] = sum(says_right << s for s, (_, says_right) in enumerate(some))
        ways.add(t, tree, [owners.index(feature) for feature in features], len(features))
    value, share, base = ways.tables()
    table = np.zeros((len(trees), 1 << splits, _WIDTH))
    table[:, :, :splits], table[:, :, -1] = share, value
    given = np.arange(1 << splits) ^ flipped[:, None]
    table = np.take_along_axis(table, given[:, :, None], axis=1)
    return SmallTrees(
        columns=columns,
        base=float(base[: ends[0]].sum()),
        sides=different,
        place=place,
        first=np.arange(len(trees), dtype=np.int64) << splits,
        table=table.reshape(-1, _WIDTH),
        owner=owner,
        ends=ends,
    )
