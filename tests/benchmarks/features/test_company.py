from pathlib import Path

import pytest

from benchmarks.features import company


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the companies asked of `kenshin simulate`, by name, as they are asked."""
    names: list[str] = []

    def simulate(command: list[object], *, check: bool) -> None:
        data = Path(str(command[2]))
        data.mkdir(parents=True)
        (data / "kenshin.toml").touch()
        names.append(data.name)

    monkeypatch.setattr("benchmarks.features.company.subprocess.run", simulate)
    return names


def test_a_company_is_simulated_once(tmp_path: Path, asked: list[str]) -> None:
    company.simulated(tmp_path, "1m")
    assert company.simulated(tmp_path, "1m") == tmp_path / "1m"
    assert asked == ["1m"]


def test_a_company_that_other_code_or_another_size_made_is_simulated_anew(
    tmp_path: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    company.simulated(tmp_path, "1m")
    stamp = tmp_path / "1m" / company.STAMP
    stamp.write_text(stamp.read_text(encoding="utf-8").replace("550 ", "560 "), encoding="utf-8")
    company.simulated(tmp_path, "1m")
    monkeypatch.setattr(company, "_simulator", lambda accounts: f"{accounts} accounts, newer\n")
    company.simulated(tmp_path, "1m")
    assert asked == ["1m", "1m", "1m"]


def test_a_company_that_stopped_half_way_is_simulated_anew(
    tmp_path: Path, asked: list[str]
) -> None:
    (tmp_path / "1m").mkdir()
    company.simulated(tmp_path, "1m")
    assert asked == ["1m"]


def test_each_part_is_of_a_company_that_has_as_many_accounts() -> None:
    for source, accounts in company.PARTS.values():
        assert accounts <= company.ACCOUNTS[source]
