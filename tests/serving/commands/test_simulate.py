import json
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from features.errors import KenshinError
from serving.cli import app
from serving.commands.simulate import months_before


def test_the_command_writes_a_company_and_says_where(tmp_path: Path) -> None:
    options = ["--accounts", "10", "--months", "6", "--end", "2026-11-20", "--csv", "--json"]
    result = CliRunner().invoke(app, ["simulate", str(tmp_path), *options])
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["rows"]["accounts"] == 10
    assert (tmp_path / "kenshin.toml").read_text(encoding="utf-8") == Path(
        told["settings"]
    ).read_text(encoding="utf-8")
    assert all(Path(path).suffix == ".csv" for path in told["files"].values())


def test_people_read_counts_and_the_next_step(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["simulate", str(tmp_path), "--accounts", "5"])
    assert "accounts.parquet" in result.stdout
    assert f"kenshin check --config {tmp_path / 'kenshin.toml'}" in result.stdout
    assert "Simulating accounts" in result.stderr


def test_a_date_that_is_none_is_named(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["simulate", str(tmp_path), "--end", "2026-13-01"])
    assert isinstance(result.exception, KenshinError)
    assert "found --end 2026-13-01" in str(result.exception)


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 11, 20), 36, date(2023, 11, 20)),
        (date(2026, 8, 31), 6, date(2026, 2, 28)),
        (date(2026, 1, 1), 12, date(2025, 1, 1)),
    ],
)
def test_months_are_calendar_months(day: date, months: int, expected: date) -> None:
    assert months_before(day, months) == expected
