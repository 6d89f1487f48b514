"""The page of alerts: what is new since last week, each company once."""

from pathlib import Path

import numpy as np
import pytest

from serving.pages import roster as rosters
from serving.pages.alerts import alerts
from serving.pages.roster import Roster
from serving.pages.timeline import Run, week_before, weekly
from tests.builders.served import Client
from tests.builders.store import Populated, built_store
from tests.serving.pages.conftest import application, checked

RED, YELLOW, GREEN, NONE = range(4)
EDGE = 50.0


def week(company: Populated, **scores: float | None) -> Roster:
    """Return a roster of these accounts: red up to 50, green from 80, None without a score."""
    run: Run = weekly(company.engine)[-1]
    ids = tuple(scores)
    score = np.array([np.nan if s is None else s for s in scores.values()])
    band = [NONE if s is None else RED if s <= 50 else GREEN if s >= 80 else YELLOW
            for s in scores.values()]  # fmt: skip
    chance = (100 - score) / 100
    ten = np.full(len(ids), 10.0)
    return Roster(
        run=run, account_id=ids,
        text={name: tuple("ab"[at % 2] for at in range(len(ids)))
              for name in ("name", "name_en", "plan", "industry", "owner")},
        band=np.array(band, np.int8), score=score, probability=chance, arr=ten, loss=chance * 10,
        renewal_days=np.full(len(ids), np.nan), scorecard=np.full(len(ids), np.nan),
        place={one: at for at, one in enumerate(ids)}, search=ids, currency="JPY",
    )  # fmt: skip


def told(now: Roster, before: Roster, older: Roster | None = None) -> dict[str, list[str]]:
    found = alerts(now, before, older, EDGE).found
    return {rule: [now.account_id[at] for at in some] for rule, some in found.items() if len(some)}


def test_a_deep_fall_into_red_is_told_at_once_and_one_at_the_edge_after_two_weeks(
    company: Populated,
) -> None:
    before = week(company, deep=55, edge=52, twice=49, long=48, old=30)
    older = week(company, deep=56, edge=52, twice=53, long=49, old=60)
    now = week(company, deep=45, edge=49, twice=49, long=47, old=29)
    assert told(now, before, older) == {"turned_red": ["deep", "twice"]}
    flapping = week(company, edge=51)
    assert told(flapping, week(company, edge=49), week(company, edge=52)) == {}


def test_a_company_stands_once_under_the_gravest_rule_by_its_loss(company: Populated) -> None:
    before = week(company, a=90, b=95, c=90, d=91, e=70)
    now = week(company, a=20, b=84, c=60, d=82, e=None)
    assert told(now, before) == {"turned_red": ["a"], "fell": ["c", "b"], "lost_score": ["e"]}


def test_a_renewal_is_told_in_the_week_it_comes_within_a_month(company: Populated) -> None:
    before = week(company, far=70, now=70, past=70, well=90)
    today = week(company, far=70, now=70, past=70, well=90)
    today.renewal_days[:] = (31, 30, 23, 27)
    assert told(today, before) == {"renewal": ["now"]}


def test_those_of_one_owner_are_a_part_of_all(company: Populated) -> None:
    before = week(company, a=90, b=90, c=90)
    every = alerts(week(company, a=40, b=40, c=40), before, None, EDGE)
    assert len(every) == 3
    assert len(every.of("a")) + len(every.of("b")) == 3
    assert len(every.of("nobody")) == 0


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_page_tells_rule_meaning_and_action(
    company: Populated, client: Client, language: str
) -> None:
    timeline = weekly(company.engine)
    before = week_before(timeline, timeline[-1])
    assert before is not None
    older = week_before(timeline, before)
    now, last = (rosters.read(company.engine, run) for run in (timeline[-1], before))
    past = rosters.read(company.engine, older) if older else None
    found = alerts(now, last, past, EDGE)
    assert len(found), "the made-up company has something new"
    text = client.get("/alerts", params={"lang": language}).text
    for places in found.found.values():
        for at in places[:25]:
            assert f'href="/accounts/{now.account_id[at]}"' in text
    assert f"<b>{len(found)}</b>" in text
    assert {"ja": "すること：", "en": "What to do:"}[language] in text
    assert '<a href="/alerts" aria-current="page"' in text


def test_the_owner_is_chosen_in_the_address_and_a_strange_one_has_nothing(client: Client) -> None:
    text = client.get("/alerts", params={"lang": "en", "owner": "<b>nobody"}).text
    assert "Nothing new since" in text
    assert "<b>nobody" not in text
    assert 'name="owner"' in text


def test_with_one_week_of_scores_nothing_can_be_new(tmp_path: Path) -> None:
    new = built_store(tmp_path, accounts=12, weeks=1)
    client = Client(application(new.settings, new.engine, checked(new.bundle)))
    assert "so nothing can be new" in client.get("/alerts?lang=en").text
