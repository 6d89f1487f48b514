"""The page of what leavers had not done, and the same table as CSV."""

import csv
import io
from dataclasses import replace
from typing import Any

import pytest

from serving.leavers.table import CSV_HEADER
from tests.builders.leavers import LEAVERS
from tests.builders.served import Client
from tests.builders.small_catalogue import EVALUATION
from tests.builders.store import Populated
from tests.serving.pages.conftest import application


def page_of(company: Populated, leavers: dict[str, Any] | None) -> Client:
    bundle = replace(company.bundle, evaluation={**EVALUATION, "leavers": leavers})
    return Client(application(company.settings, company.engine, bundle))


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "<b>Never connected</b>. That was so of <b>71%</b> of those who left, and of "
               "<b>20%</b> of stayers like them."),
        ("ja", "「<b>連携が一度もない</b>」。解約した会社では<b>71%</b>、"
               "同じ条件の継続会社では<b>20%</b>。"),
    ],
)  # fmt: skip
def test_the_page_begins_with_the_clearest_and_calls_it_no_cause(
    client: Client, language: str, sentence: str
) -> None:
    text = client.get("/leavers", params={"lang": language}).text
    assert sentence in text
    assert {"en": "not proof of a cause", "ja": "原因の証明ではありません"}[language] in text
    assert "71 of 100" in text or "100社中71社" in text


def test_what_does_not_hold_is_folded_away_and_says_why(client: Client) -> None:
    text = client.get("/leavers?lang=en").text
    shown, _, folded = text.partition("<details>")
    assert "No automatic renewal" in shown.partition("what more stayers")[2]
    assert "No NPS answer" not in shown
    for verdict in ("does not hold at equal tenure and plan", "no difference", "too few to say"):
        assert verdict in folded


def test_the_navigation_and_the_model_check_lead_to_it(client: Client) -> None:
    assert '<a href="/leavers" aria-current="page"' in client.get("/leavers").text
    assert '<a href="/leavers">' in client.get("/model-check").text


def test_without_anybody_who_left_the_page_says_so(company: Populated) -> None:
    empty = {**LEAVERS, "leavers": 0, "rows": [], "period": [None, None]}
    text = page_of(company, empty).get("/leavers?lang=en").text
    assert "Nobody has left in this period" in text
    assert "leavers.csv" not in text


def test_where_nothing_holds_the_page_says_so(company: Populated) -> None:
    chance = {**LEAVERS, "rows": LEAVERS["rows"][3:], "controlled_for": []}
    text = page_of(company, chance).get("/leavers?lang=en").text
    assert "Nothing that leavers had not done stands out from chance." in text


def test_a_model_older_than_the_table_is_told_what_to_do(company: Populated) -> None:
    answer = page_of(company, None).get("/leavers?lang=en")
    assert answer.status_code == 200
    assert "With the next model: kenshin train" in answer.text
    assert "Nothing has been scored yet" not in answer.text


def test_the_csv_has_every_line_and_no_formula(client: Client) -> None:
    answer = client.get("/leavers.csv?lang=en")
    assert 'filename="leavers.csv"' in answer.headers["content-disposition"]
    header, *rows = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")))
    assert tuple(header) == CSV_HEADER
    assert [row[0] for row in rows] == [row["code"] for row in LEAVERS["rows"]]
    assert rows[1][1] == "'=Hands-on: none"
    assert rows[0][3:6] == ["100", "71", "0.71"]
    assert rows[-1][13] == ""
    assert client.get("/leavers.csv?lang=ja").text.count("連携が一度もない") == 1
