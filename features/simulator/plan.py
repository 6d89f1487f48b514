"""What is asked of the simulator and what it hands back."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from features.errors import KenshinError

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Truths = npt.NDArray[np.bool_]
States = npt.NDArray[np.int8]

DAY_US = 86_400_000_000
"""Microseconds of a day."""
CONTRACT_HOUR_US = 15 * 3_600_000_000
"""Contracts begin and end at midnight in Japan: 15:00 UTC of the day before."""


class PlanError(KenshinError):
    """A company that cannot be simulated as asked."""

    slug = "company-plan"
    title = "The company cannot be simulated"


@dataclass(frozen=True)
class CompanyPlan:
    """A company to simulate.

    Attributes
    ----------
    accounts : int
        Accounts that ever join, 1 to 1,000,000.
    start, end : date
        The company is observed in ``[start 00:00, end 00:00)`` UTC; its first account joins at
        ``start``.
    seed : int
        The same plan gives the same bytes.
    events_scale : float
        Multiplies the number of usage events; 1 gives about twenty per account and week.
    format : {"parquet", "csv"}
    horizon_days : int
        Horizon of the true churn probability.
    """

    accounts: int = 2000
    start: date = date(2023, 11, 20)
    end: date = date(2026, 11, 20)
    seed: int = 20261120
    events_scale: float = 1.0
    format: Literal["parquet", "csv"] = "parquet"
    horizon_days: int = 90

    def __post_init__(self) -> None:
        """Refuse what cannot be simulated."""
        _within("accounts", self.accounts, 1, 1_000_000)
        _within("days observed", (self.end - self.start).days, 180, 3660)
        _within("events_scale", self.events_scale, 0.01, 100)
        _within("horizon_days", self.horizon_days, 1, 365)
        _within("seed", self.seed, 0, 2**63 - 1)


def _within(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise PlanError(
            f"{name} from {low:,} to {high:,}", f"{value:,}", "Choose a value in that range."
        )


@dataclass(frozen=True)
class Grid:
    """The weeks in which latent states stand still; week ``k`` is days ``[7k, 7k + 7)``.

    Attributes
    ----------
    first_day : int
        Day 0 as days since 1970-01-01.
    weeks : int
        Observed weeks; the last one ends at the plan's end.
    ahead_weeks : int
        Weeks after the end that a horizon may still reach.
    opening_day : int
        Day of the grid on which the company opens (0 to 6).
    """

    first_day: int
    weeks: int
    ahead_weeks: int
    opening_day: int

    @property
    def days(self) -> int:
        """Observed days, from day 0 on."""
        return self.weeks * 7

    @property
    def all_days(self) -> int:
        """Observed days and those that a horizon may still reach."""
        return (self.weeks + self.ahead_weeks) * 7

    @property
    def end_us(self) -> int:
        """Exclusive end of what is observed, microseconds since 1970-01-01 UTC."""
        return (self.first_day + self.days) * DAY_US

    def at(self, day: npt.NDArray[np.integer]) -> Integers:
        """Return midnight of days of the grid, in microseconds since 1970-01-01 UTC."""
        return (np.asarray(day, dtype=np.int64) + self.first_day) * DAY_US

    def contract_time(self, day: npt.NDArray[np.integer]) -> Integers:
        """Return the instant at which a contract begins or ends on those days."""
        return self.at(day) + CONTRACT_HOUR_US


def grid_of(plan: CompanyPlan) -> Grid:
    """Return the weekly grid that ends at the plan's end."""
    observed = (plan.end - plan.start).days
    weeks = -(-observed // 7)
    first = plan.end - timedelta(days=weeks * 7)
    return Grid(
        first_day=(first - date(1970, 1, 1)).days,
        weeks=weeks,
        ahead_weeks=-(-plan.horizon_days // 7) + 1,
        opening_day=weeks * 7 - observed,
    )


@dataclass(frozen=True)
class Simulation:
    """What was written.

    Attributes
    ----------
    folder : Path
    settings : Path
        A ``kenshin.toml`` that maps the files.
    files : dict of str to Path
        The tables of the data contract and ``truth``, by name.
    rows : dict of str to int
        Rows of each file.
    """

    folder: Path
    settings: Path
    files: dict[str, Path] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
