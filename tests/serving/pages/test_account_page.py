import html
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from serving.pages import account_words
from serving.pages.numbers import Numbers
from serving.pages.reader import Reader
from serving.pages.similar import PastReasons, past_run, similar
from serving.pages.timeline import weekly
from serving.store.scores import known_accounts, rows_of, runs
from tests.builders.served import Client
from tests.builders.small_catalogue import EVALUATION
from tests.builders.store import Populated
from tests.serving.pages.conftest import application, checked
from training.seal import write_json

WATERFALL = re.compile(r'<table class="waterfall">.*?</table>', re.S)
POINTS = re.compile(r'<td class="right[^"]*"[^>]*>([^<]+)</td>')
CHANGES = re.compile(r'<ul class="changes">.*?</ul>', re.S)
CHANGE = re.compile(r'data-tenths="(-?\d+)"')
BIG = re.compile(r'<span class="figure">([^<]+)</span>')


def number(text: str) -> int:
    """Return a printed number in tenths."""
    return round(float(text.strip().replace("−", "-").replace("±", "")) * 10)


def plain(page: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", page))


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_printed_points_add_up_on_the_page_of_every_account(
    client: Client, company: Populated, language: str
) -> None:
    pages = 0
    for account in known_accounts(company.engine):
        page = client.get(f"/accounts/{account}?lang={language}")
        assert page.status_code == 200
        assert f'<html lang="{language}">' in page.text
        table = WATERFALL.search(page.text)
        if table is None:
            assert BIG.findall(page.text) == ["–"]
            continue
        *parts, total = [number(text) for text in POINTS.findall(table.group())]
        assert sum(parts) == total
        assert abs(total / 10 - int(BIG.findall(page.text)[0])) <= 1
        pages += 1
    assert pages > 60


def test_the_changes_on_the_page_add_up_too(client: Client, company: Populated) -> None:
    seen = 0
    for account in known_accounts(company.engine)[:25]:
        text = client.get(f"/accounts/{account}?lang=en").text
        block = CHANGES.search(text)
        shown = re.search(r'class="total">([\d.]+) → <b>([\d.]+)</b>', text)
        if block and shown:
            moved = sum(int(tenths) for tenths in CHANGE.findall(block.group()))
            assert moved == number(shown[2]) - number(shown[1])
            seen += 1
    assert seen > 12


def test_an_account_that_left_shows_its_last_state_and_says_so(
    client: Client, company: Populated
) -> None:
    account = next(iter(company.left_at))
    page = client.get(f"/accounts/{account}?lang=en")
    assert page.status_code == 200
    assert "not in the latest run" in page.text


LEFT = {"left_at": "2026-09-02T15:00:00", "confirmed": True, "reason": "price"}


@pytest.mark.parametrize(
    ("departure", "language", "said"),
    [
        (LEFT, "ja", "この会社は2026年9月2日に解約しました。解約理由は「価格」です。以下は"),
        (LEFT, "en", "This company left on Sep 2, 2026. Reason given: price. What follows"),
        ({**LEFT, "reason": "<i>moved"}, "en", "Reason given: &lt;i&gt;moved."),
        ({**LEFT, "reason": None}, "en", "This company left on Sep 2, 2026. What follows"),
        ({**LEFT, "confirmed": False}, "en", "it counts as left unless it returns within"),
    ],
)
def test_an_account_that_left_tells_the_day_and_the_reason(
    company: Populated, departure: dict[str, Any], language: str, said: str
) -> None:
    account = next(iter(company.left_at))
    file = company.settings.workspace / "departures.json"
    write_json(file, {"departures": [{"account_id": account, **departure}]})
    try:
        asking = Client(application(company.settings, company.engine, checked(company.bundle)))
        assert said in asking.get(f"/accounts/{account}?lang={language}").text
        assert said not in asking.get(f"/accounts/A00002?lang={language}").text
    finally:
        file.unlink()


def test_one_that_left_is_recommended_nothing(client: Client, company: Populated) -> None:
    left = next(iter(company.left_at))
    page = client.get(f"/accounts/{left}?lang=en").text
    assert 'id="why"' in page
    for section in ("play", "similar", "override"):
        assert f'id="{section}"' not in page
        assert f'id="{section}"' in client.get("/accounts/A00002?lang=en").text


def test_an_unknown_account_is_a_page_that_says_so(client: Client) -> None:
    page = client.get("/accounts/%3Cscript%3Ealert(1)%3C%2Fscript%3E?lang=ja")
    assert page.status_code == 404
    assert "会社が見つかりません" in page.text
    assert "<script>alert" not in page.text


def test_a_withheld_score_says_why_and_shows_no_reasons(client: Client, company: Populated) -> None:
    latest = rows_of(company.engine, runs(company.engine)[-1]["run_id"])
    account = next(row["account_id"] for row in latest if row["band"] == "no_data")
    page = client.get(f"/accounts/{account}?lang=en").text
    assert "there is no usage data" in page
    assert WATERFALL.search(page) is None
    assert "Recommended play" in page


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (["No use", "No use", "No survey", "No use", "No ticket"], "No use, No survey and 1 more"),
        (["No use", "No use"], "No use"),
        ([], ""),
    ],
)
def test_what_several_signals_miss_for_one_cause_is_named_once(
    labels: list[str], said: str
) -> None:
    assert account_words._few(labels, Reader("en", Numbers("en", "JPY"))) == said


