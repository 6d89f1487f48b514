"""Accounts that became one: merges, from and until when, and whose rows count for whom."""

from features.identities.contracts import ORIGIN
from features.identities.copies import shown, valid
from features.identities.lives import as_lived, of_survivors, united
from features.identities.merges import Merge, from_rows, groups, merges, wrong_merges
from features.identities.unfolding import unfolded

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
