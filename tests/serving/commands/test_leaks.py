"""``kenshin check --leaks`` where nothing can be tried, and an engine that is not installed."""

import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from features.errors import SettingsError
from features.settings import load_settings
from features.sources.in_place import connected
from serving.cli import app

ACCOUNTS = '[tables.accounts]\nfile = "accounts.csv"\n'


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "kenshin.toml").write_text(ACCOUNTS, encoding="utf-8")
    return tmp_path / "kenshin.toml"


def test_refused_tables_are_never_called_free_of_leaks(config: Path) -> None:
    result = CliRunner().invoke(app, ["check", "--leaks", "--config", str(config)])
    assert result.exit_code == 2
    assert "The tables are refused, so nothing was tried on them." in result.stdout
    assert "Whether anything knows the future is not known." in result.stdout
    assert "No leak found" not in result.stdout


def test_without_pyspark_the_spark_engine_says_what_to_install(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.write_text('[data]\nengine = "spark"\n' + ACCOUNTS, encoding="utf-8")
    for name in [name for name in sys.modules if name.split(".")[0] == "pyspark"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(SettingsError, match=r"kenshin\[spark\]"):
        connected(load_settings(config))
