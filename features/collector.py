"""Python's collector of garbage, held off where nothing of what is made will be garbage."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Leave cycles of objects alone for as long as modules are imported or queries written.

    Both make many small objects that are all still needed, a million where Ibis writes: to look
    through them for garbage again and again takes a fifth of the time.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
