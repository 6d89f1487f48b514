"""What one bundle's features are called and mean, looked up once and kept beside the bundle."""

from collections import OrderedDict
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from features.catalog import Feature

if TYPE_CHECKING:
    from training.alone import Teller
    from training.bundle import Bundle

Value = float | str | None

KEPT = 8
"""Bundles whose words are kept: the one in service and the earlier ones that explain."""


class Lexicon:
    """The features of one bundle, laid out for answers about single accounts.

    Attributes
    ----------
    bundle : Bundle
    features : tuple of Feature
    names : tuple of str
    place : dict of str to int
        Name → position.
    codes : dict of str to dict of str to float
        Category feature → value → code.
    actionable : tuple of int
        Positions of features that somebody can influence.
    kept : dict of type to object
        What others have made of this bundle, one of a kind.
    """

    def __init__(self, bundle: "Bundle") -> None:
        self.bundle = bundle
        self.features: tuple[Feature, ...] = tuple(bundle.features)
        self.names = tuple(feature.name for feature in self.features)
        self.place = {name: i for i, name in enumerate(self.names)}
        self.codes = {
            name: {text: float(code) for code, text in enumerate(known)}
            for name, known in bundle.categories.items()
        }
        self.actionable = tuple(i for i, f in enumerate(self.features) if f.actionable)
        self._texts = tuple(
            (i, bundle.categories[name])
            for i, name in enumerate(self.names)
            if name in bundle.categories
        )

        self._texts_at = dict(self._texts)
        self.kept: dict[type, Any] = {}

    @cached_property
    def teller(self) -> "Teller":
        """The one who tells of single accounts."""
        from training.alone import Teller

        return Teller(self.bundle)

    def value(self, place: int, cell: float) -> Value:
        """Return one encoded cell as people know it."""
        if cell != cell:
            return None
        texts = self._texts_at.get(place)
        return cell if texts is None else texts[int(cell)]

    def decoded(self, row: Sequence[float]) -> list[Value]:
        """Return an encoded row as people know it: text for categories, None where missing."""
        known: list[Value] = [None if cell != cell else cell for cell in row]
        for i, texts in self._texts:
            cell = row[i]
            if cell == cell:
                known[i] = texts[int(cell)]
        return known


_kept: OrderedDict[int, Lexicon] = OrderedDict()


def lexicon(bundle: "Bundle") -> Lexicon:
    """Return the lexicon of ``bundle``."""
    # By identity: a bundle holds arrays and has no hash. The lexicon holds the bundle, so that
    # no other object can come to have its id.
    found = _kept.get(id(bundle))
    if found is None:
        found = _kept[id(bundle)] = Lexicon(bundle)
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return found
