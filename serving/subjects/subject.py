"""Whose data: the id, and what else names the same account in what was written about it."""

import hashlib
import json
import re
from dataclasses import dataclass
from functools import cached_property

LEAST_LETTERS = 3
"""Shorter names, and those of digits alone, are not looked for inside longer texts: ``12`` is in
many a sentence that says nothing about account 12."""

ERASED = "(erased)"


@dataclass(frozen=True)
class Subject:
    """One account.

    Attributes
    ----------
    names : frozenset of str
        What it is or was called.
    """

    account_id: str
    names: frozenset[str] = frozenset()

    @cached_property
    def called(self) -> frozenset[str]:
        """The id and the names."""
        return self.names | {self.account_id}

    @cached_property
    def telling(self) -> tuple[str, ...]:
        """Those of them that give it away inside a longer text, longest first."""
        plain = (c for c in self.called if len(c) >= LEAST_LETTERS and not c.isdigit())
        return tuple(sorted(plain, key=lambda c: (-len(c), c)))

    @cached_property
    def fingerprint(self) -> str:
        """What the profile of a delivery keeps of an id, see `features.checks.upstream`."""
        digest = hashlib.md5(self.account_id.encode(), usedforsecurity=False)
        return digest.hexdigest()[:12]

    @cached_property
    def marks(self) -> tuple[bytes, ...]:
        """Bytes that a file with something about the account holds, in UTF-8 or escaped."""
        texts = [*self.called, self.fingerprint]
        escaped = (json.dumps(text)[1:-1] for text in texts)
        return tuple({text.encode() for text in (*texts, *escaped)})

    def mentioned(self, text: str) -> bool:
        """Return whether ``text`` names the account."""
        return text in self.called or bool(self._pattern and self._pattern.search(text))

    def without(self, text: str) -> str:
        """Return ``text`` with every name of the account taken out."""
        if text in self.called:
            return ERASED
        return self._pattern.sub(ERASED, text) if self._pattern else text

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        if not self.telling:
            return None
        # A longer id that begins with this one is another account's.
        named = "|".join(rf"(?<![\w-]){re.escape(c)}(?![\w-])" for c in self.telling)
        return re.compile(named)
