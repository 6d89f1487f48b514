from pathlib import Path

import pytest
from hypothesis import given, settings

from features.errors import NotReadyError
from features.settings import Settings
from tests.builders.frames import feature
from tests.builders.scorecards import card, indicator, one, scorecard, scorecards
from training.scorecard import (
    KINDS,
    Scorecard,
    diff,
    narrowed,
    of_company,
    parse,
    proposal,
    starter,
    starter_text,
    to_toml,
    with_weights,
)


@settings(max_examples=60, deadline=None)
@given(scorecards())
def test_what_is_written_reads_back_as_the_same(made: Scorecard) -> None:
    again = parse(to_toml(made))
    assert again.version == made.version
    assert diff(made, again) == ()


@pytest.mark.parametrize("kind", KINDS)
def test_starters_read_back_as_the_same(kind: str) -> None:
    assert parse(to_toml(starter(kind))).version == starter(kind).version


def test_other_weights_leave_comments_and_layout_as_they_are() -> None:
    text = starter_text("saas")
    made = starter("saas")
    first = made.card[0].indicator[0].model_copy(update={"weight": 41.0})
    indicators = (first, *made.card[0].indicator[1:])
    changed = made.card[0].model_copy(update={"indicator": indicators})
    other = made.model_copy(update={"card": (changed, made.card[1])})
    written = with_weights(text, other)
    assert parse(written).version == other.version
    lines = [(a, b) for a, b in zip(text.split("\n"), written.split("\n"), strict=True) if a != b]
    assert lines == [("weight = 30", "weight = 41")]
    with pytest.raises(ValueError, match="another scorecard"):
        with_weights(text, starter("retail"))


def test_a_diff_names_card_indicator_key_and_both_values() -> None:
    old = one(indicator("logins", weight=1), indicator("breadth", weight=1))
    new = one(
        indicator("logins", weight=3), indicator("breadth", weight=1, missing="zero"),
        indicator("tone", bonus={"at_least": 1, "points": 5}),
    )  # fmt: skip
    assert [str(change) for change in diff(old, new)] == [
        "everybody logins weight: 50 → 75 of 100 (+25)",
        "everybody breadth weight: 50 → 25 of 100 (-25)",
        "everybody breadth missing: ignore → zero",
        "everybody tone feature: – → tone",
        "everybody tone bonus: – → { at_least = 1, points = 5 }",
        "everybody tone missing: – → ignore",
        "everybody tone neutral: – → 0.65",
    ]


def test_weights_in_the_same_proportion_are_no_difference() -> None:
    old = one(indicator("logins", weight=1), indicator("breadth", weight=3))
    new = one(indicator("logins", weight=10), indicator("breadth", weight=30))
    assert diff(old, new) == ()


def test_a_card_that_is_new_or_gone_and_the_order_are_differences() -> None:
    free = card(indicator("logins"), code="free", when={"plan": ["Free"]})
    old, new = scorecard(card(indicator("logins"))), scorecard(free, card(indicator("logins")))
    assert [c.key for c in diff(old, new)] == ["order", "card"]
    assert [(c.before, c.after) for c in diff(new, old)][1] == ("logins", None)


FEW = (feature("setup_done"), feature("active_days_28d"), feature("nps_latest"))


def test_a_starter_keeps_only_what_exists_and_a_card_without_anything_goes() -> None:
    made = narrowed(starter("saas"), FEW)
    assert made.features == ("setup_done", "active_days_28d", "nps_latest")
    assert [c.code for c in narrowed(starter("saas"), FEW[1:]).card] == ["veteran"]
    with pytest.raises(NotReadyError, match="'veteran'"):
        narrowed(starter("saas"), FEW[:1])


def test_a_proposal_keeps_comments_and_rule_of_leaving_and_suggests_own_features(
    tmp_path: Path,
) -> None:
    own = feature("reports", good="up")
    features = (*FEW, type(own)(**(own.__dict__ | {"indicator": "product"})))
    text = proposal("saas", Settings(root=tmp_path), features)
    made = parse(text)
    assert made.churn is not None
    assert made.churn.horizon_days == 90
    assert made.features == narrowed(starter("saas"), FEW).features
    assert "# The initial set-up is finished (event setup_completed)." in text
    assert "courses_completed" not in text
    suggested = "\n".join(
        line.removeprefix("# ") for line in text[text.index("# reports / ") :].split("\n")[1:]
    )
    assert parse(text + suggested).features[-1] == "reports"


def test_a_companys_card_is_its_file_or_the_starter_its_churn_rule_suggests(
    tmp_path: Path,
) -> None:
    settings_ = Settings(root=tmp_path)
    assert of_company(settings_, FEW).version == narrowed(starter("saas"), FEW).version
    (tmp_path / "scorecard.toml").write_text(to_toml(one(indicator("nps_latest"))), "utf-8")
    assert of_company(settings_, FEW).features == ("nps_latest",)
    quiet = Settings(root=tmp_path / "x", churn={"source": "inactivity"})
    with pytest.raises(NotReadyError, match="'veteran'"):
        of_company(quiet, FEW)
