"""A company's own tables, read under the contract's names and types."""

from features.sources.load import LoadedInput, Progress, Tables, examine, load_tables

__all__ = ["LoadedInput", "Progress", "Tables", "examine", "load_tables"]
