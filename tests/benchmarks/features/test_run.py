import json
import resource
import sys
from pathlib import Path

import pytest

from benchmarks.features import daily, engines, page, plan, run
from benchmarks.features.process import Measured, measured

ROOT = run.ROOT


def python(work: Path, code: str, limit_s: float = 60, limit_mb: float = 4000) -> Measured:
    work.mkdir()
    return measured([sys.executable, "-c", code], work, ROOT, limit_s, limit_mb)


def test_a_process_is_measured_with_its_memory_and_its_files(tmp_path: Path) -> None:
    code = (
        "import pathlib, time; a = bytearray(150_000_000);"
        f"pathlib.Path({str(tmp_path / 'work' / 'spilled')!r}).write_bytes(a[:30_000_000]);"
        "time.sleep(0.5)"
    )
    found = python(tmp_path / "work", code)
    assert found.stopped == ""
    assert found.seconds > 0
    # A child's peak counts from the copy of this process, which other tests may have made large.
    ours = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    assert 150 < found.peak_mb < max(400, ours + 50)
    assert 29 < found.spill_mb < 40


def test_a_process_is_stopped_where_it_takes_too_long(tmp_path: Path) -> None:
    found = python(tmp_path / "work", "import time; time.sleep(30)", limit_s=0.3)
    assert found.stopped == "stopped after 0 s"


def test_a_process_is_stopped_where_it_takes_too_much_memory(tmp_path: Path) -> None:
    code = "import time; a = bytearray(b'1' * 300_000_000); time.sleep(30)"
    found = python(tmp_path / "work", code, limit_mb=150)
    assert found.stopped.startswith("stopped at 0.")


def test_a_process_that_fails_says_its_last_line(tmp_path: Path) -> None:
    found = python(tmp_path / "work", "raise SystemExit('no such table')")
    assert found.stopped == "failed: no such table"


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("here", "build", "docs"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(run, "HERE", tmp_path / "here")
    monkeypatch.setattr(run, "BUILD", tmp_path / "build")
    monkeypatch.setattr(run, "ROOT", tmp_path)
    monkeypatch.setattr(page, "publish", lambda results, folder: (folder / "page").touch())
    return tmp_path


def test_nothing_is_published_where_a_cell_differs(folders: Path) -> None:
    wrong = {"way": "polars", "size": "1m", "different": {"mrr": 1}}
    assert run._finish({"runs": [wrong]}, publish=True) == 1
    assert list((folders / "here").iterdir()) == []
    assert list((folders / "docs").iterdir()) == []
    assert json.loads((folders / "build" / "results.json").read_text())["runs"] == [wrong]


def test_a_whole_run_is_published(folders: Path) -> None:
    assert run._finish({"runs": [{"different": {}}]}, publish=True) == 0
    assert (folders / "here" / "results.json").exists()
    assert (folders / "docs" / "page").exists()


def test_a_part_does_not_overwrite_a_whole_run(folders: Path) -> None:
    assert run._finish({"runs": [{"different": {}}]}, publish=False) == 0
    assert list((folders / "here").iterdir()) == list((folders / "docs").iterdir()) == []
    assert (folders / "build" / "page").exists()


def test_a_program_beside_that_fails_is_named(
    folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "OTHERS", {"absent": lambda data: []})
    assert run._others(folders) == ["absent"]


def test_the_programs_beside_take_what_they_are_told(tmp_path: Path) -> None:
    told = {name: said(tmp_path) for name, said in run.OTHERS.items()}
    assert set(told) == {"engines", "daily"}
    assert engines.parsed(told["engines"]).out == engines.OUT
    assert daily.parsed(told["daily"]).company == tmp_path / "10m"


def test_every_round_begins_with_another_way() -> None:
    turns = plan.Experiment("sizes", "1m", ("a", "b", "c"), rounds=3, once=("c",)).turns()
    assert turns == [(0, "a"), (0, "b"), (0, "c"), (1, "b"), (1, "a"), (2, "a"), (2, "b")]


def test_parts_are_chosen_by_size_way_and_rounds() -> None:
    parts = plan.chosen(["1m"], ["ours", "polars"], 2)
    assert {(part.name, part.ways, part.rounds) for part in parts} == {
        ("sizes", ("ours", "polars"), 2),
        ("featuretools", ("ours",), 2),
    }


def test_the_dates_of_a_curve_are_mondays() -> None:
    found = plan.mondays(104)
    assert len(set(found)) == 104
    assert {as_of.weekday() for as_of in found} == {0}
    assert list(found) == sorted(found)


def test_ours_finds_the_queries_of_its_run_before_and_nothing_else(
    folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[list[str]] = []

    def fake(command: list[object], work: Path, *rest: object) -> Measured:
        found.append(
            sorted(str(file.relative_to(work)) for file in work.rglob("*") if file.is_file())
        )
        (work / run.KEPT).mkdir(parents=True, exist_ok=True)
        (work / run.KEPT / f"{len(found)}.json").touch()
        (work / "spilled.tmp").touch()
        return Measured(len(found), 2, 3, 0, "")

    monkeypatch.setattr(run, "measured", fake)
    monkeypatch.setattr(run, "_child", lambda *said: '{"events": 1, "accounts": 1, "bytes": 1}')
    monkeypatch.setattr(run._Runner, "_compared", lambda self, outputs: {})
    part = plan.Experiment("sizes", "1m", ("ours",), rounds=2)
    [record] = run._Runner(part, folders).run()
    kept = [str(run.KEPT / f"{number}.json") for number in (1, 2)]
    assert found == [[], kept[:1], kept]
    assert record["first"]["seconds"] == 1
    assert record["seconds"] == [2, 3]
