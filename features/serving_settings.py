"""``[serving]``: what the server lets in, how much at once, and what it says of itself."""

from typing import Annotated, Literal

from pydantic import Field

from features.section import Section


class ServingSettings(Section):
    """Limits and observation of ``kenshin serve`` (docs/operations.md)."""

    requests_per_second: Annotated[float, Field(gt=0)] = 2_000.0
    """Each key's bucket fills so fast; without keys, each client address's."""
    burst: Annotated[int, Field(ge=1)] = 4_000
    """So many requests a full bucket holds."""
    concurrent: Annotated[int, Field(ge=1)] = 256
    """So many requests may be under way at once; more are answered 503 with ``Retry-After``."""
    concurrent_per_caller: Annotated[int, Field(ge=1)] = 128
    """So many of them may be one key's, or without keys one client address's; more are 429."""
    deadline_seconds: Annotated[float, Field(gt=0)] = 30.0
    """A request that takes longer is answered 503; one whose body does not come, 408."""
    erasure_seconds: Annotated[float, Field(gt=0)] = 900.0
    """The same for handing out or erasing one subject, which reads or writes the whole store and
    all snapshots."""
    head_seconds: Annotated[float, Field(gt=0)] = 10.0
    """So long may the head of a request take to come, an unread body to end, and an answer to be
    taken; then the connection is closed."""
    session_hours: Annotated[float, Field(gt=0, le=24 * 30)] = 12.0
    """So long does a sign-in on the pages hold."""
    secure_cookies: bool = True
    """Cookies travel over https only; loopback is exempt. Off only for tests behind plain http."""
    hosts: tuple[str, ...] = ()
    """Names under which a server without keys may be asked besides localhost and loopback
    addresses, such as that of an authenticating proxy in front; in lower case, without port."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses or networks whose ``X-Forwarded-For`` and ``X-Forwarded-Proto`` are believed;
    empty: nobody's."""
    idempotency_hours: Annotated[float, Field(ge=24)] = 24.0
    """So long is the answer to an ``Idempotency-Key`` kept."""
    log: Literal["json", "text"] = "json"
    """One JSON object a line, or lines for people."""
    access_log: bool = True
    """Each request leaves one line; a request that fails on our side leaves it in any case."""
    otlp_endpoint: str | None = None
    """Base address of an OpenTelemetry collector (OTLP over http); none: no traces."""
    refresh_seconds: Annotated[float, Field(ge=0.05, le=60)] = 1.0
    """So often is looked whether another model was made champion."""
