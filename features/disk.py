"""What is on the disk, and not only in the system's cache of it."""

import os
from pathlib import Path


def flush(path: Path) -> None:
    """Have the system write a file or a folder to the disk, so that a power cut leaves it whole."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
