"""``kenshin leavers`` on a simulated company."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from features.errors import SettingsError
from serving.cli import app
from tests.builders.modelled import company


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("company")
    company(made, accounts=60)
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
    english = run(folder, "--lang", "en").stdout
    assert "not proof of a cause" in english


def test_a_folder_that_is_not_there_is_refused_before_anything_is_computed(folder: Path) -> None:
    refused = run(folder, "--csv", str(folder / "nowhere" / "leavers.csv"))
    assert isinstance(refused.exception, SettingsError)
    assert "Make the folder first" in str(refused.exception)
