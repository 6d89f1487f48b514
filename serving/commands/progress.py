"""What a command shows on standard error while people wait; results go to standard output."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from features.progress import Progress

if TYPE_CHECKING:
    from rich.status import Status


@contextmanager
def progress(begins_with: str, steps: int | None = None) -> Iterator[Progress]:
    """Show a bar while the block runs; the block tells what it does and how far it is.

    Parameters
    ----------
    begins_with : str
        What is done first.
    steps : int, optional
        Their number where it is known before; until then the bar only moves.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description:<22}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    # A terminal is cleared for the results; a log keeps the last state.
    shown = Bar(*columns, TimeElapsedColumn(), console=console, transient=console.is_terminal)
    with shown as bar:
        task = bar.add_task(begins_with, total=steps)

        def tell(what: str, done: int, steps: int) -> None:
            bar.update(task, description=what, completed=done, total=steps)

        yield tell
        # What went through is done: the state a log keeps must not say 0 of 1.
        total = bar.tasks[task].total
        if total is not None:
            bar.update(task, completed=total)


@contextmanager
def waiting(for_what: str) -> "Iterator[Status]":
    """Say what takes a while where nobody can count the steps."""
    from rich.console import Console

    with Console(stderr=True).status(for_what) as status:
        yield status
