"""A model may be gone from the workspace; its numbers stay, its reasons cannot be read."""

import re
from dataclasses import replace

import pytest
import sqlalchemy as sa

from serving.store.schema import runs, scores
from tests.builders.served import Client
from tests.builders.store import Populated
from tests.serving.pages.conftest import application, checked

GONE = "The reasons are no longer available"


@pytest.fixture(scope="module")
def successor(company: Populated) -> Client:
    """Return the pages as another model serves them, whose categories have other codes."""
    industries = company.bundle.categories["industry"]
    other = replace(
        checked(company.bundle),
        version="v99",
        categories={**company.bundle.categories, "industry": tuple(reversed(industries))},
    )
    return Client(application(company.settings, company.engine, other))


@pytest.fixture(scope="module")
def red(company: Populated) -> sa.RowMapping:
    query = (
        sa.select(scores)
        .join(runs, runs.c.run_id == scores.c.run_id)
        .where(scores.c.band == "red", runs.c.kind == "issued")
        .order_by(runs.c.as_of.desc(), scores.c.account_id)
    )
    with company.engine.connect() as connection:
        found = connection.execute(query).mappings().first()
    assert found is not None
    return found


def test_an_account_keeps_number_and_band_and_loses_the_reasons(
    successor: Client, client: Client, red: sa.RowMapping
) -> None:
    address = f"/accounts/{red['account_id']}?lang=en"
    before, after = client.get(address), successor.get(address)
    assert (before.status_code, after.status_code) == (200, 200)
    number = f'<span class="figure">{red["health_score"]}</span>'
    assert number in before.text
    assert number in after.text
    assert 'class="hero card red"' in after.text
    assert 'class="waterfall"' in before.text
    assert 'class="waterfall"' not in after.text
    assert GONE not in before.text
    assert GONE in after.text


def test_the_list_gives_no_reason_that_another_model_would_read_otherwise(
    successor: Client, client: Client
) -> None:
    before, after = client.get("/?lang=en"), successor.get("/?lang=en")
    assert (before.status_code, after.status_code) == (200, 200)
    assert GONE not in before.text
    assert GONE in after.text
    numbers = re.compile(r'<span class="tile-number">(.*?)<')
    assert numbers.findall(after.text) == numbers.findall(before.text)
    whys = re.compile(r'<td class="why">(.*?)</td>')
    assert any(why != '<span class="muted">–</span>' for why in whys.findall(before.text))
    assert set(whys.findall(after.text)) == {'<span class="muted">–</span>'}
