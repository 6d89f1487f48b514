"""Events that come at a pace of their own, whatever else is done, each for one cause alone."""

from dataclasses import dataclass

from features.simulator.block import Block, cells
from features.simulator.plan import Integers
from features.simulator.seasons import work_by_week


@dataclass(frozen=True)
class Stream:
    """One named event.

    Attributes
    ----------
    event : str
    cause : str
        The one cause that it depends on.
    a_week : tuple of float
        How often it happens in each state of that cause, in a usual week.
    by_people : bool
        People rest on holidays, programs do not.
    by_champion : bool
        Done by the person who wanted the product, or by whoever stands in.
    """

    event: str
    cause: str
    a_week: tuple[float, ...]
    by_people: bool = True
    by_champion: bool = False


STREAMS: tuple[Stream, ...] = (
    Stream("setup_step_done", "onboarding", (0.0, 3.0, 0.1, 2.0)),
    Stream("setup_step_failed", "onboarding", (0.0, 0.3, 2.5, 0.5)),
    Stream("members_managed", "champion", (2.2, 0.5, 0.0, 1.2), by_champion=True),
    Stream("access_requested", "champion", (0.1, 0.5, 2.5, 0.6)),
    Stream("error_shown", "support", (0.2, 0.9, 3.0, 0.5)),
    Stream("plan_viewed", "price", (0.06, 1.2, 3.5, 0.4)),
    Stream("api_call", "integration", (2.2, 0.0, 0.0, 0.9), by_people=False),
    Stream("export", "integration", (0.2, 0.4, 3.0, 0.8)),
)
"""Work that fades takes none of these along: one person administers, others ask in vain where
nobody does; the budget is debated; programs call, and where none does tables are carried by hand;
a set-up moves on or fails; what is broken is shown
before it is written about."""


def stream_cells(block: Block, stream: Stream, scale: float) -> tuple[Integers, Integers]:
    """Draw (spell, week) of each event of a stream."""
    means = scale * block.amounts({stream.cause: stream.a_week}) * block.lived()
    means *= block.of("intensity")[:, None]
    if stream.by_people:
        means *= work_by_week(block.grid)[None, :]
    return cells(block.rng.poisson(means))
