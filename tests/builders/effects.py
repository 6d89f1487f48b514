"""A measured change of process, counted from made-up lives."""

from typing import Any

from serving.effects.measured import Life, measured

HEALTH = {"s0": (60.0, 70.0), "s1": (70.0, 74.0), "l0": (80.0, 81.0), "l1": (80.0, 83.0)}


def an_effect(
    left_after: int = 4, *, beside: bool = True, health: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Return what ``kenshin effect`` finds: 40 of 100 small ones left before, so many after.

    Of the large ones 10 of 100 left in both periods.
    """
    lives = [
        *_lives(False, "s", 40), *_lives(True, "s", left_after),
        *_lives(False, "l", 10), *_lives(True, "l", 10),
    ]  # fmt: skip
    concerned = {f"s{number}" for number in range(100)} if beside else None
    found = measured(lives, HEALTH if health is None else health, concerned)
    segment = {"column": "size", "value": "small"} if beside else None
    return {"from": "2026-03-01", "days": 180, "segment": segment, **found}


def _lives(after: bool, prefix: str, left: int) -> list[Life]:
    return [Life(f"{prefix}{number}", after, number < left) for number in range(100)]
