"""The table of what leavers had not done over HTTP."""

from dataclasses import replace
from typing import Any, cast

from serving.app import create_app
from serving.champion import Champion
from tests.builders.leavers import LEAVERS
from tests.builders.served import Client, Served
from training.bundle import Bundle


class _Serving:
    def __init__(self, bundle: Bundle) -> None:
        self.current = bundle

    def watch(self) -> None: ...

    def stop(self) -> None: ...


def test_the_answer_has_the_numbers_of_the_page(client: Client) -> None:
    answer = client.get("/v1/leavers")
    document: dict[str, Any] = answer.json()
    assert document.pop("model_version") == "v1"
    assert document.pop("horizon_days") == 90
    assert document == LEAVERS
    tag = answer.headers["etag"]
    assert client.get("/v1/leavers", headers={"If-None-Match": tag}).status_code == 304


def test_a_model_older_than_the_table_is_a_problem_with_a_way_out(company: Served) -> None:
    evaluation = {**company.bundle.evaluation, "leavers": None}
    older = cast(Champion, _Serving(replace(company.bundle, evaluation=evaluation)))
    made = create_app(company.settings, engine=company.engine, champion=older)
    answer = Client(made).get("/v1/leavers")
    assert answer.status_code == 503
    assert "kenshin leavers" in answer.text


def test_an_unknown_parameter_is_refused(client: Client) -> None:
    assert client.get("/v1/leavers?limit=3").status_code == 422
