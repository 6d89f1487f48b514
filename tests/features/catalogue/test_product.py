"""What only the features of the settings do: patterns, peers, words, refusals."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import ibis
import pytest
from pydantic import ValidationError

from features.catalogue import everything
from features.named import matches
from features.settings import Settings
from features.snapshots import build
from tests.builders.tables import make_tables
from tests.features.catalogue.golden.case import AS_OF, CONTRACT, ago, event, own

Pair = tuple[str, str]

PEERS = Settings(features={"uses": own("count", "*", 90, against="peers", minimum_peers=3)})


def against_peers(uses: dict[str, int], **contracts: Any) -> dict[str, float | None]:  # noqa: ANN401
    """Return the comparison of each live account; ``uses`` says how often each was there."""
    rows = [{"account_id": name, **CONTRACT, **contracts.get(name, {})} for name in uses]
    events = [{"account_id": name, **event(1)} for name, n in uses.items() for _ in range(n)]
    tables = make_tables(
        AS_OF + timedelta(days=90),
        accounts=[{"account_id": name} for name in uses],
        subscriptions=rows,
        events=events,
    )
    found = build(tables, PEERS, [AS_OF], only=["uses_90d_vs_peers"]).table.to_pylist()
    return {row["account_id"]: row["uses_90d_vs_peers"] for row in found}


def test_the_median_of_an_even_number_is_the_lower_one_that_an_account_has() -> None:
    assert against_peers({"a": 2, "b": 4, "c": 8, "d": 100}) == {"a": 0.5, "b": 1, "c": 2, "d": 25}


def test_accounts_that_are_not_live_are_nobodys_peers() -> None:
    uses = {"a": 2, "b": 4, "c": 8, "gone": 1, "gone too": 1, "not yet": 1}
    found = against_peers(
        uses,
        **{
            "gone": {"ended_at": ago(1)},
            "gone too": {"started_at": ago(400), "ended_at": ago(300)},
            "not yet": {"started_at": ago(0)},
        },
    )
    assert found == {"a": 0.5, "b": 1, "c": 2}


def test_one_that_leaves_later_is_a_peer_until_then() -> None:
    found = against_peers({"a": 2, "b": 4, "c": 8}, c={"ended_at": ago(0)})
    assert found == {"a": 0.5, "b": 1, "c": 2}


def test_too_few_peers_no_plan_or_a_median_of_nothing_is_no_comparison() -> None:
    assert against_peers({"a": 2, "b": 4}) == {"a": None, "b": None}
    plans = {name: {"plan": None} for name in "abc"}
    assert set(against_peers({"a": 2, "b": 4, "c": 8}, **plans).values()) == {None}
    assert set(against_peers({"a": 0, "b": 0, "c": 8}).values()) == {None}


@pytest.mark.parametrize(
    ("names", "fits", "fits_not"),
    [
        (["a_b"], ["a_b"], ["axb", "a_bc", "A_b"]),
        (["a_*"], ["a_", "a_b"], ["ab", "ba_"]),
        (["*_a"], ["_a", "b_a"], ["a", "_ab"]),
        (["aba*aba"], ["abaaba", "aba aba"], ["ababa", "aba"]),
        (["a%*"], ["a%", "a%b"], ["ab"]),
        (["*"], ["", "a"], []),
        (["日報*", "x"], ["日報の共有", "x"], ["週報", "y", "xx"]),
    ],
)
def test_a_star_is_any_letters_and_nothing_else_is_special(
    names: list[str], fits: list[str], fits_not: list[str]
) -> None:
    events = ibis.memtable({"event": [*fits, *fits_not]})
    found = ibis.duckdb.connect().to_pyarrow(events.select(fits=matches(events.event, names)))
    assert found["fits"].to_pylist() == [True] * len(fits) + [False] * len(fits_not)


REFUSED: Sequence[tuple[dict[str, Any], str]] = (
    ({"measure": "count", "event": "a"}, "'count' needs window_days"),
    ({"measure": "count", "window_days": 7}, "'count' needs an event"),
    ({"measure": "never", "event": "a", "window_days": 7}, "has no window: remove window_days"),
    ({"measure": "count", "event": "a", "window_days": 0}, "greater than or equal to 1"),
    ({"measure": "count", "event": [], "window_days": 7}, "an event needs a name"),
    ({"measure": "count", "event": ["a", "a"], "window_days": 7}, "'a' is named twice"),
    ({"measure": "count", "event": "a*b*", "window_days": 7}, "more than one *"),
    ({"measure": "count", "event": "a", "per": "b", "window_days": 7}, "'per' goes with measure"),
    ({"measure": "ratio", "event": "a", "window_days": 7}, "'per' goes with measure"),
    ({"measure": "count", "event": "a", "unit": "times", "window_days": 7}, "'unit' goes with"),
    ({"measure": "breadth", "event": "a", "window_days": 7}, "give a list, or a name with *"),
    (
        {"measure": "days_since", "event": "a", "against": "own_past"},
        "no window to hold against the windows before",
    ),
    ({"measure": "never", "event": "a", "against": "peers"}, "has no median"),
    (
        {"measure": "count", "event": "a", "window_days": 7, "periods": 6},
        "'periods' goes with against = 'own_past'",
    ),
    (
        {"measure": "count", "event": "a", "window_days": 7, "difference": "chance"},
        "'difference' goes with against = 'own_past'",
    ),
    (
        {
            "measure": "users",
            "event": "a",
            "window_days": 7,
            "against": "own_past",
            "difference": "chance",
        },
        "measure 'users' is none: remove difference",
    ),
    (
        {
            "measure": "count",
            "event": "a",
            "window_days": 7,
            "against": "own_past",
            "difference": "odds",
        },
        "'relative' or 'chance'",
    ),
    (
        {"measure": "count", "event": "a", "window_days": 7, "minimum_peers": 5},
        "'minimum_peers' goes with against = 'peers'",
    ),
    (
        {
            "measure": "count",
            "event": "a",
            "window_days": 365,
            "against": "own_past",
            "periods": 12,
        },
        "reach back 4,745 days, 3,660 at most",
    ),
    ({"measure": "counts", "event": "a", "window_days": 7}, "'top_user_share'"),
)


@pytest.mark.parametrize(("given", "sentence"), REFUSED, ids=lambda value: str(value)[:60])
def test_what_does_not_go_together_is_refused(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        own(**{"event": None, **given})
    assert sentence in str(refusal.value)


def test_a_count_may_be_told_by_chance_and_any_measure_as_a_share_of_its_past() -> None:
    past = {"against": "own_past", "periods": 13}
    assert own("count", "a", 28, difference="chance", **past).difference == "chance"
    assert own("users", "a", 28, difference="relative", **past).difference == "relative"
    assert own("users", "a", 28, **past).difference == "relative"


def test_settings_from_before_there_were_differences_keep_their_version() -> None:
    before, same, other = (
        Settings(features={"uses": own("count", "a", 28, against="own_past", **more)})
        for more in ({}, {"difference": "relative"}, {"difference": "chance"})
    )
    assert "difference" not in before.model_dump(mode="json")["features"]["uses"]
    assert before.version == same.version != other.version


def test_words_are_needed_in_both_languages() -> None:
    with pytest.raises(ValidationError, match="ja missing"):
        own("never", "a", label={"en": "A"})
    with pytest.raises(ValidationError, match="en missing"):
        own("never", "a", worse={"ja": "あ"})


def sentences(**given: Any) -> list[str]:  # noqa: ANN401
    label = {"ja": "共有", "en": "Sharing"}
    settings = Settings(features={"own": own(**{"event": "a", "label": label, **given})})
    feature = next(d.feature for d in everything(settings) if d.feature.indicator == "product")
    words = (feature.label, feature.worse, feature.better, feature.missing)
    return [text for word in words for text in (word.ja, word.en)]


def test_the_words_follow_from_the_measure_the_comparison_and_the_good_direction() -> None:
    assert sentences(measure="days_since", good="down") == [
        *("共有", "Sharing"),
        *("共有から日が経っている", "Sharing: long ago"),
        *("共有から日が浅い", "Sharing: recent"),
        *("共有：まだなし", "Sharing: not yet"),
    ]
    assert sentences(measure="count", days=28, against="own_past", periods=6, good="up") == [
        *(
            "共有（その前の168日の平均との比較）",
            "Sharing, against the average of the 168 days before",
        ),
        *("共有が以前より減った", "Sharing: down on its own past"),
        *("共有が以前より増えた", "Sharing: up on its own past"),
        *("共有：比べる期間がない", "Sharing: no earlier period to compare with"),
    ]
    by_chance = {"against": "own_past", "periods": 13, "difference": "chance"}
    assert sentences(measure="count", days=28, good="down", **by_chance) == [
        *(
            "共有（その前の364日との差、偶然の幅の何倍か）",
            "Sharing, against the 364 days before, as times the spread of chance",
        ),
        *("共有が以前の割に多い", "Sharing: high for its own past"),
        *("共有が以前の割に少ない", "Sharing: low for its own past"),
        *("共有：比べる期間がない", "Sharing: no earlier period to compare with"),
    ]
    assert sentences(measure="users", days=28, against="peers", good="up") == [
        *("共有（同じプランの中央値との比）", "Sharing, against the same plan"),
        *("共有が同じプランの会社より少ない", "Sharing: below companies on its plan"),
        *("共有が同じプランの会社より多い", "Sharing: above companies on its plan"),
        *(
            "共有：同じプランの会社と比べられない",
            "Sharing: no comparison with companies on the same plan",
        ),
    ]


def test_words_of_the_settings_stand_instead_of_those_that_follow() -> None:
    worse = {"ja": "共有をやめた", "en": "Sharing has stopped"}
    assert sentences(measure="count", days=28, good="up", worse=worse)[2:6] == [
        *("共有をやめた", "Sharing has stopped"),
        *("共有が多い", "Sharing: many"),
    ]


@pytest.mark.parametrize(
    ("given", "worse", "better", "missing"),
    [
        (
            {
                "measure": "days_since",
                "label": {"ja": "最後の共有からの日数", "en": "Days since X"},
            },
            ("最後の共有から日が経っている", "X: long ago"),
            ("最後の共有から日が浅い", "X: recent"),
            ("最後の共有：まだなし", "X: not yet"),
        ),
        (
            {"measure": "days_since", "label": {"ja": "共有のない期間", "en": "No sharing"}},
            ("共有のない期間が長い", "No sharing: long ago"),
            ("共有のない期間が短い", "No sharing: recent"),
            ("共有のない期間：まだなし", "No sharing: not yet"),
        ),
        (
            {"measure": "first_use_days", "label": {"ja": "共有までの日数", "en": "Days until it"}},
            ("共有までの日数が長かった", "Days until it: many"),
            ("共有までの日数が短かった", "Days until it: few"),
            ("共有までの日数：まだなし", "Days until it: not yet"),
        ),
        (
            {"measure": "first_use_days", "label": {"ja": "最初の共有", "en": "First sharing"}},
            ("最初の共有が遅かった", "First sharing: late"),
            ("最初の共有が早かった", "First sharing: early"),
            ("最初の共有：まだなし", "First sharing: not yet"),
        ),
        (
            {"measure": "never", "label": {"ja": "共有したことがない", "en": "Never shared"}},
            ("共有したことがない", "Never shared"),
            ("共有したことがない：いいえ", "Never shared: no"),
            ("共有したことがない：まだなし", "Never shared: not yet"),
        ),
        (
            {"measure": "never"},
            ("共有：未利用", "Sharing: never used"),
            ("共有：利用あり", "Sharing: used"),
            ("共有：まだなし", "Sharing: not yet"),
        ),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_sentence_never_calls_days_a_work_or_denies_its_own_label(
    given: dict[str, Any], worse: Pair, better: Pair, missing: Pair
) -> None:
    assert sentences(good="down", **given)[2:] == [*worse, *better, *missing]


@pytest.mark.parametrize(
    ("label", "word"), [("共有率", "低い"), ("ログインあたりの共有", "少ない")]
)
def test_a_rate_is_low_and_a_count_for_each_login_is_little(label: str, word: str) -> None:
    names = {"ja": label, "en": "Sharing"}
    said = sentences(measure="ratio", per="b", days=28, good="up", label=names)
    assert said[2] == f"{label}が{word}"


def test_days_since_are_held_against_peers_as_days() -> None:
    said = sentences(measure="days_since", against="peers", good="down")
    assert said[2:4] == [
        "共有からの日数が同じプランの会社より長い",
        "Sharing: longer ago than at companies on its plan",
    ]
