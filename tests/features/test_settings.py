from datetime import datetime
from pathlib import Path

import pytest

from features.errors import SettingsError
from features.settings import load_settings


def written(folder: Path, text: str) -> Path:
    path = folder / "kenshin.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_an_empty_file_gives_the_defaults_of_the_guide(tmp_path: Path) -> None:
    settings = load_settings(written(tmp_path, ""))
    assert (settings.bands.green, settings.bands.red) == (80, 50)
    assert settings.churn.horizon_days == 90
    assert settings.workspace == tmp_path / ".kenshin"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[churn]\nhorizn_days = 60", "'churn.horizn_days' (did you mean 'horizon_days'?)"),
        ("[chrun]\nhorizon_days = 60", "'chrun' (did you mean 'churn'?)"),
        ("[tables.account]\nfile = 'a.csv'", "unknown table 'account' (did you mean 'accounts'?)"),
        ("[tables.accounts]\nfil = 'a.csv'", "'tables.accounts.fil' (did you mean 'file'?)"),
        ("[tables.accounts]\ncolumns = {}", "exactly one of file, table, sql"),
        ("[bands]\nred = 90", "red (90.0) must lie below green (80.0)"),
        ("[churn]\nhorizon_days = 0", "churn.horizon_days = 0"),
        ("[features.x]\nmeasure='ratio'\nevent='a'\nlabel={ja='a',en='a'}", "'per' goes with"),
        ("[churn\n", "kenshin.toml"),
    ],
)
def test_a_wrong_file_is_refused_with_the_place_and_the_value(
    tmp_path: Path, text: str, sentence: str
) -> None:
    with pytest.raises(SettingsError) as refusal:
        load_settings(written(tmp_path, text))
    assert sentence in str(refusal.value)


def test_an_absent_file_says_which_command_makes_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="kenshin init"):
        load_settings(tmp_path / "absent.toml")


def test_the_environment_wins_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KENSHIN_CHURN__HORIZON_DAYS", "30")
    settings = load_settings(
        written(tmp_path, "[churn]\nhorizon_days = 60\n[data]\nobserved_until = 2026-01-01")
    )
    assert settings.churn.horizon_days == 30
    assert settings.data.observed_until == datetime(2026, 1, 1)


def test_only_what_changes_a_score_changes_the_settings_version(tmp_path: Path) -> None:
    plain = load_settings(written(tmp_path, "")).version
    assert load_settings(written(tmp_path, "[company]\nname = 'X'")).version == plain
    assert load_settings(written(tmp_path, "[bands]\nred = 40")).version != plain
