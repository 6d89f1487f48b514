"""One thing after the other on a connection, in the background; on two connections, two at once.

DuckDB refuses a call on a connection that answers another one.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")

_AT_WORK = ThreadPoolExecutor(max_workers=1, thread_name_prefix="kept")


def begin(work: Callable[[], T]) -> Future[T]:
    """Do ``work`` on a connection after all that was begun before."""
    return _AT_WORK.submit(work)


@contextmanager
def meanwhile(work: Callable[[], T]) -> Iterator[Future[T]]:
    """Do ``work``, on a connection of its own, while the block runs; the block's end waits."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="meanwhile") as beside:
        yield beside.submit(work)
