"""The page of what moves the scores of all."""

from dataclasses import replace

import numpy as np
import pytest
import sqlalchemy as sa

from serving.pages import drivers
from serving.pages.timeline import weekly
from serving.store.schema import scores
from serving.store.scores import numbers
from tests.builders.served import Client
from tests.builders.store import Populated
from tests.serving.pages.conftest import application, checked


def stored(company: Populated) -> tuple[np.ndarray, list[str]]:
    run = weekly(company.engine)[-1]
    query = sa.select(scores.c.points, scores.c.band, scores.c.top_reasons).where(
        scores.c.run_id == run.run_id, scores.c.points.is_not(None)
    )
    with company.engine.connect() as connection:
        rows = connection.execute(query).all()
    first = [
        row.top_reasons[0] for row in rows if row.top_reasons and row.band in ("red", "yellow")
    ]
    return np.stack([numbers(row.points) for row in rows]), first


def test_the_figures_are_those_of_the_stored_reasons(company: Populated) -> None:
    run = weekly(company.engine)[-1]
    groups = {feature.name: feature.group for feature in company.bundle.features}
    found = drivers.read(company.engine, run, groups)
    points, first = stored(company)
    assert found.looked_at == found.scored == len(points)
    assert found.unhealthy == len(first)
    for one in found.rows:
        column = points[:, run.feature_names.index(one.name)]
        assert one.mean == pytest.approx(np.abs(column).mean())
        assert one.lowers == (column <= -0.5).sum()
        assert one.raises == (column >= 0.5).sum()
        assert one.first == first.count(one.name)
    assert [one.mean for one in found.rows] == sorted((o.mean for o in found.rows), reverse=True)
    for group, mean in found.groups.items():
        inside = [groups.get(name, "profile") == group for name in run.feature_names]
        assert mean == pytest.approx(np.abs(points[:, inside].sum(axis=1)).mean())


def test_of_many_scores_some_are_looked_at_and_it_is_said(
    company: Populated, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drivers, "MOST", 20)
    client = Client(application(company.settings, company.engine, checked(company.bundle)))
    text = client.get("/drivers?lang=en").text
    assert f"Counted on 20 of {len(stored(company)[0])} scores" in text


@pytest.mark.parametrize(
    ("language", "words"),
    [("ja", ("スコアを最も動かしている", "原因の証明ではありません", "種類別")),
     ("en", ("What moves the scores most", "not proof of a cause", "By kind of signal"))],
)  # fmt: skip
def test_the_page_says_what_weighs_and_that_it_is_no_cause(
    client: Client, language: str, words: tuple[str, ...]
) -> None:
    text = client.get("/drivers", params={"lang": language}).text
    assert [one for one in words if one not in text] == []
    assert '<a href="/drivers" aria-current="page"' in text


def test_without_the_model_that_gave_them_there_are_no_reasons(company: Populated) -> None:
    other = replace(checked(company.bundle), version="v99")
    text = Client(application(company.settings, company.engine, other)).get("/drivers?lang=en").text
    assert "The reasons are no longer available: model v14" in text
