"""What people say of accounts becomes no label, whatever they say and whenever.

That it becomes no feature is told in test_catalogue.py and test_planted_features.py.
"""

from typing import Any

import ibis
import pyarrow as pa
import pytest

from features import labels, spells
from features.settings import Churn, Settings
from features.sources import Tables
from tests.builders.company import Rows, random_company
from tests.builders.opinions import opinions_of
from tests.builders.tables import make_tables
from tests.features.truth.conftest import CUTS, END

SOURCES = ("subscriptions", "churns", "inactivity")


@pytest.fixture(scope="module")
def company() -> Rows:
    rows = random_company(13)
    ends = [(row["account_id"], row["ended_at"]) for row in rows["subscriptions"]]
    return rows | {"churns": [{"account_id": a, "churned_at": at} for a, at in ends if at]}


@pytest.fixture(scope="module")
def silent(company: Rows) -> Tables:
    return make_tables(END, **company)


@pytest.fixture(scope="module")
def said(company: Rows) -> Tables:
    return make_tables(END, **company, opinions=opinions_of(company, 13))


def outcomes(tables: Tables, source: Any) -> tuple[pa.Table, pa.Table]:  # noqa: ANN401
    """Return labels by two horizons, and departures, where churn is told by ``source``."""
    settings = Settings(churn=Churn(source=source))
    return labels.labels(tables, settings, CUTS, [180]), labels.departures(tables, settings)


@pytest.mark.parametrize("source", SOURCES)
def test_labels_and_departures_are_the_same_with_what_people_say_and_without(
    source: str, silent: Tables, said: Tables
) -> None:
    expected, left = outcomes(silent, source)
    assert {True, False} <= set(expected["churned"].to_pylist())
    assert left.num_rows > 5
    told, gone = outcomes(said, source)
    assert told.equals(expected)
    assert gone.equals(left)


def test_a_label_that_takes_a_word_for_a_departure_is_told(
    silent: Tables, said: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected, left = outcomes(silent, "subscriptions")
    of_contracts = spells.spells

    def heard(tables: Tables, settings: Settings) -> ibis.Table:
        found = of_contracts(tables, settings)
        words = tables["opinions"].filter(ibis._.opinion == "red")
        first = words.group_by(who="account_id").aggregate(at=words.stated_at.min())
        joined = found.left_join(first, found.account_id == first.who)
        ended = (joined["at"] > joined.started_at).ifelse(joined["at"], joined.ended_at)
        confirmed = joined.confirmed | joined["at"].notnull()
        return joined.mutate(ended_at=ended, confirmed=confirmed).select(*found.columns)

    monkeypatch.setattr(spells, "spells", heard)
    told, gone = outcomes(said, "subscriptions")
    assert not told.equals(expected)
    assert not gone.equals(left)


def test_nothing_can_be_heard_where_nobody_says_anything(silent: Tables) -> None:
    assert "opinions" not in silent
    with pytest.raises(KeyError):
        silent["opinions"]
