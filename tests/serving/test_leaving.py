"""A process that has done its work ends at once, and loses nothing by it."""

import subprocess
import sys


def run(code: str) -> subprocess.CompletedProcess[str]:
    """Run ``code`` in a process of its own."""
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_what_was_said_and_put_off_to_the_end_is_done_and_the_code_is_told() -> None:
    ended = run(
        "import atexit, sys; from serving.leaving import leave\n"
        "atexit.register(print, 'put off'); sys.stdout.write('said. '); leave(3)"
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (3, "said. put off\n", "")


def test_who_stopped_reading_does_not_make_it_fail() -> None:
    ended = run(
        "import os, sys; from serving.leaving import leave\n"
        "sys.stdout.write('x'); os.close(1); leave(0)"
    )
    assert (ended.returncode, ended.stderr) == (0, "")


def test_the_command_tells_its_exit_code() -> None:
    ended = run(
        "import sys; sys.argv = ['kenshin', 'explode']; from serving.cli import main; main()"
    )
    assert ended.returncode == 2
    assert "explode" in ended.stderr
