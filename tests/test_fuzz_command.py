"""``make fuzz`` itself refuses to pass where it asked too little."""

import subprocess
import sys
from collections import Counter

import pytest

from serving.app import described
from tests import fuzz
from tests.builders.fuzzing import Tally

OPERATIONS = [one["operationId"] for path in described()["paths"].values() for one in path.values()]


def asked(each: int) -> Tally:
    return Tally(Counter(dict.fromkeys(OPERATIONS, each)))


def run(tally: Tally, monkeypatch: pytest.MonkeyPatch) -> int:
    def noted(mine: Tally, *_: object) -> None:
        mine.asked.update(tally.asked)
        mine.statuses.update({name: Counter({200: n}) for name, n in tally.asked.items()})

    monkeypatch.setattr(fuzz, "_run", noted)
    monkeypatch.setattr(sys, "argv", ["fuzz"])
    return fuzz.main()


def test_ten_thousand_over_every_operation_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(asked(fuzz.AT_LEAST), monkeypatch) == 0


def test_fewer_than_ten_thousand_fail_and_say_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(asked(1), monkeypatch) == 1
    assert f"{len(OPERATIONS)} requests, at least 10,000 are asked for" in capsys.readouterr().err


def test_an_operation_that_was_never_asked_fails_however_many_the_others_were(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tally = asked(fuzz.AT_LEAST)
    del tally.asked["getScore"]
    assert run(tally, monkeypatch) == 1
    assert capsys.readouterr().err == "never asked: getScore\n"


def test_make_fuzz_is_that_command() -> None:
    assert fuzz.AT_LEAST == 10_000
    told = subprocess.run(
        ["make", "--no-print-directory", "-n", "fuzz"], capture_output=True, text=True, check=True
    )
    assert told.stdout.rstrip().endswith("python -m tests.fuzz")
