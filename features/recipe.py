"""How a small table that queries join is made anew from the cut-offs of another run."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Recipe:
    """What a table given from Python holds, whatever the dates.

    Attributes
    ----------
    kind : {"dates", "words", "cells", "presence"}
        See `features.snapshots.run`.
    said : dict
        All else that it depends on; JSON.
    """

    kind: str
    said: dict[str, Any]
