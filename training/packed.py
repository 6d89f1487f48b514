"""JSON of a bundle that serving never reads: checked when it is loaded, parsed when it is asked."""

import json
import zlib
from collections.abc import Mapping
from typing import Any

import msgspec

Json = dict[str, Any]


class Packed:
    """A JSON object, held compressed: a twentieth of what its parsed values take.

    Parameters
    ----------
    text : bytes

    Raises
    ------
    ValueError
        Where ``text`` is no JSON object.
    """

    def __init__(self, text: bytes) -> None:
        msgspec.json.decode(text, type=dict[str, msgspec.Raw])  # reads all of it, makes nothing
        self._packed = zlib.compress(text, 1)

    def read(self) -> Json:
        """Return the values, parsed anew."""
        values: Json = json.loads(zlib.decompress(self._packed))
        return values


def values_of(contents: Mapping[str, bytes]) -> dict[str, Any]:
    """Return what the JSON files of a bundle hold; the drift profile stays packed.

    It is three quarters of all JSON, and only commands compare anything with it.
    """
    return {
        name: Packed(data) if name == "reference.json" else json.loads(data)
        for name, data in contents.items()
        if name.endswith(".json")
    }
