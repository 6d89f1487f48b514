"""What ``--help`` says reaches the reader whole."""

from collections.abc import Iterator
from typing import Any

import pytest
from rich.text import Text
from typer.main import get_command

from serving.cli import app


def texts(command: Any, path: str) -> Iterator[tuple[str, str]]:  # noqa: ANN401
    """Yield each help text below ``command`` with the name of what it explains."""
    yield path, command.help or ""
    for option in command.params:
        yield f"{path} {option.name}", getattr(option, "help", None) or ""
    for name, below in getattr(command, "commands", {}).items():
        yield from texts(below, f"{path} {name}")


@pytest.mark.parametrize(("of", "text"), [*texts(get_command(app), "kenshin")])
def test_no_word_in_brackets_is_taken_for_a_colour(of: str, text: str) -> None:
    assert Text.from_markup(text).plain == text.replace("\\[", "["), of
