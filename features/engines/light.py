"""Importing Ibis for one database without what it brings along for nineteen others."""

import sys
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Final

COMPILERS: Final = "ibis.backends.sql.compilers"


def only_what_is_used() -> None:
    """Let Ibis import the compilers of other databases when, and if, they are asked for.

    They are a tenth of a second that every command would wait for before its first query. Nothing
    happens where they are imported already, or where a later Ibis keeps them elsewhere.
    """
    if COMPILERS in sys.modules:
        return
    spec = find_spec(COMPILERS)
    if spec is None or spec.loader is None:
        return
    package = module_from_spec(spec)  # Its path is known, its code has not run.

    def attribute(name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        if find_spec(f"{COMPILERS}.{name}") is not None:
            return import_module(f"{COMPILERS}.{name}")
        return _whole(package, name)

    package.__getattr__ = attribute  # type: ignore[method-assign]
    sys.modules[COMPILERS] = package


def _whole(package: ModuleType, name: str) -> object:
    """Return what is no module: a name that the package has once its own code has run."""
    del package.__getattr__
    assert package.__spec__ is not None
    assert package.__spec__.loader is not None
    package.__spec__.loader.exec_module(package)
    return getattr(package, name)
