"""The ways in which one text is written: composed or not, wide or narrow, in capitals or not."""

import unicodedata
from typing import Final, Literal

_FORMS: Final[tuple[Literal["NFC", "NFD", "NFKC"], ...]] = ("NFC", "NFD", "NFKC")


def spellings(text: str) -> list[str]:
    """Return ``text`` as given, then its other spellings: macOS writes が as two letters.

    Of plain ASCII there is one, as databases compare its letters without case by themselves.

    >>> spellings("A1"), spellings("が") == ["が", "か\u3099"]
    (['A1'], True)
    """
    if text.isascii():
        return [text]
    written = [text, *(unicodedata.normalize(form, text) for form in _FORMS)]
    cased = [change(one) for one in written for change in (str.lower, str.upper, str.title)]
    return list(dict.fromkeys([*written, *cased]))
