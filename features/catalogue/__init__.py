"""Every feature there is, declared as data."""

from features.catalogue.declaration import Declaration, declare
from features.catalogue.existing import catalog, declarations, everything

__all__ = ["Declaration", "catalog", "declarations", "declare", "everything"]
