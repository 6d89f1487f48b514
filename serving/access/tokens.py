"""The text of an API key: ``kk_<key_id>_<secret>``, made once, kept nowhere but by its holder."""

import hashlib
import re
import secrets
import string
from dataclasses import dataclass
from typing import Final

_ID_LETTERS: Final = string.ascii_lowercase + string.digits
_LETTERS: Final = string.ascii_letters + string.digits
ID_LENGTH: Final = 12
SECRET_LENGTH: Final = 43
"""Base-62 digits of a secret: 62 ** 43 is more than 2 ** 256."""

_FORM = re.compile(rf"kk_([a-z0-9]{{{ID_LENGTH}}})_([A-Za-z0-9]{{{SECRET_LENGTH}}})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Token:
    """Both halves of a key.

    Attributes
    ----------
    key_id : str
        Public: it is in lists, logs and the audit log.
    secret : str
        Never stored and never logged; left out of the representation.
    """

    key_id: str
    secret: str

    def __repr__(self) -> str:
        """Return the public half."""
        return f"Token(key_id={self.key_id!r})"

    @property
    def text(self) -> str:
        """The key as its holder sends it."""
        return f"kk_{self.key_id}_{self.secret}"


def minted() -> Token:
    """Return a new key of 256 random bits."""
    return Token(_random(_ID_LETTERS, ID_LENGTH), _random(_LETTERS, SECRET_LENGTH))


def parsed(text: str) -> Token:
    """Return the halves of ``text``; what is no key gets an id that none has.

    A malformed key goes the same way as a wrong one, so that neither answer nor time tells more.

    Examples
    --------
    >>> parsed("kk_abcdefghijkl_" + "A" * 43).key_id
    'abcdefghijkl'
    >>> parsed("Basic x").key_id
    ''
    """
    found = _FORM.fullmatch(text)
    return Token(found[1], found[2]) if found else Token("", text)


def digest(secret: str) -> bytes:
    """Return the SHA-256 of a secret; 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()


def _random(letters: str, length: int) -> str:
    return "".join(secrets.choice(letters) for _ in range(length))
