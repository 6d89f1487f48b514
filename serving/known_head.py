"""The head of a request that comes again: a connection sends one head over and over.

The same bytes mean the same, so what they were found to mean holds for the next request of the
connection. Only the length of the body may be another; a body of another length is found by it.
"""

import re
from typing import Final

from starlette.types import Scope

_END: Final = b"\r\n\r\n"
_LENGTH: Final = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]+)[ \t]*\r\n", re.IGNORECASE)
_MOST_DIGITS: Final = 20


class KnownHead:
    """A head that was read, but for the number of bytes behind it.

    Attributes
    ----------
    scope : dict
        What it means; its ``content-length`` is that of the first time.
    """

    __slots__ = ("_after", "_before", "_start", "scope")

    def __init__(self, before: bytes, after: bytes, scope: Scope) -> None:
        self._before, self._after, self.scope = before, after, scope
        self._start = len(before)

    @classmethod
    def of(cls, data: bytes, body: bytes, scope: Scope) -> "KnownHead | None":
        """Return the head in front of ``body``; None where ``data`` is not one whole request."""
        if not data.endswith(body):
            return None
        head = data[: len(data) - len(body)]
        found = _LENGTH.findall(head)
        if head.find(_END) != len(head) - len(_END) or found != [b"%d" % len(body)]:
            return None
        before, after = _LENGTH.search(head).span(1)  # type: ignore[union-attr]
        return cls(head[:before], head[after:], scope)

    def body(self, data: bytes) -> bytes | None:
        """Return the body where ``data`` is this head and as many bytes as it says, else None."""
        if not data.startswith(self._before):
            return None
        end = data.find(b"\r", self._start, self._start + _MOST_DIGITS)
        if end < 0 or not data.startswith(self._after, end):
            return None
        body = data[end + len(self._after) :]
        return body if data[self._start : end] == b"%d" % len(body) else None
