"""How long work tells whoever waits for it how far it is."""

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Told what is being done, the steps done so far and their number."""
