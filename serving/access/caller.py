"""The one who asks, and what they may."""

from dataclasses import dataclass
from typing import Final, Literal, get_args

Scope = Literal["read", "predict", "feedback", "admin"]
"""``read``: answers, pages, exports and metrics. ``predict``: new scores. ``feedback``: what people
say of an explanation or hold against a score. ``admin``: what changes or hands out a subject's
data. None includes any."""

SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request.

    Attributes
    ----------
    name : str
        Of the key; ``local`` where no key was ever made.
    key_id : str or None
        Public half of the key; None for ``local``.
    scopes : frozenset of str
        Out of `SCOPES`.
    line : str or None
        The first key of those that were rotated one into the other: whose share of requests and
        whose `Idempotency-Key` it is, also after a rotation. None for ``local``.
    signed_in : bool
        Whether it is a person on the pages, known by a session instead of the key itself.
    """

    name: str
    key_id: str | None
    scopes: frozenset[str]
    signed_in: bool = False
    line: str | None = None


LOCAL: Final = Caller("local", None, frozenset(SCOPES))
"""Whoever asks on this machine as long as no key was ever made."""
