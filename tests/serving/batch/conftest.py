"""Fixtures of the batch tests."""

from tests.builders.batch import scored

__all__ = ["scored"]
