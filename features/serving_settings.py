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
    deadline_seconds: Annotated[float, Field(gt=0)] = 30.0
    """A request that takes longer is answered 503."""
    session_hours: Annotated[float, Field(gt=0, le=24 * 30)] = 12.0
    """So long does a sign-in on the pages hold."""
    secure_cookies: bool = True
    """Cookies travel over https only; loopback is exempt. Off only for tests behind plain http."""
    idempotency_hours: Annotated[float, Field(ge=24)] = 24.0
    """So long is the answer to an ``Idempotency-Key`` kept."""
    log: Literal["json", "text"] = "json"
    """One JSON object a line, or lines for people."""
    otlp_endpoint: str | None = None
    """Base address of an OpenTelemetry collector (OTLP over http); none: no traces."""
