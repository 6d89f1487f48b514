"""Every declaration is complete: names, words in both languages, rules, documentation."""

import re
from pathlib import Path
from typing import get_args

import pytest

from features.catalogue import Declaration, everything
from features.catalogue.definition import definition
from features.catalogue.page import page
from features.catalogue.phrases import phrase
from features.product_feature import Measuring
from features.settings import Settings, load_settings
from features.tables import TABLES
from features.views import VIEWS
from tests.features.catalogue.golden.case import SETTINGS

DECLARED = list(everything(SETTINGS))
each = pytest.mark.parametrize("declared", DECLARED, ids=lambda d: d.feature.name)
JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龠]")


def test_names_are_unique() -> None:
    names = [declared.feature.name for declared in DECLARED]
    assert len(names) == len(set(names))


@each
def test_a_windowed_feature_says_its_window(declared: Declaration) -> None:
    feature = declared.feature
    assert re.fullmatch(r"[a-z][a-z0-9_]*", feature.name)
    longest = max((leaf.skip + (leaf.days or 0) for leaf in declared.measure.leaves()), default=0)
    if feature.window_days is None:
        assert longest == 0
    else:
        assert re.search(r"_\d+d$", feature.name) or ends_otherwise(feature.name)
        assert longest in (0, feature.window_days)


def ends_otherwise(name: str) -> bool:
    return "silence" in name or re.search(r"_\d+d_vs_peers$", name) is not None


@each
def test_words_are_there_in_both_languages(declared: Declaration) -> None:
    feature = declared.feature
    for words in (feature.label, feature.worse, feature.better, feature.missing):
        for text in (words.ja, words.en):
            assert text == text.strip() != ""
            assert not text.endswith(("。", "."))
            assert "%" not in text
        if feature.indicator != "product":
            assert JAPANESE.search(words.ja)
            assert not JAPANESE.search(words.en)
    assert feature.worse != feature.better
    assert feature.missing_means.endswith(".")


@each
def test_what_it_needs_is_in_the_contract(declared: Declaration) -> None:
    for need in declared.needs:
        table, _, column = need.partition("=")[0].partition(".")
        assert table in TABLES
        assert not column or column in TABLES[table].columns
    assert declared.feature.source == declared.needs[0].partition(".")[0]


@each
def test_it_measures_views_that_exist(declared: Declaration) -> None:
    assert {leaf.view for leaf in declared.measure.leaves()} <= VIEWS.keys()


def test_no_sentence_of_the_bad_side_serves_as_the_good_side_of_another() -> None:
    worse = {d.feature.worse.ja for d in DECLARED if d.feature.good != "none"}
    better = {d.feature.better.ja for d in DECLARED if d.feature.good != "none"}
    assert worse & better == set()


def test_the_documentation_page_is_current() -> None:
    written = Path("docs/features.md").read_text(encoding="utf-8")
    assert written == page(Settings()), "run: python -m features.catalogue.page > docs/features.md"
    japanese = Path("docs/features.ja.md").read_text(encoding="utf-8")
    remedy = "run: python -m features.catalogue.page ja > docs/features.ja.md"
    assert japanese == page(Settings(), "ja"), remedy


@each
def test_the_definition_says_every_aggregate_in_both_languages(declared: Declaration) -> None:
    for leaf in declared.measure.leaves():
        words = phrase(leaf)
        assert f"{leaf.view}の{leaf.column}" != words.ja
        for language, text in (("ja", words.ja), ("en", words.en)):
            said = definition(declared, "ja" if language == "ja" else "en")
            assert text.lower() in said.lower() or leaf.skip
    assert JAPANESE.search(definition(declared, "ja"))
    assert not JAPANESE.search(definition(declared, "en"))


def test_the_page_has_an_example_of_every_measure_and_comparison(tmp_path: Path) -> None:
    [example] = re.findall(r"```toml\n(.*?)```", page(Settings()), re.DOTALL)
    (tmp_path / "kenshin.toml").write_text(example, encoding="utf-8")
    given = load_settings(tmp_path / "kenshin.toml").features.values()
    assert {one.measure for one in given} == set(get_args(Measuring))
    assert {one.against for one in given} == {None, "own_past", "peers"}
    assert {one.difference for one in given} == {"relative", "chance"}
    for measure in get_args(Measuring):
        assert f"| `{measure}` |" in page(Settings())
