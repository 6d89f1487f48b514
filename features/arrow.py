"""PyArrow, loaded when it is first used: 35 MB that a process without tables need not hold.

``from features.arrow import pa, pc`` where serving imports a module that reads tables as well.
Annotations beside it are written as texts, since evaluating one is a use.
"""

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING


class Lazily(ModuleType):
    """A module that is imported as soon as something is asked of it."""

    def __getattr__(self, name: str) -> object:
        """Return what the module has under ``name``; afterwards it is asked directly."""
        module = import_module(self.__name__)
        found: object = getattr(module, name)
        self.__dict__[name] = found
        return found


if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc
else:
    pa, pc = Lazily("pyarrow"), Lazily("pyarrow.compute")

__all__ = ["pa", "pc"]
