"""Every check is written down where its result points to."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_every_code_has_its_place_in_the_docs_and_no_place_is_left_over() -> None:
    given = set()
    for path in (ROOT / "training" / "checks").glob("*.py"):
        given |= set(re.findall(r'"(T\d+)"', path.read_text("utf-8")))
    headings = re.findall(r"^### (T\d+)$", (ROOT / "docs" / "checks.md").read_text("utf-8"), re.M)
    assert len(headings) == len(set(headings)) == 20
    assert set(headings) == given
