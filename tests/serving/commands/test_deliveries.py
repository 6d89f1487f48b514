"""No command builds on a delivery that broke upstream, and all go on once it is accepted."""

import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from features.errors import KenshinError
from features.sources import Tables
from serving import cli
from tests.builders.modelled import company
from training import foresight

Kenshin = Callable[..., tuple[int, str]]


@pytest.fixture
def kenshin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Kenshin:
    """Return a function that runs the command line and gives exit code and stderr."""

    def run(*arguments: str) -> tuple[int, str]:
        config = str(tmp_path / "kenshin.toml")
        monkeypatch.setattr(sys, "argv", ["kenshin", *arguments, "--config", config])
        with pytest.raises(SystemExit) as ended:
            cli.command_line()
        code = ended.value.code
        return (0 if code is None else int(code)), capfd.readouterr().err

    return run


def thousandfold(folder: Path) -> None:
    """Deliver all contracts again, their amounts a thousandfold."""
    file = folder / "subscriptions.parquet"
    with duckdb.connect() as con:
        con.execute(f"CREATE TABLE t AS SELECT * FROM read_parquet('{file}')")
        con.execute("UPDATE t SET mrr = mrr * 1000")
        con.execute(f"COPY t TO '{file}' (FORMAT parquet)")


@pytest.mark.slow
def test_every_command_refuses_a_broken_delivery_until_it_is_accepted(
    tmp_path: Path, kenshin: Kenshin, monkeypatch: pytest.MonkeyPatch
) -> None:
    company(tmp_path)
    before = (tmp_path / ".kenshin" / "upstream.json").read_bytes()
    thousandfold(tmp_path)
    for command in ("train", "score", "snapshot"):
        code, said = kenshin(command)
        assert code == 2, command
        assert said.strip().splitlines()[-1].startswith("kenshin: Expected usable tables")
        assert "subscriptions.mrr is 1,000 times what it was" in said
        assert "kenshin check --accept" in said
    assert (tmp_path / ".kenshin" / "upstream.json").read_bytes() == before
    code, said = kenshin("check", "--accept", "--reason", "yen, not thousands of yen")
    assert code == 0
    assert "subscriptions.mrr" in (tmp_path / ".kenshin" / "acceptances.jsonl").read_text()
    for arguments in (("score",), ("snapshot", "--as-of", "2026-11-01")):
        code, said = kenshin(*arguments)
        assert (code, "K7" in said) == (0, False), arguments
    # A training that looks for leaks has its tables; the rest is in tests/training.
    monkeypatch.setattr(foresight, "require_none", _reached)
    code, said = kenshin("train")
    assert code == 2
    assert "K7" not in said
    assert "Expected no more; found 110 accounts or more" in said


def _reached(tables: Tables, *_: object) -> None:
    assert tables["accounts"].count().to_pyarrow().as_py() >= 110
    raise KenshinError("no more", "110 accounts or more", "Go on.")
