"""The example of docs/scorecard.md, executed as it stands there."""

import doctest
import re
from pathlib import Path
from typing import get_args

import pytest

from features.scorecard_settings import Kind
from tests.builders.frames import feature
from tests.builders.scorecards import table
from training.scorecard import parse
from training.scorecard.card import KINDS, Card, Indicator

DOCS = Path(__file__).resolve().parents[3] / "docs"
NAMES = (
    "setup_done", "active_days_28d", "days_since_last_event", "nps_latest", "integrations_28d",
    "overdue_days",
)  # fmt: skip
FEATURES = tuple(feature(name) for name in NAMES)


def block(name: str, language: str) -> str:
    text = (DOCS / name).read_text(encoding="utf-8")
    return str(re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)[0])


def accounts() -> object:
    made = table([30.0, 97.5, 400.0, 400.0, 400.0])
    columns: dict[str, list[float | None]] = {
        "setup_done": [1.0] * 5,
        "active_days_28d": [6.0, 10.0, 20.0, 15.0, 20.0],
        "days_since_last_event": [2.0, 3.0, 0.0, 3.0, 1.0],
        "nps_latest": [None, 7.0, 9.0, None, 9.0],
        "integrations_28d": [0.0, 0.0, 3.0, 0.0, 0.0],
        "overdue_days": [0.0, 0.0, 0.0, 0.0, 61.0],
    }
    for name, values in columns.items():
        made = made.append_column(name, [values])
    return made


def test_the_example_gives_what_the_page_says() -> None:
    names = {"TEXT": block("scorecard.md", "toml"), "TABLE": accounts(), "FEATURES": FEATURES}
    test = doctest.DocTestParser().get_doctest(
        block("scorecard.md", "python"), names, "scorecard.md", None, 0
    )
    said: list[str] = []
    doctest.DocTestRunner(verbose=False).run(test, out=said.append)
    assert "".join(said) == ""


@pytest.mark.parametrize("page", ["scorecard.md", "scorecard.ja.md"])
def test_every_key_and_kind_is_explained_in_both_languages(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    keys = {*Indicator.model_fields, *Card.model_fields} - {"indicator"}
    assert {key for key in (*keys, *KINDS, *get_args(Kind)) if f"`{key}`" not in text} == set()


def test_the_example_is_the_same_in_both_languages() -> None:
    assert parse(block("scorecard.ja.md", "toml")).version == (
        parse(block("scorecard.md", "toml")).version
    )
