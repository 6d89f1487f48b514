"""What a model's features say, worked out once for as long as they are the same features."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from features.catalog import Feature

Found = TypeVar("Found")


class Remembered(Generic[Found]):
    """The result of a function of features, kept for those it was asked for last.

    By identity: a hundred features with their words take longer to compare than to look through.

    Parameters
    ----------
    find : callable
    """

    def __init__(self, find: Callable[[Sequence[Feature]], Found]) -> None:
        self._find = find
        self._last: tuple[Sequence[Feature], Found] | None = None

    def of(self, features: Sequence[Feature]) -> Found:
        """Return the result for ``features``; a list is always looked through again."""
        last = self._last
        if last is not None and last[0] is features and isinstance(features, tuple):
            return last[1]
        found = self._find(features)
        self._last = features, found
        return found
