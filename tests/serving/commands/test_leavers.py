"""``kenshin leavers`` on a simulated company."""

import json
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from features.catalog import Language
from features.errors import SettingsError
from features.simulator import CompanyPlan, simulate
from serving.cli import app
from serving.commands.leavers import lines
from tests.builders.leavers import LEAVERS


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made: Path = tmp_path_factory.mktemp("company")
    simulate(
        CompanyPlan(
            accounts=60, start=date(2025, 6, 1), end=date(2026, 11, 20), seed=11, events_scale=0.2
        ),
        made,
    )
    return made


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(
        app, ["leavers", *arguments, "--config", str(folder / "kenshin.toml")]
    )


def test_the_command_prints_and_writes_one_table_in_the_companys_language(folder: Path) -> None:
    file = folder / "leavers.csv"
    done = run(folder, "--csv", str(file))
    found = json.loads(run(folder, "--json").stdout)
    assert f"解約した{found['leavers']}社と継続した{found['stayers']}社" in done.stdout
    assert "原因の証明ではない" in done.stdout
    assert f"{file} に書き出した。" in done.stdout
    written = file.read_text(encoding="utf-8-sig").splitlines()
    assert len(written) == 1 + len(found["rows"]) > 10
    assert {row["code"] for row in found["rows"]} >= {"never_connected=1"}
    english = "\n".join(lines(found, "en"))
    assert f"{found['leavers']} that left beside {found['stayers']} that stayed" in english
    assert "not proof of a cause" in english


@pytest.mark.parametrize(("language", "little"), [("ja", "1%未満"), ("en", "<1%")])
def test_few_of_many_are_less_than_one_percent_and_never_none(
    language: Language, little: str
) -> None:
    row = LEAVERS["rows"][0]
    rare = row | {"stayers": {"n": 1231, "with": 6, "share": 6 / 1231}, "stayers_alike": 0.0}
    [line] = [
        line for line in lines(LEAVERS | {"rows": [rare]}, language)
        if line.startswith(row[f"label_{language}"])
    ]  # fmt: skip
    assert line.split()[-5:-2] == ["71%", little, "0%"]


def test_a_folder_that_is_not_there_is_refused_before_anything_is_computed(folder: Path) -> None:
    refused = run(folder, "--csv", str(folder / "nowhere" / "leavers.csv"))
    assert isinstance(refused.exception, SettingsError)
    assert "Make the folder first" in str(refused.exception)
