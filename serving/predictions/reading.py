r"""From the bytes of a plain request to the rows the model reads, in one pass.

A bundle's features are the fields of a type that msgspec fills in C: names, kinds and lengths are
checked on the way. What it cannot see is a key given twice, of which the last one would win. The
proof that there is none is a count: without a backslash every quotation mark is an end of a text,
so the texts of the body are as many as the keys and texts that were read, unless one was lost.

Nothing is refused here: whatever is not proven to be plain and right is read again by
`serving.honest_json` and `serving.predictions.schemas`, which decide.
"""

from typing import Annotated, Any, Final, Literal, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import UNSET, Meta, UnsetType

from serving.lexicon import Lexicon
from serving.predictions.schemas import AT_MOST, LONGEST_TEXT, MOST_DRIVERS

_NAN: Final = float("nan")
_ABSENT: Final = float("nan")
"""What a feature is that is not named: missing, and told by its identity from any that is."""

_Text = Annotated[str, Meta(min_length=1, max_length=LONGEST_TEXT)]
_Drivers = Literal["all"] | Annotated[int, Meta(ge=0, le=MOST_DRIVERS)] | UnsetType

Floats = npt.NDArray[np.float64]


class Plain(NamedTuple):
    """A request for accounts by nothing but features."""

    rows: Floats
    """Encoded, (n, f); NaN where a value is missing."""
    most: int | None
    """So many drivers are named at most; None names all."""


class Reader:
    """Reads requests about one model's features.

    Parameters
    ----------
    words_of : Lexicon
        Of a model: a scorecard is given other columns than it reads.
    """

    def __init__(self, words_of: Lexicon) -> None:
        texts = words_of.codes
        self._codes = [(place, texts[name]) for name, place in words_of.place.items()
                       if name in texts]  # fmt: skip
        fields: list[Any] = [
            (f"f{i}", (_Text if name in texts else float) | None, _ABSENT)
            for i, name in enumerate(words_of.names)
        ]
        given = msgspec.defstruct(
            "Given",
            fields,
            rename={f"f{i}": name for i, name in enumerate(words_of.names)},
            forbid_unknown_fields=True,
            gc=False,
        )
        account = msgspec.defstruct(
            "Account", [("features", given)], forbid_unknown_fields=True, gc=False
        )
        several = Annotated[list[account], Meta(min_length=1, max_length=AT_MOST)]  # type: ignore[valid-type]
        asked = msgspec.defstruct(
            "Asked",
            [("accounts", several), ("drivers", _Drivers, UNSET)],
            forbid_unknown_fields=True,
            gc=False,
        )
        self._decode = msgspec.json.Decoder(asked).decode

    def read(self, body: bytes) -> Plain | None:
        """Return what is asked; None where another reader has to decide."""
        if b"\\" in body:
            return None
        try:
            asked: Any = self._decode(body)
        except (ValueError, RecursionError):
            return None
        drivers = asked.drivers
        texts = 1 + (drivers is not UNSET) + (drivers == "all")
        rows = []
        for account in asked.accounts:
            given = msgspec.structs.astuple(account.features)
            found = len(given) - given.count(_ABSENT)
            if not found:
                return None
            cells: list[Any] = list(given)
            for place, codes in self._codes:
                text = cells[place]
                if type(text) is str:
                    cells[place] = codes.get(text, _NAN)
                    found += 1
            texts += 1 + found
            rows.append(cells)
        if body.count(b'"') != 2 * texts:
            return None
        # Numpy reads null as NaN.
        return Plain(
            np.array(rows, dtype=np.float64),
            None if drivers is UNSET or drivers == "all" else drivers,
        )
