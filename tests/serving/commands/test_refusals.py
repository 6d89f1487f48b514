"""What a user does wrong ends in one sentence that helps, exit code 2, and nothing half written."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from serving import cli
from tests.builders.company_files import company as small_company
from tests.builders.company_files import sound
from tests.builders.modelled import company
from tests.builders.served import damage
from training import foresight

Kenshin = Callable[..., tuple[int, str, str]]


@pytest.fixture
def kenshin(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Kenshin:
    """Return a function that runs the command line and gives exit code, stdout and stderr."""

    def run(folder: Path, *arguments: str) -> tuple[int, str, str]:
        config = folder / "kenshin.toml"
        monkeypatch.setattr(sys, "argv", ["kenshin", *arguments, "--config", str(config)])
        with pytest.raises(SystemExit) as ended:
            cli.command_line()
        said = capfd.readouterr()
        code = ended.value.code
        return (0 if code is None else int(code)), said.out, said.err

    return run


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A company with a champion and scores, in a folder with spaces and Japanese letters."""
    folder = tmp_path_factory.mktemp("work") / "顧客 データ 2026"
    folder.mkdir()
    company(folder)
    done = CliRunner().invoke(cli.app, ["score", "--config", str(folder / "kenshin.toml")])
    assert done.exit_code == 0, done.output
    assert "Note" not in done.stderr, "the model follows the settings"
    return folder


