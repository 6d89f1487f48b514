"""The present instant, which only the edges ask for; everything else is given it."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the present instant as the tables keep instants: UTC, without zone."""
    return datetime.now(UTC).replace(tzinfo=None)
