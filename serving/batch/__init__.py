"""Scores as Parquet, for more accounts than a store or a memory holds: streamed, or on Spark."""

from serving.batch.machine import score_streamed
from serving.batch.part import REASONS, Asked
from serving.batch.result import Result
from serving.batch.source import Source, find

__all__ = ["REASONS", "Asked", "Result", "Source", "find", "score_streamed"]
