"""Why accounts leave: each cause is a small Markov chain with a story, declared as data.

Every cause moves independently of the others between weeks and stands still within one. In a state
it adds ``rates`` to the account's hazard. ``own`` names the one transition whose weekly probability
differs between accounts. A state called ``cared_for`` is entered only through an action of a
customer-success person: leaving it for the rest state is faster and its hazard lower, which is the
action's true effect.
"""

from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np

from features.simulator.plan import Floats


@dataclass(frozen=True)
class Cause:
    """One latent cause.

    Attributes
    ----------
    code : str
        Its name in ``truth`` and ``churns.reason``.
    story : str
    states : tuple of str
    rates : tuple of float
        Hazard added in each state, per day of exposure.
    usage, users : tuple of float
        What is left of usage and of active users in each state.
    steps : dict of (int, int) to float
        Weekly transition probabilities, those of ``own`` excepted; the rest stays.
    own : (int, int)
        The transition whose probability differs between accounts …
    own_rate : float
        … and its value for an account without peculiarities.
    play : str
        What is done about it; performed when the chain enters ``cared_for``.
    signs : tuple of str
        Features, by name (``*`` stands for whatever letters), in which it shows before all others:
        a reason that is one of them names this cause. No feature is a sign of two causes.
    first, rest : int
        State at the start of a spell; state in which the cause adds nothing.
    """

    code: str
    story: str
    states: tuple[str, ...]
    rates: tuple[float, ...]
    usage: tuple[float, ...]
    users: tuple[float, ...]
    steps: dict[tuple[int, int], float]
    own: tuple[int, int]
    own_rate: float
    play: str
    signs: tuple[str, ...]
    first: int = 0
    rest: int = 0

    @property
    def cared_for(self) -> int:
        """The state that an action leads to."""
        return self.states.index("cared_for")


