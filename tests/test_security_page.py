"""docs/security.md names only tests that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "security.md"


def lines() -> list[str]:
    """Return the rows of the tables, without their heads."""
    rows = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ")]
    return [line for line in rows if not line.startswith("| threat |")]


def test_every_line_names_a_test_and_every_test_exists() -> None:
    assert len(lines()) > 20
    missing = []
    for line in lines():
        held = line.split("|")[3]
        path: Path | None = None
        names = re.findall(r"\]\(([^)]+)\)|`(\w+)`", held)
        assert any(name for _, name in names), line
        for target, name in names:
            if target:
                path = (PAGE.parent / target).resolve()
            elif path is None or f"def {name}(" not in path.read_text("utf-8"):
                missing.append(name)
    assert missing == []
