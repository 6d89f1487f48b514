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


FINALIZED = (
    "import os, signal, weakref; from serving.leaving import leave_on_signals\n"
    "class One: pass\n"
    "asked = leave_on_signals(); one = One()\n"
    "def gone(ref): {}\n"
    "ref = weakref.ref(one, gone); del one\n"
    "print(asked.is_set())\n"
)


def test_a_signal_where_nothing_can_end_is_kept_and_said_nothing_of() -> None:
    ended = run(FINALIZED.format("os.kill(os.getpid(), signal.SIGTERM)"))
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "True\n", "")


def test_what_else_goes_wrong_there_is_told() -> None:
    ended = run(FINALIZED.format("raise SystemExit(3)"))
    assert ended.stdout == "False\n"
    assert "SystemExit: 3" in ended.stderr
