"""The measures that several usage features start from."""

from features.measures import Measured

TOO_YOUNG = "Missing while the account is younger than both periods, or the earlier one was 0."
"""Rule of a comparison of two periods."""


def uses(days: int, skip: int = 0) -> Measured:
    """Return the uses of ``[c − skip − days, c − skip)``."""
    return Measured("days", "events", days, skip)


def active_days(days: int, skip: int = 0) -> Measured:
    """Return the days of the window on which there was use."""
    return Measured("days", "active", days, skip)


def users(days: int) -> Measured:
    """Return the users active in ``[c − days, c)``."""
    return Measured("users", "users", days)
