"""What the answer check means by its words, as numbers a company may set."""

from dataclasses import dataclass

from features.settings import Settings

WEEKS = (26, 20, 16, 13, 10, 8, 6, 4, 2, 1)
EARLIER = 13
"""Weeks before leaving at which a miss is shown a second time."""


@dataclass(frozen=True)
class Rules:
    """The written rules of one answer check.

    Attributes
    ----------
    weeks : tuple of int
        So many weeks before leaving the score is looked up.
    weeks_before : int
        The one of them at which the limit applies and a green is a miss.
    most_missed : float
        Limit on the share of leavers that were green ``weeks_before`` weeks before.
    horizon_days, lead_days : int
        An outcome is counted in ``[t + lead, t + lead + horizon)``.
    contacted_within_days : int
        A red is contacted where an action falls in ``[turned red, turned red + so many days)`` and
        before its outcome.
    stale_days : float
        A score answers for an instant where it is younger than this then.
    """

    weeks: tuple[int, ...] = WEEKS
    weeks_before: int = 8
    most_missed: float = 0.2
    horizon_days: int = 90
    lead_days: int = 0
    contacted_within_days: int = 30
    stale_days: float = 7.0

    @property
    def break_days(self) -> float:
        """Reds no further apart than this are one run: one weekly score between them may differ."""
        return 2 * self.stale_days

    @property
    def asked(self) -> tuple[int, ...]:
        """Return all weeks that are looked up, the earliest first."""
        return tuple(sorted({*self.weeks, self.weeks_before}, reverse=True))

    @property
    def earlier(self) -> int:
        """Return the weeks before leaving of the earlier of the two scores shown of a miss."""
        return EARLIER if self.weeks_before < EARLIER else 2 * self.weeks_before

    @classmethod
    def of(cls, settings: Settings, stale_days: float = 7.0) -> "Rules":
        """Return the rules of a company."""
        asked, churn = settings.answer_check, settings.churn
        return cls(
            weeks_before=asked.weeks_before,
            most_missed=asked.most_missed,
            horizon_days=churn.horizon_days,
            lead_days=churn.lead_days,
            contacted_within_days=asked.contacted_within_days,
            stale_days=stale_days,
        )
