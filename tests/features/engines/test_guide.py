"""docs/engines.md: its settings are read as written, and the codes it names exist."""

import re
from pathlib import Path

import pytest

from features.settings import load_settings

GUIDE = Path(__file__).parents[3] / "docs" / "engines.md"
SNIPPETS = re.findall(r"```toml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.S)
ENGINES = ("duckdb", "postgres", "spark")


@pytest.mark.parametrize(("snippet", "engine"), list(zip(SNIPPETS, ENGINES, strict=True)))
def test_its_settings_are_read_as_written(snippet: str, engine: str, tmp_path: Path) -> None:
    file = tmp_path / "kenshin.toml"
    file.write_text(snippet, encoding="utf-8")
    assert load_settings(file).data.engine == engine


def test_the_notices_it_names_are_those_of_the_code() -> None:
    code = (GUIDE.parents[1] / "features" / "sources" / "in_place.py").read_text(encoding="utf-8")
    named = set(re.findall(r"\*\*(K\d+)\*\*", GUIDE.read_text(encoding="utf-8")))
    assert named == set(re.findall(r'"(K\d+)"', code)) - {"K7"}
