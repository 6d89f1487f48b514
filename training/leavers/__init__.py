"""What leavers did not do: which undone things go with leaving, at equal tenure and plan."""

from training.leavers.cohort import Cohort, one_row_each
from training.leavers.facts import Fact, facts
from training.leavers.table import compare

__all__ = ["Cohort", "Fact", "compare", "facts", "one_row_each"]
