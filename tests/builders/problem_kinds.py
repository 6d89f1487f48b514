"""Every kind of problem there is, whatever the process has imported so far."""

import pkgutil
from functools import cache
from importlib import import_module

import features
import serving
import training
from serving.problems import kinds
from serving.problems.kinds import Kind


@cache
def every_kind() -> dict[str, Kind]:
    """Return `kinds` after all modules of the three packages are imported.

    `kinds` knows the classes that exist, so without this a test would hold, or not, by which test
    ran before it.
    """
    for package in (features, training, serving):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            import_module(module.name)
    return kinds()
