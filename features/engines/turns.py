"""One thing after the other on the connections of this process, in the background.

DuckDB refuses a call on a connection that answers another one.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

_AT_WORK = ThreadPoolExecutor(max_workers=1, thread_name_prefix="kept")


def begin(work: Callable[[], T]) -> Future[T]:
    """Do ``work`` on a connection after all that was begun before."""
    return _AT_WORK.submit(work)
