"""Ibis, imported when a query is to be written, and without what it brings for other databases.

Where all queries of a command are kept from an earlier run, none is written: then Ibis is a third
of a second that the command would wait for. So modules take ``ibis`` from here, and not one of
them asks it for anything while it is imported.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import TYPE_CHECKING, Final

__all__ = ["dt", "exp", "ibis", "only_what_is_used", "ops", "sqlglot"]

COMPILERS: Final = "ibis.backends.sql.compilers"


class _Later:
    """A module that is imported when it is first asked for something."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> object:
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        only_what_is_used()
        found = getattr(import_module(self._name), attribute)
        setattr(self, attribute, found)
        return found


if TYPE_CHECKING:
    import ibis
    import ibis.expr.datatypes as dt
    import ibis.expr.operations as ops
    import sqlglot
    from sqlglot import exp
else:
    ibis = _Later("ibis")
    dt = _Later("ibis.expr.datatypes")
    ops = _Later("ibis.expr.operations")
    sqlglot, exp = _Later("sqlglot"), _Later("sqlglot.expressions")


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