CAUSES: tuple[Cause, ...] = (
    Cause(
        code="onboarding",
        story="The set-up was never finished; a few people try, most never start.",
        states=("done", "setting_up", "stalled", "cared_for"),
        rates=(0.0, 0.0001, 0.0034, 0.0009),
        usage=(1.0, 0.95, 0.9, 0.95),
        users=(1.0, 0.95, 0.9, 0.95),
        steps={(1, 0): 0.12, (2, 0): 0.003, (2, 3): 0.006, (3, 0): 0.05},
        own=(1, 2),
        own_rate=0.010,
        play="onboarding_session",
        signs=(
            "setup_done",
            "days_to_setup",
            "setup_steps*",
            "setup_trouble*",
            "never_set_up",
            "courses_*",
            "course_completion_share",
            "hands_on_attended",
            "days_since_learning",
        ),
        first=1,
    ),
    Cause(
        code="champion",
        story="The person who wanted the product has left; nobody has taken over.",
        states=("in_place", "silent", "left", "cared_for"),
        rates=(0.0, 0.0002, 0.0034, 0.0007),
        usage=(1.0, 0.98, 0.95, 0.98),
        users=(1.0, 0.98, 0.95, 0.98),
        steps={
            (1, 0): 0.012,
            (1, 2): 0.018,
            (1, 3): 0.005,
            (2, 0): 0.002,
            (2, 3): 0.004,
            (3, 0): 0.04,
        },
        own=(0, 1),
        own_rate=0.0017,
        play="find_next_champion",
        signs=(
            "administration*",
            "access_requests*",
            "report_sharing*",
            "email_*",
            "events_attended_*",
            "event_attendance_*",
            "community_posts_*",
            "meetings_*",
            "days_since_meeting",
            "inbound_messages_*",
            "days_since_inbound",
        ),
    ),
    Cause(
        code="decay",
        story="The habit fades: fewer people come, and those who come do less.",
        states=("steady", "slipping", "falling", "nearly_gone", "cared_for"),
        rates=(0.0, 0.0002, 0.0028, 0.0048, 0.0007),
        usage=(1.0, 0.45, 0.17, 0.05, 0.6),
        users=(1.0, 0.7, 0.4, 0.2, 0.8),
        steps={
            (1, 0): 0.015,
            (1, 2): 0.02,
            (2, 1): 0.003,
            (2, 3): 0.016,
            (2, 4): 0.004,
            (3, 2): 0.001,
            (3, 4): 0.004,
            (4, 0): 0.045,
        },
        own=(0, 1),
        own_rate=0.0018,
        play="usage_review",
        signs=(
            "events_[0-9p]*",
            "active_*",
            "distinct_events_*",
            "days_since_last_event",
            "mean_gap_days_*",
            "silence_vs_usual_gap",
            "unevenness_*",
            "logins_*",
            "hours_*",
            "seats_in_use_*",
            "users_kept_*",
            "quantity_*",
            "core_work*",
            "daily_work*",
            "tasks_completed*",
            "task_completion*",
        ),
    ),
    Cause(
        code="support",
        story="Tickets pile up, answers take long, patience runs out.",
        states=("calm", "pain", "escalated", "cared_for"),
        rates=(0.0, 0.0002, 0.0036, 0.0007),
        usage=(1.0, 0.98, 0.95, 0.98),
        users=(1.0, 1.0, 0.97, 1.0),
        steps={
            (1, 0): 0.016,
            (1, 2): 0.018,
            (1, 3): 0.008,
            (2, 0): 0.003,
            (2, 3): 0.005,
            (3, 0): 0.06,
        },
        own=(0, 1),
        own_rate=0.0017,
        play="joint_ticket_review",
        signs=(
            "tickets_[0-9]*",
            "tickets_open",
            "tickets_resolved_*",
            "oldest_open_ticket_days",
            "days_since_ticket",
            "resolution_hours_*",
            "ticket_csat_*",
            "urgent_tickets_*",
            "errors*",
            "ticket_categories_*",
            "ticket_share_bug_*",
        ),
    ),
    Cause(
        code="price",
        story="The budget is questioned: invoices wait, seats are cut, the price is debated.",
        states=("accepted", "questioned", "cut", "cared_for"),
        rates=(0.0, 0.0002, 0.0036, 0.0007),
        usage=(1.0, 0.98, 0.95, 0.98),
        users=(1.0, 1.0, 0.95, 1.0),
        steps={
            (1, 0): 0.014,
            (1, 2): 0.018,
            (1, 3): 0.007,
            (2, 0): 0.002,
            (2, 3): 0.004,
            (3, 0): 0.045,
        },
        own=(0, 1),
        own_rate=0.0016,
        play="value_review",
        signs=(
            "plan_visits*",
            "overdue_*",
            "unpaid_amount",
            "late_share_*",
            "payment_delay_*",
            "tickets_billing_*",
            "ticket_share_billing_*",
            "mrr_change_*",
            "seats_change_*",
            "auto_renew",
            "plan_changes_*",
        ),
    ),
    Cause(
        code="integration",
        story="No other tool was ever connected; the product stays an island.",
        states=("connected", "not_yet", "island", "cared_for"),
        rates=(0.0, 0.0001, 0.0028, 0.0007),
        usage=(1.0, 1.0, 0.97, 1.0),
        users=(1.0, 1.0, 0.97, 1.0),
        steps={(1, 0): 0.08, (2, 0): 0.003, (2, 3): 0.006, (3, 0): 0.06},
        own=(1, 2),
        own_rate=0.0060,
        play="integration_hands_on",
        signs=(
            "never_connected",
            "days_to_integration",
            "api_calls*",
            "exports*",
            "ticket_share_integration_*",
        ),
        first=1,
    ),
)
"""The causes that can be seen coming."""

CODES: tuple[str, ...] = tuple(cause.code for cause in CAUSES)
MERGER = "merger"
"""The customer is bought or closes: a constant hazard without a state, so nobody can foresee it."""
OTHER = "other"
"""Leaving for no cause that is modelled; constant as well."""
MERGER_RATE = 0.00006
OTHER_RATE = 0.00004


def named_by(feature: str) -> str | None:
    """Return the code of the cause that a feature is a sign of; None where it is of none.

    >>> named_by("tickets_28d"), named_by("tenure_months")
    ('support', None)
    """
    named = [c.code for c in CAUSES if any(fnmatchcase(feature, sign) for sign in c.signs)]
    return named[0] if named else None


def transitions(cause: Cause) -> Floats:
    """Return the weekly transition matrix without ``own``, shape (states, states); rows sum to 1.

    >>> bool(np.allclose(transitions(CAUSES[0]).sum(axis=1), 1.0))
    True
    """
    matrix = np.zeros((len(cause.states), len(cause.states)))
    for (before, after), probability in cause.steps.items():
        matrix[before, after] = probability
    np.fill_diagonal(matrix, 1.0 - matrix.sum(axis=1))
    return matrix