def test_the_natural_frequency_stands_next_to_its_interval_and_the_base_rate(
    client: Client,
) -> None:
    row = client.get("/?band=red&lang=en").text
    account = re.findall(r"/accounts/(A\d+)", row)[-1]
    page = plain(client.get(f"/accounts/{account}?lang=en").text)
    assert re.search(r"Of 100 companies in this state about \d+ leave within 90 days", page)
    assert re.search(r"score range it was \d+ to \d+ of 100", page)
    assert "(all companies: 3.5 of 100)" in page


@pytest.mark.parametrize(
    ("predicted", "said"), [(0.9, "Fewer left than predicted"), (0.0, "More left"), (0.5, "")]
)
def test_a_prediction_outside_what_happened_is_not_passed_over(
    company: Populated, predicted: float, said: str
) -> None:
    ranges = [
        one | {"rows": 40, "predicted": predicted, "observed": 0.5, "interval": [0.4, 0.6]}
        for one in EVALUATION["ranges"]
    ]
    bundle = replace(company.bundle, evaluation={**EVALUATION, "ranges": ranges})
    client = Client(application(company.settings, company.engine, bundle))
    page = client.get("/accounts/A00002?lang=en").text
    assert 'id="trust"' in page
    assert ("beyond chance" in page) is bool(said)
    assert said in page


def test_the_recommended_play_and_the_next_in_the_queue_are_there(client: Client) -> None:
    account = re.findall(r'scope="row"><a href="/accounts/(A\d+)', client.get("/?band=red").text)[0]
    page = client.get(f"/accounts/{account}?lang=en").text
    assert re.search(r"No\. 1 of \d+ to act on", page)
    assert re.search(r'rel="next" href="/accounts/A\d+"', page)
    assert "If one signal were as usual" in page


def test_similar_cases_are_the_nearest_half_a_year_ago_and_their_outcome_is_from_the_runs(
    company: Populated,
) -> None:
    timeline = weekly(company.engine)
    then = past_run(timeline, 90)
    assert then is not None
    past = PastReasons(company.engine).of(then)
    own = past.points[0].astype(float)
    points = dict(zip(then.feature_names, own.tolist(), strict=True))
    found = similar(company.engine, past, timeline, past.account_ids[0], points, 90)
    assert found is not None
    assert past.account_ids[0] not in {case.account_id for case in found.cases}
    order = np.argsort(((past.points[1:] - past.points[0]) ** 2).sum(axis=1), kind="stable")
    nearest = [past.account_ids[1:][at] for at in order[:6]]
    assert [case.account_id for case in found.cases[:6]] == nearest
    for case in found.cases:
        left_at = company.left_at.get(case.account_id)
        assert (case.left_after_weeks is None) == (left_at is None or left_at > company.as_of)
        if case.left_after_weeks is not None and left_at is not None:
            assert case.left_after_weeks == (left_at - then.as_of).days // 7


def test_no_past_run_is_old_enough_at_the_beginning(company: Populated) -> None:
    assert past_run(weekly(company.engine)[-8:], 90) is None
    assert past_run((), 90) is None
