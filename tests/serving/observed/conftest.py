"""A log that a test reads."""

import io
import logging
import sys
import threading
from collections.abc import Iterator

import pytest

from features.serving_settings import ServingSettings
from serving import logs


@pytest.fixture
def told() -> Iterator[io.StringIO]:
    """What is logged as JSON while the test runs; everything is put back afterwards."""
    root, hooks = logging.getLogger(), (sys.excepthook, threading.excepthook)
    handlers, level = list(root.handlers), root.level
    stream = io.StringIO()
    logs.set_up(ServingSettings(), stream)
    yield stream
    logging.captureWarnings(False)
    sys.excepthook, threading.excepthook = hooks
    root.handlers, root.level = handlers, level
