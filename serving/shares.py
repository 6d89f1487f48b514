"""What each caller has used of its share: a token bucket, and requests under way."""

import ipaddress
import math
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from starlette.types import Scope

MOST_CALLERS: Final = 10_000
"""So many callers are remembered; beyond, the one that was silent for longest is forgotten."""


class Share:
    """One caller's use.

    Attributes
    ----------
    full_at : float
        When the bucket is full again, in the clock's seconds; the past where it is full.
    under_way : int
        Requests that have not ended.
    """

    __slots__ = ("full_at", "under_way")

    def __init__(self) -> None:
        self.full_at = -math.inf
        self.under_way = 0


class Shares:
    """The shares of all callers, bounded in memory.

    Parameters
    ----------
    per_second : float
        Tokens a bucket gains.
    burst : int
        Tokens a full bucket holds.
    clock : callable
        Seconds that never run backwards.
    most : int
        Callers remembered.

    Notes
    -----
    A bucket is one number, the instant at which it is full again (the generic cell rate
    algorithm): taking a token moves it on by ``1 / per_second``, and it may lie at most
    ``burst / per_second`` ahead.
    """

    def __init__(
        self,
        per_second: float,
        burst: int,
        clock: Callable[[], float],
        most: int = MOST_CALLERS,
    ) -> None:
        self.interval, self.burst, self.clock, self.most = 1 / per_second, burst, clock, most
        self._shares: OrderedDict[str, Share] = OrderedDict()
        self._limit = str(burst).encode()

    def __len__(self) -> int:
        """Return how many callers are remembered."""
        return len(self._shares)

    def of(self, caller: str) -> Share:
        """Return the share of ``caller``, who counts as heard of just now."""
        share = self._shares.get(caller)
        if share is None:
            share = self._shares[caller] = Share()
            if len(self._shares) > self.most:
                self._shares.popitem(last=False)
        else:
            self._shares.move_to_end(caller)
        return share

    def take(self, share: Share) -> int:
        """Take one token and return 0, or return in how many whole seconds there will be one."""
        now = self.clock()
        full_at = max(share.full_at, now) + self.interval
        wait = full_at - now - self.burst * self.interval
        # A thousandth of a token: the instant is a sum of many intervals, each rounded.
        if wait > self.interval / 1_000:
            return math.ceil(wait)
        share.full_at = full_at
        return 0

    def put_back(self, share: Share) -> None:
        """Return the token that was taken last."""
        share.full_at -= self.interval

    def left(self, share: Share) -> tuple[int, int]:
        """Return the whole tokens left, and in how many seconds the bucket is full again."""
        ahead = max(0.0, share.full_at - self.clock())
        return max(0, round(self.burst - ahead / self.interval)), math.ceil(ahead)

    def raw_headers(self, share: Share) -> list[tuple[bytes, bytes]]:
        """Return what an answer says of the bucket."""
        left, seconds = self.left(share)
        return [
            (b"ratelimit-limit", self._limit),
            (b"ratelimit-remaining", b"%d" % left),
            (b"ratelimit-reset", b"%d" % seconds),
        ]

    def headers(self, share: Share) -> dict[str, str]:
        """Return the same as text."""
        raw = self.raw_headers(share)
        return {name.decode(): value.decode() for name, value in raw}


def taker(scope: Scope) -> str:
    """Return who takes from a share: the key that asks, or the client's address.

    A key that was rotated from another is the same caller: see `serving.access.caller.Caller.line`.
    An IPv6 client owns a whole /64, so that is what counts as its address.
    """
    return taker_of(scope.get("state", {}).get("caller"), scope)


def taker_of(caller: object, scope: Scope) -> str:
    """Return the same where it is known who asks."""
    line = getattr(caller, "line", None) or getattr(caller, "key_id", None)
    if line is not None:
        return str(line)
    client = scope.get("client")
    host = str(client[0]) if client else "unknown"
    if ":" not in host:
        return host
    try:
        return str(ipaddress.ip_network(f"{host.partition('%')[0]}/64", strict=False))
    except ValueError:
        return host
