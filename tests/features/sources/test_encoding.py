"""Files that are not in UTF-8: named encodings are read, others are recognised and suggested."""

from pathlib import Path

import pytest

from features.encoding import EncodingError
from features.errors import SettingsError, TableError
from features.flat import load_flat
from features.mapping import proposal
from features.settings import Settings, load_settings
from features.sources import examine, load_tables
from features.sources.origin import open_file
from tests.builders.company_files import NOW, company, only

NAME = "株式会社表能ソ"
"""表, 能 and ソ end in bytes that mean a backslash or a line of their own elsewhere."""


def in_encoding(folder: Path, encoding: str, named: str | None = None) -> Settings:
    """Return a company whose accounts file is in ``encoding``, which the settings may name."""
    tables = only("events")
    for row in tables["accounts"]:
        row["name"] = NAME
    company(folder, tables)
    path = folder / "accounts.csv"
    path.write_bytes(path.read_text(encoding="utf-8").encode(encoding))
    config = folder / "kenshin.toml"
    if named is not None:
        text = config.read_text(encoding="utf-8")
        line = 'file = "accounts.csv"'
        config.write_text(text.replace(line, f'{line}\nencoding = "{named}"'), encoding="utf-8")
    return load_settings(config)


@pytest.mark.parametrize("encoding", ["cp932", "shift_jis", "euc_jp", "utf-16", "utf-8-sig"])
def test_a_named_encoding_is_read(encoding: str, tmp_path: Path) -> None:
    tables = load_tables(in_encoding(tmp_path, encoding, encoding), now=NOW).tables
    assert set(tables["accounts"].name.execute()) == {NAME}


@pytest.mark.parametrize(
    ("encoding", "called"), [("cp932", "Shift-JIS"), ("euc_jp", "EUC-JP"), ("utf-16", "UTF-16")]
)
def test_another_encoding_is_recognised_and_the_line_to_add_is_given(
    encoding: str, called: str, tmp_path: Path
) -> None:
    with pytest.raises(TableError) as raised:
        load_tables(in_encoding(tmp_path, encoding), now=NOW)
    assert called in str(raised.value)
    assert f'Add encoding = "{encoding}"' in str(raised.value)


def test_a_flat_table_may_be_in_shift_jis(tmp_path: Path) -> None:
    rows = "".join(f"a{i},{NAME},{i % 7},{'はい' if i % 3 else 'いいえ'}\n" for i in range(60))
    (tmp_path / "f.csv").write_bytes(("番号,都市,回数,解約\n" + rows).encode("cp932"))
    words = 'churned_values = ["いいえ"]\nstayed_values = ["はい"]\n'
    text = f'[flat]\nfile = "f.csv"\naccount_id = "番号"\nlabel = "解約"\n{words}'
    config = tmp_path / "kenshin.toml"
    config.write_text(text, encoding="utf-8")
    with pytest.raises(TableError, match="Shift-JIS"):
        load_flat(load_settings(config))
    config.write_text(text + 'encoding = "cp932"\n', encoding="utf-8")
    flat = load_flat(load_settings(config))
    assert flat.table.num_rows == 60
    assert sum(flat.table["churned"].to_pylist()) == 20


def test_the_proposal_names_the_encoding_it_found(tmp_path: Path) -> None:
    in_encoding(tmp_path, "cp932")
    text = proposal(tmp_path, tmp_path).text
    (tmp_path / "kenshin.toml").write_text(text, encoding="utf-8")
    settings = load_settings(tmp_path / "kenshin.toml")
    assert settings.tables["accounts"].encoding == "cp932"
    assert settings.tables["events"].encoding is None
    assert examine(settings, now=NOW).report.usable


def test_a_line_that_is_no_text_in_the_named_encoding_is_kept_out_and_counted(
    tmp_path: Path,
) -> None:
    settings = in_encoding(tmp_path, "cp932", "cp932")
    path = tmp_path / "accounts.csv"
    lines = path.read_bytes().split(b"\n")
    lines[3] = lines[3].replace(NAME.encode("cp932"), b"\x81\xff\xfd")
    path.write_bytes(b"\n".join(lines))
    report = examine(settings, now=NOW).report
    assert (report.rows_read["accounts"], report.rows_kept["accounts"]) == (40, 39)
    assert any(v.table == "accounts" and v.example_row == 4 for v in report.violations)


def test_a_changed_file_is_decoded_again(tmp_path: Path) -> None:
    settings = in_encoding(tmp_path, "cp932", "cp932")
    load_tables(settings, now=NOW)
    path = tmp_path / "accounts.csv"
    path.write_bytes(path.read_bytes().replace(NAME.encode("cp932"), "有限会社".encode("cp932")))
    tables = load_tables(settings, now=NOW).tables
    assert set(tables["accounts"].name.execute()) == {"有限会社"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty (0 bytes)"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) + b"\0" * 40, "no text"),
        ("prénom,âge\n1,2\n".encode("latin-1"), "another encoding"),
    ],
)
def test_what_is_no_table_is_said_before_it_is_read(
    content: bytes, said: str, tmp_path: Path
) -> None:
    settings = in_encoding(tmp_path, "utf-8")
    (tmp_path / "accounts.csv").write_bytes(content)
    with pytest.raises(TableError) as raised:
        load_tables(settings, now=NOW)
    assert said in str(raised.value)


def test_a_folder_where_a_file_is_named_is_called_a_folder(tmp_path: Path) -> None:
    settings = in_encoding(tmp_path, "utf-8")
    (tmp_path / "accounts.csv").unlink()
    (tmp_path / "accounts.csv").mkdir()
    with pytest.raises(TableError, match=r"a folder at .*'accounts\.csv/\*\.csv'"):
        load_tables(settings, now=NOW)


@pytest.mark.parametrize("encoding", ["shift-jisx", "base64", "hex"])
def test_an_encoding_that_is_none_is_refused_with_the_settings(
    encoding: str, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match=r"tables\.accounts\.encoding"):
        in_encoding(tmp_path, "utf-8", encoding)


def test_an_encoding_goes_with_a_file(tmp_path: Path) -> None:
    config = tmp_path / "kenshin.toml"
    config.write_text('[tables.accounts]\nsql = "SELECT 1"\nencoding = "cp932"\n')
    with pytest.raises(SettingsError, match="'encoding' goes with 'file'"):
        load_settings(config)


def test_the_error_carries_the_encoding_for_those_who_can_use_it(tmp_path: Path) -> None:
    from features.sources.connection import connect

    settings = in_encoding(tmp_path, "euc_jp")
    with connect(settings) as con, pytest.raises(EncodingError) as raised:
        open_file(con, "accounts", tmp_path / "accounts.csv", settings)
    assert raised.value.encoding == "euc_jp"
