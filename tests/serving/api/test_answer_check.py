"""The answer check over HTTP, and that the page shows the same figures."""

import re
from datetime import datetime
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from serving.app import create_app
from serving.kept_answers import Kept, keep
from serving.store.promotions import Change, record_promotion
from tests.builders.answers import acted, gone, week, weekly
from tests.builders.served import Client, Served, served
from training.answer_check import answer_check, beside, timelines
from training.answer_check.rules import Rules

LEFT = {
    **{f"r{i}": "g" * 17 + "r" * 10 for i in range(13)},
    **{f"g{i}": "g" * 27 for i in range(4)},
}
STAYED = {f"s{i}": "r" * 27 if i < 9 else "g" * 27 for i in range(60)}
GONE = gone(dict.fromkeys(LEFT, week(27)))


def checked() -> dict[str, Any]:
    lines = timelines(weekly({**LEFT, **STAYED}, plan="Team", model_version="v1", kind="issued"))
    card = timelines(weekly({name: bands.replace("r", "y") for name, bands in LEFT.items()}))
    found = answer_check(lines, GONE, actions=acted({"s1": week(1)}), until=week(30))
    side = beside(lines, card, GONE, Rules(), name="scorecard", until=week(30))
    return found | {"beside": [side]}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Served:
    made = served(Path(tmp_path_factory.mktemp("checked")), accounts=20, weeks=2)
    keep(made.settings, checked(), datetime(2026, 11, 20))
    change = Change(
        datetime(2026, 11, 3), "hanako", "promoted", "v0", "v1", "Better in October.", {}
    )
    record_promotion(made.engine, change)
    return made


@pytest.fixture(scope="module")
def client(company: Served) -> Client:
    return Client(create_app(company.settings, engine=company.engine))


@pytest.fixture(scope="module")
def document(client: Client) -> dict[str, Any]:
    answer = client.get("/v1/answer-check")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def percent(share: float) -> str:
    return f"{100 * share:.0f}%"


def page(client: Client) -> str:
    return unescape(re.sub(r"\s+", " ", client.get("/model-check?lang=en").text))


def test_it_says_which_version_is_live_since_when_and_why(
    client: Client, document: dict[str, Any]
) -> None:
    live = document["live"]
    assert (live["version"], live["at"], live["by"]) == ("v1", "2026-11-03T00:00:00Z", "hanako")
    for said in ("v1 is live since Nov 3, 2026", "Better in October.", "Promoted (hanako)"):
        assert said in page(client)


def test_the_gate_speaks_the_language_of_the_page(tmp_path: Path) -> None:
    made = served(tmp_path, accounts=5, weeks=1)
    gate = {"gate": {"sentence": "Every check passed.", "sentence_ja": "すべて合格。"}}
    change = Change(
        datetime(2026, 11, 3), "hanako", "trained", None, "v1", "Every check passed.", gate
    )
    record_promotion(made.engine, change)
    client = Client(create_app(made.settings, engine=made.engine))
    japanese = client.get("/model-check?lang=ja").text
    assert "すべて合格。" in japanese
    assert "Every check passed." not in japanese
    made.engine.dispose()


def test_page_and_api_agree_on_every_figure(client: Client, document: dict[str, Any]) -> None:
    shown, check = page(client), document["answer_check"]
    for line in check["weeks"]:
        cells = "".join(
            f'<td class="right">{line[band]}</td>' for band in ("red", "yellow", "green", "no_data")
        )
        assert f'<th scope="row">{line["weeks"]}</th>{cells}' in shown
    verdict = check["verdict"]
    assert f"{verdict['green']} of {verdict['scored']} that left were green 8 weeks" in shown
    assert f"The {len(check['misses'])} we missed" in shown
    for one in (*check["outcomes"], check["alerts"]["all"], check["alerts"]["contacted"]):
        assert f"{one['left']} of {one['accounts']}</td>" in shown
        assert f"<b>{100 * one['share']:.1f}%</b>" in shown
    assert f"{check['alerts']['saved']} contacted stayed" in shown
    assert f"{check['alerts']['false_alarms']} stayed without contact" in shown
    for line in (*check["segments"], *check["versions"]):
        assert f'{line["value"]}</th><td class="right">{line["scored"]}</td>' in shown
        assert f"{line['alerts']['left']} of {line['alerts']['accounts']}</small>" in shown
    (side,) = check["beside"]
    for who in ("ours", "theirs"):
        assert f'<td class="right">{percent(side[who]["green_share"])}<small>' in shown
    for name in ("auc", "average_precision"):
        assert f"{document['judged']['metrics'][name]['value']:.3f}" in shown


def test_a_saved_red_is_no_false_alarm_on_the_page(document: dict[str, Any]) -> None:
    alerts = document["answer_check"]["alerts"]
    assert (alerts["saved"], alerts["false_alarms"]) == (1, 8)


def test_the_answer_is_tagged_and_takes_no_parameters(client: Client) -> None:
    tag = client.get("/v1/answer-check").headers["etag"]
    assert client.get("/v1/answer-check", headers={"If-None-Match": tag}).status_code == 304
    assert client.get("/v1/answer-check?lang=ja").status_code == 422


def test_without_a_kept_check_that_of_training_is_shown(company: Served) -> None:
    kept = Kept(company.settings)
    found = kept.shown(company.bundle)
    assert found is not None
    assert (found["source"], found["made_at"]) == ("store", "2026-11-20T00:00:00")
