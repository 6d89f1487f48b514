"""Which commands the command line imports, and that all of them are there."""

import subprocess
import sys

import pytest
import typer

from serving.cli import COMMANDS, app, asked, built


def names(commands: list[str]) -> set[str]:
    return set(typer.main.get_group(built(commands)).commands)


@pytest.mark.parametrize("module", COMMANDS)
def test_each_module_has_the_command_of_its_name(module: str) -> None:
    assert module.replace("_", "-") in names([module])


def test_all_modules_together_have_every_command() -> None:
    every = set(typer.main.get_group(app).commands)
    assert every == set().union(*(names([module]) for module in COMMANDS))
    assert "restore" in every


@pytest.mark.parametrize(
    "arguments", [[], ["--help"], ["restore"], ["explode"], ["answer_check"], ["-h", "snapshot"]]
)
def test_without_the_name_of_a_module_all_are_there_to_choose_from(arguments: list[str]) -> None:
    assert list(asked(arguments)) == list(COMMANDS)


def test_only_what_the_command_needs_is_imported() -> None:
    code = (
        "import sys; from serving.cli import asked, built; built(asked(['snapshot', '--json'])); "
        "print(sorted(m for m in sys.modules if m.startswith('serving.commands.')))"
    )
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert "'serving.commands.snapshot'" in said.stdout
    assert "serving.commands.train" not in said.stdout
    assert "serving.commands.scorecard" not in said.stdout


def test_a_module_has_no_other_name_that_is_made_when_asked_for() -> None:
    import serving.cli

    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        serving.cli.__getattr__("nothing")
