from pathlib import Path

import pytest

from benchmarks import made
from benchmarks.serving import workspace


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what was built, by name, as it is built; nothing of it takes time."""
    names: list[str] = []

    def demo(command: list[object], **_: object) -> None:
        store = Path(str(command[2])) / ".kenshin" / "store.db"
        store.parent.mkdir(parents=True)
        store.touch()
        Path(str(command[2]), "kenshin.toml").touch()
        names.append("demo")

    def save(name: str, folder: Path) -> None:
        (folder / name).mkdir()
        names.append(name)

    monkeypatch.setattr("benchmarks.serving.workspace.subprocess.run", demo)
    monkeypatch.setattr(workspace, "_model_and_bodies", lambda company, folder: None)
    monkeypatch.setattr(workspace, "_pyfunc", lambda folder: save("pyfunc", folder))
    monkeypatch.setattr(workspace, "_flavor", lambda folder: save("flavor", folder))
    return names


def test_a_demo_is_built_once(tmp_path: Path, built: list[str]) -> None:
    workspace.build(tmp_path)
    workspace.build(tmp_path)
    assert built == ["demo", "pyfunc", "flavor"]


def test_a_demo_that_other_code_made_is_built_anew(
    tmp_path: Path, built: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.build(tmp_path)
    monkeypatch.setattr(workspace, "code", lambda *folders: "newer")
    workspace.build(tmp_path)
    assert built == ["demo", "pyfunc", "flavor"] * 2


def test_a_demo_that_does_not_say_what_made_it_is_built_anew(
    tmp_path: Path, built: list[str]
) -> None:
    workspace.build(tmp_path)
    (tmp_path / workspace.STAMP).unlink()
    workspace.build(tmp_path)
    assert built == ["demo", "pyfunc", "flavor"] * 2


def test_the_digest_of_code_is_of_its_names_and_contents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(made, "ROOT", tmp_path)
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "a.py").write_text("x", encoding="utf-8")
    first = made.code("one")
    assert made.code("one") == first
    (tmp_path / "one" / "a.py").rename(tmp_path / "one" / "b.py")
    second = made.code("one")
    (tmp_path / "one" / "b.py").write_text("y", encoding="utf-8")
    assert len({first, second, made.code("one")}) == 3
    (tmp_path / "one" / "note.md").write_text("no code", encoding="utf-8")
    assert made.code("one") != first
