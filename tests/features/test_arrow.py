"""PyArrow behind a door that opens when somebody asks for something."""

import subprocess
import sys

import pyarrow
import pyarrow.compute

from features.arrow import Lazily, pa, pc

SAID = """
import sys
from features.arrow import pa
print("pyarrow" in sys.modules)
print(pa.array([1, None]).null_count, "pyarrow" in sys.modules)
"""


def test_nothing_is_loaded_until_something_is_asked_for() -> None:
    said = subprocess.run(
        [sys.executable, "-c", SAID], capture_output=True, text=True, check=True, timeout=60
    )
    assert said.stdout.split() == ["False", "1", "True"]


def test_what_is_asked_for_is_the_module_own() -> None:
    assert (pa.Table, pc.cast) == (pyarrow.Table, pyarrow.compute.cast)


def test_what_a_module_does_not_have_is_an_attribute_error_that_names_it() -> None:
    door = Lazily("json")
    assert not hasattr(door, "no_such_name")
    assert callable(door.loads)
