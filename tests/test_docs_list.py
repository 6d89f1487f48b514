"""docs/README.md lists every page, and no link of a page leads to a file that is not there."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGES = sorted(path.relative_to(DOCS) for path in DOCS.glob("*.md") if path.name != "README.md")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def links(page: Path) -> set[str]:
    """Return what a page links to, without the anchors and without the web."""
    found = LINK.findall(page.read_text("utf-8"))
    return {target for target in found if "://" not in target and not target.startswith("mailto:")}


def test_every_page_is_listed() -> None:
    assert len(PAGES) > 20
    assert {str(page) for page in PAGES} - links(DOCS / "README.md") == set()


@pytest.mark.parametrize("page", ["README.md", *map(str, PAGES)])
def test_every_link_leads_somewhere(page: str) -> None:
    gone = [to for to in links(DOCS / page) if not (DOCS / to).exists()]
    assert gone == []
