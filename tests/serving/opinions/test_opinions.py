"""Opinions beside the score: found at their instant, told on the page, and in no feature."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, cast

import ibis
import pyarrow as pa
import pytest

from features.catalogue import everything
from features.settings import Churn, Settings
from features.sources import Tables
from serving import kept_answers
from serving.app import create_app
from serving.opinions import words
from serving.opinions.cases import compared
from serving.overrides import kept as overrides
from serving.overrides.override import Override
from serving.store.engine import writing
from serving.store.scores import latest_run, rows_of
from tests.builders.answers import gone, week, weekly
from tests.builders.served import Client, Served, served
from tests.builders.stores import STORES, store_of
from tests.serving.pages.conftest import ANSWER_CHECK
from training.answer_check.judged import SEGMENTS

UNTIL = week(60)


@pytest.fixture(scope="module", params=STORES)
def company(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    with store_of(request) as url:
        made = served(tmp_path_factory.mktemp("opinions"), accounts=12, weeks=2, store_url=url)
        yield made
        made.engine.dispose()


def tables(stated: list[tuple[str, datetime, str]] | None) -> Tables:
    """Return tables that have these opinions, or no such table; nothing else is asked of them."""
    if stated is None:
        return cast(Tables, {})
    types = (pa.string(), pa.timestamp("us"), pa.string())
    names = ("account_id", "stated_at", "opinion")
    rows = [dict(zip(names, row, strict=True)) for row in stated]
    table = pa.Table.from_pylist(rows, schema=pa.schema(list(zip(names, types, strict=True))))
    return cast(Tables, {"opinions": ibis.memtable(table)})


def scores(lines: dict[str, str]) -> pa.Table:
    table = weekly(lines)
    for name in SEGMENTS:
        table = table.append_column(name, pa.array(["one"] * len(table), pa.string()))
    return table


def told(
    company: Served,
    stated: list[tuple[str, datetime, str]] | None,
    lines: dict[str, str],
    left: dict[str, datetime],
) -> dict[str, Any]:
    settings = Settings(root=company.settings.root, churn=Churn(horizon_days=90))
    return compared(settings, company.engine, tables(stated), scores(lines), gone(left), UNTIL)


def test_an_opinion_stands_beside_the_score_in_force_when_it_was_stated(company: Served) -> None:
    late = timedelta(days=3)
    stated = [
        ("a", week(1) + late, " Red "),  # red then by the model as well; left
        ("b", week(1) + late, "green"),  # model red; left
        ("c", week(0) - late, "red"),  # no score yet
        ("d", week(1) + late, "red"),  # withheld
        ("e", week(40), "red"),  # its last score is old
        ("a", week(30), "so so"),  # not one of the words
    ]
    lines = {"a": "gr", "b": "rr", "c": "gg", "d": "--", "e": "rr"}
    found = told(company, stated, lines, {"a": week(5), "b": week(5)})["opinions"]
    assert (found["cases"], found["without_score"], found["unknown_words"]) == (2, 3, 1)
    assert (found["person"]["right"], found["model"]["right"]) == (1, 2)


def test_without_such_a_table_it_says_so(company: Served) -> None:
    found = told(company, None, {"a": "gg"}, {})
    assert found["opinions"] is None
    assert "has no opinions" in words.sentences("opinions", None, "en")[0]
    assert "opinions テーブル" in words.sentences("opinions", None, "ja")[0]


def test_an_override_is_judged_against_the_score_it_was_held_against(company: Served) -> None:
    assert told(company, None, {"a": "gg"}, {})["overrides"] is None
    run = latest_run(company.engine, "issued")
    assert run is not None
    row = next(one for one in rows_of(company.engine, run["run_id"]) if one["band"] == "green")
    said = Override(week(1), "hana", "red", week(1).date(), "their sponsor left")
    with writing(company.engine) as connection:
        overrides.keep(connection, row, said, "0" * 64)
    found = told(company, None, {"a": "gg"}, {row["account_id"]: week(3)})["overrides"]
    assert (found["cases"], found["only_person"], found["only_model"]) == (1, 1, 0)


def test_no_feature_is_made_from_opinions() -> None:
    needed = {need.partition(".")[0] for one in everything(Settings()) for need in one.needs}
    assert "surveys" in needed
    assert "opinions" not in needed


@pytest.mark.parametrize(
    ("language", "finding"),
    [("ja", "担当者の見立て（opinions テーブル）がない"), ("en", "has no opinions")],
)
def test_the_page_tells_it_in_both_languages(company: Served, language: str, finding: str) -> None:
    stated = [(f"a{i}", week(1), "red") for i in range(30)]
    lines = {f"a{i}": "gg" for i in range(30)}
    found = told(company, stated, lines, {f"a{i}": week(4) for i in range(30)})
    client = Client(create_app(company.settings, engine=company.engine))
    kept_answers.keep(company.settings, {**ANSWER_CHECK, "judgements": found}, week(60))
    page = client.get(f"/model-check?lang={language}").text
    assert words.sentences("opinions", found["opinions"], language)[0] in page  # type: ignore[arg-type]
    assert "30" in page[page.index('id="judgements"') :]
    document = client.get("/v1/answer-check").json()["answer_check"]["judgements"]
    assert document["opinions"]["more_often"] == "person"
    without = {"opinions": None, "overrides": None}
    kept_answers.keep(company.settings, {**ANSWER_CHECK, "judgements": without}, week(61))
    assert finding in client.get(f"/model-check?lang={language}").text
