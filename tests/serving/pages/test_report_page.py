"""The executive report: the same figures as the pages it is put together from."""

import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from features.errors import NotReadyError
from serving.effects.kept import keep
from serving.pages import roster as rosters
from serving.pages.timeline import weekly
from tests.builders.effects import an_effect
from tests.builders.served import Client
from tests.builders.store import Populated, built_store
from tests.serving.pages.conftest import NOBODY_LEFT, application, checked


def test_it_begins_with_the_figures_of_the_portfolio(company: Populated, client: Client) -> None:
    roster = rosters.read(company.engine, weekly(company.engine)[-1])
    red = int((roster.band == 0).sum())
    text = client.get("/report?lang=en").text
    assert f"{red} companies need action (" in text
    assert f"{red}社（ARRの" in client.get("/report?lang=ja").text
    portfolio = client.get("/?lang=en").text
    loss = re.search(r"about <b>([^<]+)</b> of yearly revenue", portfolio)
    assert loss is not None
    assert f"expected loss in 90 days {loss[1]}" in text


def test_the_decisions_are_the_top_of_the_list_of_the_red(client: Client) -> None:
    links = re.compile(r'<th scope="row"><a href="(/accounts/[^"]+)"')
    listed = links.findall(client.get("/?band=red").text)
    assert links.findall(client.get("/report").text) == listed[:8]


def test_it_says_whether_the_scores_can_be_trusted(client: Client) -> None:
    text = client.get("/report?lang=en").text
    assert 'were in "Act now" 8 weeks before' in text
    assert 'href="/model-check"' in text
    assert '<a href="/report" aria-current="page"' in client.get("/report").text


def test_before_anybody_left_there_is_no_answer_and_no_chart(company: Populated) -> None:
    bundle = checked(company.bundle, NOBODY_LEFT)
    client = Client(application(company.settings, company.engine, bundle))
    text = client.get("/report?lang=en").text
    assert "there is no answer to check against" in text
    assert "chart answer" not in text


@pytest.mark.parametrize("language", ["ja", "en"])
def test_what_was_changed_stands_on_it_once_it_was_measured(tmp_path: Path, language: str) -> None:
    company = built_store(tmp_path, accounts=30, weeks=2)
    client = Client(application(company.settings, company.engine, checked(company.bundle)))
    assert 'href="/effect">' in client.get("/report").text
    assert "second-of" not in client.get("/report").text
    keep(company.settings, an_effect(4), datetime(2026, 11, 23))
    text = client.get("/report", params={"lang": language}).text
    said = {"en": "churn −36.0 points beside those", "ja": "解約率は対象外と比べて−36.0ポイント"}
    assert said[language] in text


def test_without_scores_it_says_what_is_missing(company: Populated) -> None:
    refused = NotReadyError("a model", "none", "Run `kenshin train`.")
    client = Client(application(company.settings, company.engine, refused))
    text = client.get("/report?lang=en", headers={"accept": "text/html"}).text
    assert "kenshin train" in text
    assert "need action" not in text


def test_a_stand_in_model_gives_no_reasons_but_the_report_stands(company: Populated) -> None:
    other = replace(checked(company.bundle), version="v99")
    answer = Client(application(company.settings, company.engine, other)).get("/report?lang=en")
    assert answer.status_code == 200
