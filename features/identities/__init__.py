"""Accounts that became one: merges, from and until when, and whose rows count for whom."""

from features.identities.lives import as_lived, of_survivors, united
from features.identities.merges import Merge, from_rows, groups, merges, wrong_merges
from features.identities.unfolding import ORIGIN, shown, unfolded, valid

__all__ = [
    "ORIGIN",
    "Merge",
    "as_lived",
    "from_rows",
    "groups",
    "merges",
    "of_survivors",
    "shown",
    "unfolded",
    "united",
    "valid",
    "wrong_merges",
]
