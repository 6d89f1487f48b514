"""One flat feature table instead of event tables: a row per account, a column per feature."""

from features.flat.load import FlatTable, examine_flat, load_flat

__all__ = ["FlatTable", "examine_flat", "load_flat"]
