"""The page that says whether a change of process helped."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from serving.effects.kept import keep
from serving.effects.measured import measured
from tests.builders.effects import an_effect
from tests.builders.served import Client
from tests.builders.store import Populated, built_store
from tests.serving.pages.conftest import application, checked

NOW = datetime(2026, 11, 23, 9)


@pytest.fixture
def company(tmp_path: Path) -> Populated:
    return built_store(tmp_path, accounts=12, weeks=3)


def page_of(company: Populated, *effects: dict[str, Any], language: str = "en") -> str:
    for one in effects:
        keep(company.settings, one, NOW)
    client = Client(application(company.settings, company.engine, checked(company.bundle)))
    answer = client.get("/effect", params={"lang": language})
    assert answer.status_code == 200
    return answer.text


def test_without_a_measurement_the_page_says_how_to_make_one(company: Populated) -> None:
    assert "kenshin effect --from 2026-03-01 --segment" in page_of(company)
    assert "計測した施策はまだありません" in page_of(company, language="ja")


def test_a_change_beyond_chance_is_told_beside_the_others(company: Populated) -> None:
    text = page_of(company, an_effect(4))
    assert "Mar 1, 2026, Size small: churn −36.0 points beside those not concerned" in text
    assert "40.0%" in text
    assert "40 of 100" in text
    assert "4 of 100" in text
    assert "+7.0 health points" in text
    assert "not drawn by lot" in text


def test_the_same_in_japanese_without_a_word_of_english(company: Populated) -> None:
    text = page_of(company, an_effect(4), language="ja")
    assert "2026年3月1日、規模 small：解約率は対象外と比べて−36.0ポイント" in text
    assert "くじで選ばれていません" in text
    assert "Not concerned" not in text


def test_what_may_be_chance_is_called_so(company: Populated) -> None:
    assert "no difference in churn beyond chance" in page_of(company, an_effect(38))


def test_without_a_comparison_group_that_is_said(company: Populated) -> None:
    text = page_of(company, an_effect(4, beside=False))
    assert "everybody: churn −18.0 points, with nobody to compare with" in text
    assert "There is no comparison group" in text
    assert "Not concerned" not in text


def test_periods_without_customers_or_scores_are_named(company: Populated) -> None:
    nobody = {**an_effect(), **measured([], {}, None), "segment": None}
    text = page_of(company, nobody)
    assert "churn cannot be compared" in text
    assert "Nobody was a customer in one of the two periods." in text
    assert "No scores in both periods that cannot have known the outcome." in text


def test_several_stand_below_each_other_and_the_model_check_leads_there(
    company: Populated,
) -> None:
    text = page_of(company, an_effect(4), an_effect(4, beside=False))
    assert text.count('<section class="card"') == 2
    client = Client(application(company.settings, company.engine, checked(company.bundle)))
    assert '<a href="/effect">' in client.get("/model-check").text
