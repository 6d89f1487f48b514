"""Cursors of a list: where a page ended, in which run, for which question."""

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass

from serving.problems import Fault, RequestFault


@dataclass(frozen=True)
class Cursor:
    """A place in an ordered list.

    Attributes
    ----------
    run_id : str
        The scoring run the first page showed; later pages show the same.
    question : str
        Fingerprint of filters and order: a cursor of another question is refused.
    key : float
        Sort key of the last account shown.
    account_id : str
        That account; it breaks ties.
    """

    run_id: str
    question: str
    key: float
    account_id: str

    def text(self) -> str:
        """Return the cursor as the caller sees it: letters, digits, ``-`` and ``_``."""
        parts = [self.run_id, self.question, self.key, self.account_id]
        raw = json.dumps(parts, ensure_ascii=False, separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def read(text: str, question: str) -> Cursor:
    """Return the cursor in ``text``.

    Raises
    ------
    RequestFault
        Where it was not made by this service, or for another question.
    """
    try:
        padded = text + "=" * (-len(text) % 4)
        parts = json.loads(base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True))
        run_id, asked, key, account_id = parts
        cursor = Cursor(str(run_id), str(asked), float(key), str(account_id))
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise _refused("not_a_cursor", "is not a cursor of this service") from None
    if cursor.question != question or "\0" in run_id + account_id or cursor.key != cursor.key:
        raise _refused(
            "another_question", "belongs to other filters or another order; start without it"
        )
    return cursor


def _refused(code: str, message: str) -> RequestFault:
    return RequestFault(Fault(field="query.cursor", code=code, message=message))


def fingerprint(parts: object) -> str:
    """Return a short fingerprint of a question."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]
