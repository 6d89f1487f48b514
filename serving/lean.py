"""Importing LightGBM without what it would pull in.

LightGBM imports pandas and scikit-learn wherever they are installed, for interfaces that serving
does not use: that is four fifths of the time until the first answer and half of the memory. It
asks SciPy only for the names of its sparse matrices, which nobody has here.
"""

import ctypes
import gc
import sys
from importlib import import_module
from types import ModuleType
from typing import Final

OPTIONAL: Final = ("pandas", "sklearn", "dask", "matplotlib")

SPARSE: Final = ("spmatrix", "csr_matrix", "csc_matrix")


def import_lightgbm() -> None:
    """Import LightGBM with its companions hidden from it; call it before anything else.

    The companions stay importable afterwards, but this process' LightGBM knows no sparse matrix.
    Nothing happens where LightGBM is loaded already.
    """
    if "lightgbm" in sys.modules:
        return
    hidden: dict[str, ModuleType | None] = dict.fromkeys(OPTIONAL)
    if "scipy" not in sys.modules:
        hidden |= _without_matrices()
    for name in set(hidden) & set(sys.modules):
        del hidden[name]
    # None in sys.modules makes an import fail like that of a package that is not installed.
    sys.modules.update(hidden)  # type: ignore[arg-type]
    try:
        import_module("lightgbm")
    finally:
        for name in hidden:
            del sys.modules[name]


def _without_matrices() -> dict[str, ModuleType]:
    """Return stand-ins for SciPy and its sparse matrices, of which nothing is an instance."""
    scipy, sparse = ModuleType("scipy"), ModuleType("scipy.sparse")
    for name in SPARSE:
        setattr(sparse, name, type(name, (), {}))
    scipy.__dict__["sparse"] = sparse
    return {"scipy": scipy, "scipy.sparse": sparse}


def settle() -> None:
    """Have the collector leave alone what is here to stay, and give back what loading left free.

    Half a million objects of models and libraries are looked through in a tenth of a second, in
    which nobody is answered. What was set aside before is looked through once more, so that a model
    that no longer serves can go.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc has it
    if trim is not None:
        trim(0)
