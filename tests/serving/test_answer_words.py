"""What came after a score, in sentences that say what changed and nothing else."""

from typing import Any

import pytest

from serving.answer_words import segment_value, unseen_sentence
from serving.plays import shipped


def told(code: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"code": code, "count": 1, "text": None, "before": None, "amount": None, **more}


@pytest.mark.parametrize(
    ("before", "after", "amount", "ja", "en"),
    [
        ("Starter", "Business", 0.5, "プラン変更：Starter → Business (+50%)",
         "Plan changed: Starter → Business (+50%)"),
        ("Starter", "Business", 0.001, "プラン変更：Starter → Business",
         "Plan changed: Starter → Business"),
        ("Starter", "Business", None, "プラン変更：Starter → Business",
         "Plan changed: Starter → Business"),
        (None, "Business", 0.1, "プラン変更：– → Business (+10%)",
         "Plan changed: – → Business (+10%)"),
        ("Enterprise", "Enterprise", 0.34, "契約金額の変更：+34%（プランはEnterpriseのまま）",
         "Contract amount +34% (plan still Enterprise)"),
        ("Enterprise", "Enterprise", -0.19, "契約金額の変更：−19%（プランはEnterpriseのまま）",
         "Contract amount −19% (plan still Enterprise)"),
        ("Enterprise", "Enterprise", 0.001, "契約金額の変更：1%未満（プランはEnterpriseのまま）",
         "Contract amount by less than 1% (plan still Enterprise)"),
        ("Enterprise", "Enterprise", None, "契約金額の変更：割合は不明（プランはEnterpriseのまま）",
         "Contract amount changed (plan still Enterprise)"),
        (None, None, 0.34, "契約金額の変更：+34%", "Contract amount +34%"),
    ],
)  # fmt: skip
def test_a_plan_is_said_to_change_only_where_it_does(
    before: str | None, after: str | None, amount: float | None, ja: str, en: str
) -> None:
    row = told("plan", text=after, before=before, amount=amount)
    assert unseen_sentence(row, "ja", "JPY") == ja
    assert unseen_sentence(row, "en", "JPY") == en


def test_what_was_done_is_said_in_words_where_it_is_known() -> None:
    simulated = told("action", text="joint_ticket_review", count=2)
    assert (
        unseen_sentence(simulated, "ja", "JPY") == "対応2件（最後は「問い合わせを一緒に見直す」）"
    )
    assert unseen_sentence(simulated, "en", "JPY") == "Actions: 2 (the last: joint ticket review)"
    ours = shipped()[0]
    row = told("action", text=ours.code)
    assert unseen_sentence(row, "ja", "JPY") == f"対応1件（最後は「{ours.title['ja']}」）"
    theirs = told("action", text="on_site_visit")
    assert unseen_sentence(theirs, "ja", "JPY") == "対応1件（最後は「on site visit」）"


def test_every_play_of_a_simulated_company_has_words() -> None:
    from features.simulator.engagement import PLAYS

    for play in PLAYS:
        assert play.replace("_", " ") not in unseen_sentence(told("action", text=play), "ja", "JPY")


def test_a_segment_is_called_as_people_call_it() -> None:
    assert segment_value("industry", "logistics", "ja") == "物流"
    assert segment_value("region", "kyushu", "ja") == "九州"
    assert segment_value("tenure", "over 2 years", "ja") == "2年以上"
    assert segment_value("plan", "Business", "ja") == "Business"
