"""Importing LightGBM without what it would pull in.

LightGBM imports pandas and scikit-learn wherever they are installed, for interfaces that serving
does not use: that is four fifths of the time until the first answer and half of the memory.
"""

import sys
from importlib import import_module
from typing import Final

OPTIONAL: Final = ("pandas", "sklearn", "dask", "matplotlib")


def import_lightgbm() -> None:
    """Import LightGBM with its optional companions hidden from it; call it before anything else.

    The companions stay importable afterwards. Nothing happens where LightGBM is loaded already.
    """
    if "lightgbm" in sys.modules:
        return
    hidden = [name for name in OPTIONAL if name not in sys.modules]
    # None in sys.modules makes an import fail like that of a package that is not installed.
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        import_module("lightgbm")
    finally:
        for name in hidden:
            del sys.modules[name]
