"""The page of segments: counted in the store, as a reader of the list would count them."""

import csv
import io
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from serving.pages import roster as rosters
from serving.pages.segments import FEW, OLDEST_TENURE, Segments, one_horizon_before, read
from serving.pages.timeline import Run, week_before, weekly
from serving.store.schema import scores
from tests.builders.served import Client
from tests.builders.store import Populated, built_store
from tests.serving.pages.conftest import application, checked
from training.intervals import wilson

DAYS = 90


@pytest.fixture(scope="module")
def runs(company: Populated) -> tuple[Run, ...]:
    return weekly(company.engine)


@pytest.fixture(scope="module")
def found(company: Populated, runs: tuple[Run, ...]) -> Segments:
    earlier = one_horizon_before(runs, DAYS)
    return read(company.engine, runs[-1], week_before(runs, runs[-1]), earlier)


def test_each_part_is_what_the_list_adds_up_to(
    company: Populated, runs: tuple[Run, ...], found: Segments
) -> None:
    now = rosters.read(company.engine, runs[-1])
    before = week_before(runs, runs[-1])
    assert before is not None
    last_week = rosters.read(company.engine, before)
    plans = found.of("plan")
    assert len(plans) > 1
    for part in plans:
        mine = np.array([plan == part.value for plan in now.text["plan"]])
        theirs = np.array([plan == part.value for plan in last_week.text["plan"]])
        assert part.accounts == mine.sum()
        assert part.red == (mine & (now.band == 0)).sum()
        assert part.red_before == (theirs & (last_week.band == 0)).sum()
        assert part.arr == pytest.approx(np.nansum(now.arr[mine]))
        assert part.loss == pytest.approx(np.nansum(now.loss[mine]))
        assert part.leaving == pytest.approx(np.nansum(now.probability[mine]))
    assert sum(part.accounts for part in plans) == found.whole.accounts == len(now)


def test_the_gone_are_those_of_a_horizon_ago_that_are_no_longer_there(
    company: Populated, runs: tuple[Run, ...], found: Segments
) -> None:
    earlier = one_horizon_before(runs, DAYS)
    assert earlier is not None
    assert abs(runs[-1].as_of - earlier.as_of - timedelta(days=DAYS)) <= timedelta(days=3.5)
    then, now = (rosters.read(company.engine, run) for run in (earlier, runs[-1]))
    gone = set(then.account_id) - set(now.account_id)
    assert gone
    assert (found.whole.then, found.whole.gone) == (len(then), len(gone))
    assert found.whole.interval == tuple(float(end) for end in wilson(len(gone), len(then)))
    by_plan = {part.value: part.gone for part in found.of("plan")}
    plan_of = dict(zip(then.account_id, then.text["plan"], strict=True))
    for plan, count in by_plan.items():
        assert count == sum(plan_of[account] == plan for account in gone)


def test_tenure_is_that_at_the_date_of_the_scores(
    company: Populated, runs: tuple[Run, ...]
) -> None:
    rows = sa.select(scores.c.customer_since).where(scores.c.run_id == runs[-1].run_id)
    with company.engine.connect() as connection:
        since = connection.execute(rows).scalars().all()
    edge = runs[-1].as_of - timedelta(days=730)
    part = {one.value: one for one in read(company.engine, runs[-1], None, None).parts
            if one.column == "tenure"}  # fmt: skip
    old = sum(at is not None and at <= edge for at in since)
    assert (part[OLDEST_TENURE].accounts if old else 0) == old


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_page_names_the_riskiest_and_leads_to_its_companies(
    client: Client, found: Segments, language: str
) -> None:
    text = client.get("/segments", params={"lang": language}).text
    plans = [one for one in found.of("plan") if one.accounts >= FEW]
    assert all(f'href="/?plan={one.value}#list"' in text for one in plans)
    assert {"ja": "想定損失の割合が最も大きい", "en": "The largest expected loss for its size"}[
        language
    ] in text
    assert {"ja": "原因の証明ではありません", "en": "not proof of a cause"}[language] in text
    assert '<a href="/segments" aria-current="page"' in text


def test_a_part_of_few_companies_is_no_finding(client: Client, found: Segments) -> None:
    text = client.get("/segments?lang=en").text
    small = [one for one in found.of("industry") if one.accounts < FEW]
    assert small, "the made-up company has small industries"
    assert text.count('<tr class="few">') >= len(small)


def test_the_csv_has_every_part_unrounded(client: Client, found: Segments) -> None:
    answer = client.get("/segments.csv")
    assert 'filename="segments-2026-11-20.csv"' in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert (rows[0]["column"], int(rows[0]["companies"])) == ("all", found.whole.accounts)
    assert float(rows[0]["expected_loss"]) == found.whole.loss
    assert {row["value"] for row in rows if row["column"] == "plan"} == {
        one.value for one in found.of("plan")
    }


def test_a_first_week_has_no_change_and_nobody_gone(tmp_path: Path) -> None:
    new = built_store(tmp_path, accounts=12, weeks=1)
    text = Client(application(new.settings, new.engine, checked(new.bundle))).get(
        "/segments?lang=en"
    )
    assert text.status_code == 200
    assert "There are no scores of one horizon ago yet" in text.text
    assert "Have left" not in text.text


def test_one_company_cannot_be_told_apart(tmp_path: Path) -> None:
    alone = built_store(tmp_path, accounts=1, weeks=1)
    client = Client(application(alone.settings, alone.engine, checked(alone.bundle)))
    assert "The companies cannot be told apart yet" in client.get("/segments?lang=en").text
    assert client.get("/report?lang=en").status_code == 200
