"""The notebooks run from top to bottom, and what they say of themselves is true."""

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

SAID = {
    "01_from_raw_tables_to_a_trusted_score": (
        r"the future changes nothing",
        r"largest difference between a score and the sum of its parts: \d\.\de-1\d",
    ),
    "02_read_one_explanation": (r"points, \d+% likely to leave", r"association; effect not tested"),
    "03_judge_another_score": (r"\d+ left between", r"limit 20%: ", r"whom both had scored"),
}
"""What a reader is promised to see."""


def read(path: Path) -> NotebookNode:
    found: NotebookNode = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    return found


def test_there_are_three() -> None:
    assert [path.stem for path in NOTEBOOKS] == list(SAID)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_is_committed_has_prose_but_no_output_and_the_same_bytes_each_time(path: Path) -> None:
    notebook = read(path)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    prose = "".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert not [cell.id for cell in code if cell.outputs or cell.execution_count]
    assert len(prose) > 1500
    assert [cell.id for cell in notebook.cells] == [
        f"cell-{n:02}" for n in range(1, 1 + len(notebook.cells))
    ]
    assert nbformat.writes(notebook) + "\n" == path.read_text("utf-8")  # type: ignore[no-untyped-call]


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_it_runs_from_top_to_bottom(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    notebook = read(path)
    NotebookClient(notebook, timeout=200, resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [out for cell in notebook.cells for out in cell.get("outputs", ())]
    told = "".join(out.text for out in outputs if out.output_type == "stream")
    for promised in SAID[path.stem]:
        assert re.search(promised, told), promised
    assert any("image/png" in out.get("data", {}) for out in outputs)
    assert not [out.text for out in outputs if out.get("name") == "stderr"]
