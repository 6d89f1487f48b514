"""The form by which a person holds another band against a score."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
import sqlalchemy as sa

from features.clock import utc_now
from serving.pages.numbers import Numbers
from serving.store.schema import overrides
from tests.builders.served import Client
from tests.builders.store import Populated, built_store
from tests.serving.pages.conftest import application, checked

OWN = {"Origin": "http://here"}
UNTIL = (utc_now().date() + timedelta(days=20)).isoformat()


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Populated]:
    company = built_store(Path(tmp_path_factory.mktemp("override")), accounts=12, weeks=2)
    yield company
    company.engine.dispose()


@pytest.fixture(scope="module")
def client(small: Populated) -> Client:
    return Client(application(small.settings, small.engine, checked(small.bundle)))


def send(client: Client, headers: dict[str, str] | None = None, **fields: str) -> httpx.Response:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    body = urlencode({"account_id": "A00001", **fields}).encode()
    return client.request("POST", "/override", headers=kind | (headers or OWN), body=body)


def count(company: Populated) -> int:
    with company.engine.connect() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(overrides)).scalar_one()


def offered(client: Client) -> str:
    """Return a band that the account's form offers: another than the model's."""
    page = client.get("/accounts/A00001?lang=en").text
    bands = [band for band in ("red", "yellow", "green") if f'name="band" value="{band}"' in page]
    assert len(bands) == 2
    return bands[0]


def test_it_is_kept_shown_beside_the_number_and_taken_back(
    client: Client, small: Populated
) -> None:
    answer = send(client, band=offered(client), reason=" <b>合併</b> \0", until=UNTIL)
    assert (answer.status_code, answer.headers["location"]) == (303, "/accounts/A00001#override")
    page = client.get("/accounts/A00001?lang=en").text
    hero = page[page.index('class="hero') : page.index('class="frequency"')]
    assert 'class="figure"' in hero
    assert "&lt;b&gt;合併&lt;/b&gt;" in hero
    until = Numbers("en", "JPY").full_date(UNTIL)
    assert re.search(rf"Somebody without a key, from \w+ \d+, \d{{4}} until {until}", hero)
    assert "A person holds: " in client.get("/?lang=en").text
    assert send(client, do="withdraw").status_code == 303
    after = client.get("/accounts/A00001?lang=ja").text
    assert "に取り消し" in after
    assert 'id="held"' not in after


@pytest.mark.parametrize(
    "fields",
    [
        {"band": ""},
        {"band": "blue"},
        {"reason": " "},
        {"until": ""},
        {"until": "2020-01-01"},
    ],
)
def test_what_lacks_a_band_a_reason_or_an_end_is_refused_in_words(
    client: Client, small: Populated, fields: dict[str, str]
) -> None:
    before = count(small)
    right = {"band": offered(client), "reason": "because", "until": UNTIL}
    answer = send(client, None, **(right | fields))
    assert answer.status_code == 422
    assert "<html" in answer.text
    assert count(small) == before


def test_a_form_of_another_site_is_refused(client: Client, small: Populated) -> None:
    before = count(small)
    answer = send(client, {"Origin": "http://elsewhere.test"}, band="red", reason="x", until=UNTIL)
    assert answer.status_code == 403
    assert count(small) == before
