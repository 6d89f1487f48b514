"""Instants as the API writes them."""

from datetime import datetime
from typing import Annotated

from pydantic import PlainSerializer, WithJsonSchema


def rfc3339(instant: datetime) -> str:
    """Return a naive UTC instant with its ``Z``, so that no reader takes it for local time."""
    return f"{instant.isoformat()}Z"


Instant = Annotated[
    datetime,
    PlainSerializer(rfc3339, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""A naive UTC datetime in Python, RFC 3339 with ``Z`` in JSON."""
