import subprocess
import sys
from pathlib import Path

import pytest

from features.errors import SettingsError
from training.scorecard import KINDS, load, parse, starter, starter_text

GOOD = """
title = { ja = "試験", en = "Test" }

[[card]]
code = "everybody"
title = { ja = "全員", en = "Everybody" }
success = { ja = "使う", en = "Uses it" }

[[card.indicator]]
feature = "logins"
weight = 10
steps = [{ below = 1, share = 0 }, { up_to = 5, share = 0.5 }, { share = 1 }]

[[card.indicator]]
feature = "breadth"
weight = 10
bounded = { none_at = 0, all_at = 10 }
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("weight = 10", "wieght = 10", r"card 'everybody', indicator 'logins', wieght \(did you"),
        (
            "weight = 10",
            "weight = -1",
            r"indicator 'logins', weight = -1. Input.* greater than or equal",
        ),
        ("weight = 10\nbound", "bound", "indicator 'breadth'.*needs a weight"),
        ("share = 0.5", "share = 1.5", r"indicator 'logins', steps 2.share = 1.5"),
        ("{ up_to = 5", "{ up_to = 1", None),
        ("{ up_to = 5", "{ up_to = 0", "indicator 'logins', steps. Steps must rise"),
        ("{ up_to = 5", "{ up_to = 5, below = 6", "A step has one end"),
        ("{ share = 1 }", "{ up_to = 9, share = 1 }", "The last step must have no end"),
        ("all_at = 10", "all_at = 0", "must differ"),
        ("none_at = 0", "none_at = nan", "finite"),
        (
            "bounded =",
            "line = { none_at = 0, all_at = 1 }\nbounded =",
            "Give exactly one of .*bounded",
        ),
        ('feature = "breadth"', 'feature = "logins"', "'logins' stands here twice"),
        ("[[card.indicator]]", "when = { plan = ['Free'] }\n[[card.indicator]]", "for everybody"),
        ("success =", "hand_over_days = 5\nsuccess =", "needs a tenure"),
        ("weight = 10", "weight = 10\nneutral = 2", "neutral = 2"),
        ("title = { ja", "tilte = 3\ntitle = { ja", "tilte .*did you mean 'title'"),
        ("[[card]]", "[[card", "Mend that line"),
        ("bounded = { none_at = 0, all_at = 10 }", "bounded = 3", "a table with none_at, all_at"),
        ('en = "Test"', 'en = ""', "title.en = ''"),
    ],
)
def test_a_fault_is_named_by_file_card_indicator_key_and_value(
    old: str, new: str, said: str | None
) -> None:
    text = GOOD.replace(old, new, 1)
    assert text != GOOD
    if said is None:
        assert parse(text).version != parse(GOOD).version
        return
    with pytest.raises(SettingsError, match=said) as caught:
        parse(text, "my.toml")
    assert "my.toml" in str(caught.value)


def test_a_bonus_or_veto_has_an_end_and_no_weight() -> None:
    bonus = '\n[[card.indicator]]\nfeature = "x"\nbonus = { points = 5 }\n'
    with pytest.raises(SettingsError, match=r"indicator \'x\', bonus\. Give at least one of below"):
        parse(GOOD + bonus)
    with pytest.raises(SettingsError, match="A bonus stands beside the 100 points"):
        parse(GOOD + bonus.replace("points = 5", "points = 5, above = 0") + "weight = 3\n")


def test_weights_that_are_all_zero_leave_nothing_to_add_up() -> None:
    with pytest.raises(SettingsError, match="No indicator has a weight above 0"):
        parse(GOOD.replace("weight = 10", "weight = 0"))


def test_a_card_after_the_one_for_everybody_is_refused() -> None:
    with pytest.raises(SettingsError, match="no card after it ever applies"):
        parse(GOOD + GOOD[GOOD.index("[[card]]") :].replace('"everybody"', '"other"'))


def test_two_cards_of_one_code_are_refused() -> None:
    with pytest.raises(SettingsError, match="Two cards are called 'everybody'"):
        parse(GOOD + GOOD[GOOD.index("[[card]]") :])


def test_a_file_that_is_absent_or_no_text_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="kenshin scorecard init"):
        load(tmp_path / "scorecard.toml")
    (tmp_path / "scorecard.toml").write_bytes("title = '日本'".encode("cp932"))
    with pytest.raises(SettingsError, match="in UTF-8"):
        load(tmp_path / "scorecard.toml")


def test_the_version_names_the_rules_and_not_the_layout(tmp_path: Path) -> None:
    path = tmp_path / "scorecard.toml"
    path.write_text("# a comment\n" + GOOD, encoding="utf-8")
    assert load(path).version == parse(GOOD).version
    assert len(load(path).version) == 12
    assert parse(GOOD.replace("weight = 10", "weight = 11", 1)).version != parse(GOOD).version


@pytest.mark.parametrize("kind", KINDS)
def test_every_starter_has_a_new_customers_card_that_hands_over_to_a_veterans(kind: str) -> None:
    new, veteran = starter(kind).card
    assert (new.code, veteran.code) == ("new", "veteran")
    assert new.hand_over_days is not None
    assert starter_text(kind).startswith("# A scorecard for ")


def test_there_is_no_starter_for_a_flat_table_and_a_mistyped_kind_is_named() -> None:
    with pytest.raises(SettingsError, match="columns of a flat table are its own"):
        starter("flat")
    with pytest.raises(SettingsError, match="did you mean 'saas'"):
        starter("sass")


def test_serving_a_scorecard_loads_neither_an_optimiser_nor_an_engine() -> None:
    heavy = "scipy sklearn pandas lightgbm ibis duckdb tomlkit mlflow"
    code = f"import sys, training.scorecard; print(*set('{heavy}'.split()) & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