@pytest.fixture(scope="module")
def mlruns(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One tracking database for all trainings: making one costs seconds."""
    return tmp_path_factory.mktemp("mlruns")


@pytest.fixture
def quickly(mlruns: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Train without the long search for leaks, which tests/training/test_foresight.py has."""
    monkeypatch.setattr(foresight, "require_none", lambda *_: None)
    monkeypatch.setenv("KENSHIN_MLFLOW__FOLDER", str(mlruns))
    monkeypatch.setenv("KENSHIN_MLFLOW__MODEL", tmp_path.name)


@pytest.fixture
def mine(scored: Path, tmp_path: Path) -> Path:
    """A copy of that company that a test may break."""
    return Path(shutil.copytree(scored, tmp_path / "顧客 データ"))


def refused(answer: tuple[int, str, str], *said: str, code: int = 2) -> None:
    exit_code, out, err = answer
    assert exit_code == code, err
    assert out == ""
    assert "Traceback" not in err
    sentence = err.strip().splitlines()[-1]
    assert sentence.startswith("kenshin: Expected ")
    for words in said:
        assert words in sentence


@pytest.mark.parametrize("command", ["score", "drift"])
def test_a_step_before_the_step_it_builds_on_names_that_step(
    command: str, kenshin: Kenshin, tmp_path: Path
) -> None:
    small_company(tmp_path, sound())
    refused(kenshin(tmp_path, command), "a trained model", "Run `kenshin train`")


def test_explaining_before_scoring_names_the_command_to_run(
    kenshin: Kenshin, tmp_path: Path
) -> None:
    small_company(tmp_path, sound())
    refused(kenshin(tmp_path, "explain", "a01"), "Run `kenshin score`")


def _nobody(row: dict[str, object]) -> None:
    row["ended_at"] = ""


def _everybody(row: dict[str, object]) -> None:
    row["ended_at"] = "2025-05-01"


@pytest.mark.usefixtures("quickly")
@pytest.mark.parametrize(
    ("change", "found"),
    [
        (_nobody, "No account has left so far; it learns from 10 on"),
        (_everybody, "40 accounts have left so far and none has stayed"),
    ],
)
def test_a_company_that_nobody_or_everybody_left_is_told_that_nothing_is_learned(
    change: Callable[[dict[str, object]], None], found: str, kenshin: Kenshin, tmp_path: Path
) -> None:
    tables = sound()
    for row in tables["subscriptions"]:
        change(row)
    small_company(tmp_path, tables)
    code, said, err = kenshin(tmp_path, "train")
    assert code == 0, err
    assert "(a prior, not yet learned) serves from now on as v1" in said
    assert found in said
    assert "Its scores have no probability yet" in said


@pytest.mark.parametrize(
    ("word", "found"),
    [("no", "0 that left and 40 that stayed"), ("yes", "40 that left and 0 that stayed")],
)
def test_a_flat_table_that_nobody_or_everybody_left_cannot_be_learned_from(
    word: str, found: str, kenshin: Kenshin, tmp_path: Path
) -> None:
    rows = "".join(f"a{n:02d},{n % 7},{word}\n" for n in range(40))
    (tmp_path / "f.csv").write_text(f"id,visits,left\n{rows}")
    (tmp_path / "kenshin.toml").write_text(
        '[flat]\nfile = "f.csv"\naccount_id = "id"\nlabel = "left"\n'
    )
    refused(kenshin(tmp_path, "train"), found)
    assert not (tmp_path / ".kenshin" / "bundles").exists()


@pytest.mark.parametrize(("kept", "said"), [(0, "has no rows"), (1, "a single account")])
def test_no_account_and_one_account_are_too_few(
    kept: int, said: str, kenshin: Kenshin, tmp_path: Path
) -> None:
    tables = sound()
    small_company(tmp_path, tables)
    lines = (tmp_path / "accounts.csv").read_text().splitlines(keepends=True)
    (tmp_path / "accounts.csv").write_text("".join(lines[: 1 + kept]))
    refused(kenshin(tmp_path, "train"), said)


@pytest.mark.usefixtures("quickly")
def test_a_history_too_short_for_a_model_is_said_in_days(kenshin: Kenshin, tmp_path: Path) -> None:
    small_company(tmp_path, sound(), extra="[training]\nminimum_churns = 5\n")
    answer = kenshin(tmp_path, "train")
    refused(answer, "labels from 2025-04-01 to 2025-05-01", "Bring a longer history")
    assert "T00:00" not in answer[2]
    assert not (tmp_path / ".kenshin" / "bundles").exists()


@pytest.mark.usefixtures("quickly")
def test_a_scorecard_of_a_short_history_says_what_days_it_is_judged_on(
    kenshin: Kenshin, tmp_path: Path
) -> None:
    small_company(tmp_path, sound())
    code, said, err = kenshin(tmp_path, "train")
    assert code == 0, err
    [period] = [line.split() for line in said.splitlines() if line.startswith("test ")]
    assert period[1:3] == ["2025-04-01", "2025-05-01"]
    assert "T00:00" not in said
    assert "Real use is later; expect a little less." in said
    assert "learned from 10 accounts that left. A model is tried from 50 on." in said


def test_a_label_that_is_not_there_is_named_with_the_columns_that_are(
    kenshin: Kenshin, tmp_path: Path
) -> None:
    (tmp_path / "f.csv").write_text("id,visits,left\na,1,yes\nb,2,no\n")
    (tmp_path / "kenshin.toml").write_text(
        '[flat]\nfile = "f.csv"\naccount_id = "id"\nlabel = "churn"\n'
    )
    refused(kenshin(tmp_path, "train"), "no column 'churn'", "left")


def test_a_settings_file_that_is_none_is_refused(kenshin: Kenshin, tmp_path: Path) -> None:
    refused(kenshin(tmp_path, "check"), "nothing at", "kenshin init")
    (tmp_path / "kenshin.toml").mkdir()
    refused(kenshin(tmp_path, "check"), "Is a directory")
    (tmp_path / "kenshin.toml").rmdir()
    (tmp_path / "kenshin.toml").write_bytes('[company]\nname = "株式会社"\n'.encode("cp932"))
    refused(kenshin(tmp_path, "check"), "line 2", "Save it as UTF-8")
    (tmp_path / "kenshin.toml").write_text("[churn]\nhorizont_days = 3\n")
    refused(kenshin(tmp_path, "check"), "did you mean 'horizon_days'?")


def test_a_settings_file_with_a_byte_order_mark_is_read(kenshin: Kenshin, tmp_path: Path) -> None:
    small_company(tmp_path, sound())
    config = tmp_path / "kenshin.toml"
    config.write_text(config.read_text(encoding="utf-8"), encoding="utf-8-sig")
    assert kenshin(tmp_path, "check")[0] == 0


def test_a_file_in_the_way_of_the_workspace_is_named(kenshin: Kenshin, tmp_path: Path) -> None:
    small_company(tmp_path, sound())
    (tmp_path / ".kenshin").write_text("not a folder")
    refused(kenshin(tmp_path, "check"), ".kenshin", "Check rights and free space")
    assert (tmp_path / ".kenshin").read_text() == "not a folder"


def test_an_unknown_account_is_answered_with_the_nearest(kenshin: Kenshin, mine: Path) -> None:
    refused(kenshin(mine, "explain", "A0001"), "no account 'A0001'", "Did you mean A000")
    refused(kenshin(mine, "explain", "completely-else"), "kenshin serve")


def test_a_damaged_bundle_is_said_by_every_command_and_scores_nothing(
    kenshin: Kenshin, mine: Path
) -> None:
    from features.settings import load_settings

    damage(load_settings(mine / "kenshin.toml"), "v1")
    for arguments in (["score"], ["drift"], ["explain", "A00001"]):
        refused(kenshin(mine, *arguments), "booster.txt", code=1)


def test_a_deleted_store_is_made_again_by_the_next_run(kenshin: Kenshin, mine: Path) -> None:
    for file in (mine / ".kenshin").glob("store.db*"):
        file.unlink()
    refused(kenshin(mine, "explain", "A00001"), "Run `kenshin score`")
    code, out, _ = kenshin(mine, "score")
    assert code == 0
    assert out.startswith("Scored ")


def test_settings_that_the_model_does_not_follow_are_named(
    kenshin: Kenshin, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KENSHIN_BANDS__GREEN", "75")
    monkeypatch.setenv("KENSHIN_CHURN__HORIZON_DAYS", "60")
    code, out, err = kenshin(mine, "score", "--json")
    assert code == 0
    assert out.startswith("[{")
    assert "[bands] are green 75 and red 50 in the settings, green 80 and red 50" in err
    assert "[churn].horizon_days is 60 in the settings, 90 in model v1" in err


@pytest.mark.parametrize(
    "arguments",
    [
        ["answer-check", "--csv"],
        ["leavers", "--csv"],
        ["replay", "--settings", "kenshin.toml", "--csv"],
        ["scorecard", "learn", "--out"],
        ["scorecard", "init", "--out"],
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
@pytest.mark.parametrize(
    ("file", "said"),
    [("none/x.csv", "a file in a folder that exists"), ("there", "a file to write")],
)
def test_a_file_that_cannot_be_written_is_refused_before_anything_is_read(
    arguments: list[str], file: str, said: str, kenshin: Kenshin, tmp_path: Path
) -> None:
    (tmp_path / "kenshin.toml").write_text("")
    (tmp_path / "there").mkdir()
    answer = kenshin(tmp_path, *arguments, str(tmp_path / file))
    if arguments[0] == "scorecard" and file == "there":
        said = "a new file"  # which may not be there already, as a file or a folder
    refused(answer, said, file)
    assert not (tmp_path / "none").exists()
