"""How recent and how complete the data behind a score were, as records tell it."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from serving.instant import Instant
from serving.lexicon import Lexicon, Value
from serving.store.scores import StoredRow


class Freshness(BaseModel):
    """How recent and how complete the data behind a score was."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    as_of: Instant
    scored_at: Instant
    values_known: int
    values_total: int
    missing: list[str]


def freshness(
    row: StoredRow, run: StoredRow, known: Sequence[Value], words_of: Lexicon
) -> dict[str, Any]:
    """Return the same as plain values, by the field names of `Freshness`.

    Parameters
    ----------
    row, run : mapping
        A row of the store's ``scores`` and its row of ``runs``.
    known : sequence
        The account's value of each feature; None where it is missing.
    """
    missing = [name for name, value in zip(words_of.names, known, strict=True) if value is None]
    return {
        "as_of": row["as_of"],
        "scored_at": run["created_at"],
        "values_known": len(known) - len(missing),
        "values_total": len(known),
        "missing": missing,
    }
