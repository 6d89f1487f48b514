"""Every feature there is, declared as data."""

from features.catalogue.declaration import Declaration, declare
from features.catalogue.existing import absent_needs, catalog, declarations, everything

__all__ = ["Declaration", "absent_needs", "catalog", "declarations", "declare", "everything"]
