"""`kenshin keys`, as it is typed."""

import json
import re
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from serving import cli
from serving.commands.keys import DurationError, duration

KEY = re.compile(r"kk_([a-z0-9]{12})_[A-Za-z0-9]{43}")

Kenshin = Callable[..., tuple[int, str, str]]


@pytest.fixture
def kenshin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Kenshin:
    """Return a function that runs ``kenshin keys …`` over an empty company."""
    (tmp_path / "kenshin.toml").write_text('[company]\nname = "Test"\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["kenshin", "keys", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.command_line()
        said = capfd.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return run


def test_a_new_key_is_all_that_goes_to_stdout_and_is_shown_once(kenshin: Kenshin) -> None:
    code, out, told = kenshin("create", "crm", "--scope", "read", "--scope", "predict",
                              "--expires", "90d")  # fmt: skip
    assert code == 0
    made = KEY.fullmatch(out.strip())
    assert made is not None
    assert made[0] not in told
    assert "shown this once" in told
    _, listed, _ = kenshin("list")
    assert made[1] in listed
    assert made[0] not in listed
    assert re.search(r"crm +live +read predict", listed)


def test_json_says_the_same_and_the_list_never_has_a_secret(kenshin: Kenshin) -> None:
    made = json.loads(kenshin("create", "crm", "--scope", "read", "--json")[1])
    assert KEY.fullmatch(made["key"])
    (listed,) = json.loads(kenshin("list", "--json")[1])["keys"]
    assert {"key", "secret", "secret_sha256"} & set(listed) == set()
    assert {name: listed[name] for name in listed} == {
        name: value for name, value in made.items() if name != "key"
    }
    assert (listed["state"], listed["expires_at"], listed["scopes"]) == ("live", None, ["read"])


def test_rotating_says_until_when_the_old_key_lives(kenshin: Kenshin) -> None:
    old = json.loads(kenshin("create", "crm", "--scope", "read", "--json")[1])
    new = json.loads(kenshin("rotate", old["key_id"], "--overlap", "2h", "--json")[1])
    assert new["replaces"] == old["key_id"]
    assert new["key"] != old["key"]
    assert new["replaced_until"] > new["created_at"]
    code, out, told = kenshin("rotate", new["key_id"])
    assert (code, bool(KEY.fullmatch(out.strip()))) == (0, True)
    assert f"{new['key_id']} goes on living until" in told
    assert kenshin("rotate", new["key_id"])[0] == 2


def test_revoking_the_last_key_says_what_that_means(kenshin: Kenshin) -> None:
    first = json.loads(kenshin("create", "a", "--scope", "read", "--json")[1])["key_id"]
    other = json.loads(kenshin("create", "b", "--scope", "read", "--json")[1])["key_id"]
    assert "No live key" not in kenshin("revoke", first)[2]
    code, out, told = kenshin("revoke", other)
    assert (code, f"Key {other} (b) is revoked" in out) == (0, True)
    assert "refuse everybody" in told
    assert json.loads(kenshin("revoke", other, "--json")[1])["state"] == "revoked"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("create", "crm", "--scope", "wirte"), "read, predict, feedback, admin"),
        (("create", "a\nb", "--scope", "read"), "printable"),
        (("create", "crm", "--scope", "read", "--expires", "soon"), "90d"),
        (("create", "crm", "--scope", "read", "--expires", "0d"), "a time to live"),
        (("create", "crm", "--scope", "read", "--expires", "999999w"), "ten years"),
        (("rotate", "nothing"), "kenshin keys list"),
        (("revoke", "nothing"), "kenshin keys list"),
        (("rotate", "nothing", "--overlap", "-1h"), "90d"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(
    kenshin: Kenshin, arguments: tuple[str, ...], words: str
) -> None:
    code, out, told = kenshin(*arguments)
    assert (code, out) == (2, "")
    assert told.startswith("kenshin: Expected ")
    assert words in told
    assert json.loads(kenshin("list", "--json")[1]) == {"keys": []}


def test_without_any_key_the_list_says_what_that_means(kenshin: Kenshin) -> None:
    assert "on this machine only" in kenshin("list")[1]


@pytest.mark.parametrize(
    ("text", "hours"), [("1h", 1), ("24h", 24), ("90d", 90 * 24), ("4w", 4 * 7 * 24), ("0h", 0)]
)
def test_a_length_of_time_is_a_number_and_a_unit(text: str, hours: int) -> None:
    assert duration(text) == timedelta(hours=hours)


@pytest.mark.parametrize("text", ["", "1", "d", "1.5d", "-1d", "1m", "１d", "1d ", "10000d"])
def test_any_other_length_of_time_is_refused(text: str) -> None:
    with pytest.raises(DurationError):
        duration(text)
