"""The form of one ``[section]`` of a file that people write: typed, frozen, no unknown keys."""

import difflib
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A section of settings."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def did_you_mean(key: str, known: Sequence[str]) -> str:
    """Return a hint in brackets: the known word closest to ``key``, or all known ones.

    Examples
    --------
    >>> did_you_mean("wieght", ["weight", "feature"])
    " (did you mean 'weight'?)"
    """
    close = difflib.get_close_matches(key, known, n=1)
    return f" (did you mean '{close[0]}'?)" if close else f" (known: {', '.join(sorted(known))})"
