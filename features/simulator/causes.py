"""Why accounts leave: each cause is a small Markov chain with a story, declared as data.

Every cause moves independently of the others between weeks and stands still within one. In a state
it adds ``rates`` to the account's hazard. ``own`` names the one transition whose weekly probability
differs between accounts. A state called ``cared_for`` is entered only through an action of a
customer-success person: leaving it for the rest state is faster and its hazard lower, which is the
action's true effect.
"""

from dataclasses import dataclass

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
        rates=(0.0, 0.0001, 0.0052, 0.0016),
        usage=(1.0, 0.8, 0.15, 0.5),
        users=(1.0, 0.7, 0.4, 0.6),
        steps={(1, 0): 0.16, (2, 0): 0.008, (2, 3): 0.014, (3, 0): 0.10},
        own=(1, 2),
        own_rate=0.012,
        play="onboarding_session",
        first=1,
    ),
    Cause(
        code="champion",
        story="The person who wanted the product has left; nobody has taken over.",
        states=("in_place", "silent", "left", "cared_for"),
        rates=(0.0, 0.0006, 0.0052, 0.0016),
        usage=(1.0, 0.55, 0.3, 0.75),
        users=(1.0, 0.8, 0.7, 0.95),
        steps={
            (1, 0): 0.03,
            (1, 2): 0.07,
            (1, 3): 0.015,
            (2, 0): 0.004,
            (2, 3): 0.010,
            (3, 0): 0.10,
        },
        own=(0, 1),
        own_rate=0.0016,
        play="find_next_champion",
    ),
    Cause(
        code="decay",
        story="The habit fades: fewer people come, and those who come do less.",
        states=("steady", "slipping", "falling", "nearly_gone", "cared_for"),
        rates=(0.0, 0.0004, 0.0032, 0.0072, 0.0012),
        usage=(1.0, 0.6, 0.25, 0.08, 0.6),
        users=(1.0, 0.8, 0.5, 0.25, 0.8),
        steps={
            (1, 0): 0.04,
            (1, 2): 0.07,
            (2, 1): 0.006,
            (2, 3): 0.045,
            (2, 4): 0.010,
            (3, 2): 0.003,
            (3, 4): 0.008,
            (4, 0): 0.12,
        },
        own=(0, 1),
        own_rate=0.0022,
        play="usage_review",
    ),
    Cause(
        code="support",
        story="Tickets pile up, answers take long, patience runs out.",
        states=("calm", "pain", "escalated", "cared_for"),
        rates=(0.0, 0.0006, 0.0055, 0.0012),
        usage=(1.0, 0.7, 0.4, 0.9),
        users=(1.0, 0.95, 0.8, 1.0),
        steps={
            (1, 0): 0.05,
            (1, 2): 0.06,
            (1, 3): 0.02,
            (2, 0): 0.005,
            (2, 3): 0.012,
            (3, 0): 0.15,
        },
        own=(0, 1),
        own_rate=0.0016,
        play="joint_ticket_review",
    ),
    Cause(
        code="price",
        story="The budget is questioned: invoices wait, seats are cut, the price is debated.",
        states=("accepted", "questioned", "cut", "cared_for"),
        rates=(0.0, 0.0006, 0.0055, 0.0012),
        usage=(1.0, 0.7, 0.35, 0.9),
        users=(1.0, 0.95, 0.75, 0.97),
        steps={
            (1, 0): 0.04,
            (1, 2): 0.06,
            (1, 3): 0.02,
            (2, 0): 0.004,
            (2, 3): 0.010,
            (3, 0): 0.12,
        },
        own=(0, 1),
        own_rate=0.0014,
        play="value_review",
    ),
    Cause(
        code="integration",
        story="No other tool was ever connected; the product stays an island.",
        states=("connected", "not_yet", "island", "cared_for"),
        rates=(0.0, 0.0001, 0.0034, 0.0012),
        usage=(1.0, 0.9, 0.35, 0.8),
        users=(1.0, 1.0, 0.6, 0.9),
        steps={(1, 0): 0.11, (2, 0): 0.006, (2, 3): 0.012, (3, 0): 0.12},
        own=(1, 2),
        own_rate=0.006,
        play="integration_hands_on",
        first=1,
    ),
)
"""The causes that can be seen coming."""

CODES: tuple[str, ...] = tuple(cause.code for cause in CAUSES)
MERGER = "merger"
"""The customer is bought or closes: a constant hazard without a state, so nobody can foresee it."""
OTHER = "other"
"""Leaving for no cause that is modelled; constant as well."""
MERGER_RATE = 0.000075
OTHER_RATE = 0.000012


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
