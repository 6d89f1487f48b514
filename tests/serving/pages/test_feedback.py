import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
import sqlalchemy as sa

from serving.feedback import Said, keep
from serving.pages.forms import LARGEST_FORM
from serving.store.engine import writing
from serving.store.schema import api_keys, feedback
from serving.store.scores import history
from tests.builders.served import Client
from tests.builders.store import Populated, built_store
from tests.serving.pages.conftest import application, checked

OWN = {"Origin": "http://here"}
AT = datetime(2026, 11, 3)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Populated]:
    company = built_store(Path(tmp_path_factory.mktemp("feedback")), accounts=12, weeks=2)
    yield company
    company.engine.dispose()


@pytest.fixture(scope="module")
def client(small: Populated) -> Client:
    return Client(application(small.settings, small.engine, checked(small.bundle)))


def send(
    client: Client, fields: dict[str, str], headers: dict[str, str] | None = None
) -> httpx.Response:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    body = urlencode(fields).encode()
    return client.request("POST", "/feedback", headers=kind | (headers or OWN), body=body)


def rows(company: Populated) -> list[sa.Row[tuple[object, ...]]]:
    with company.engine.connect() as connection:
        return list(connection.execute(sa.select(feedback).order_by(feedback.c.feedback_id)))


def score_id(company: Populated) -> str:
    return str(history(company.engine, "A00001")[-1]["score_id"])


def test_feedback_is_kept_with_its_score_and_shown_to_the_next_reader(
    client: Client, small: Populated
) -> None:
    fields = {"score_id": score_id(small), "verdict": "partly", "signal": "nps_latest",
              "note": " <b>合併</b>の話がある \0"}  # fmt: skip
    answer = send(client, fields)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/accounts/A00001?thanks=1#feedback"
    kept = rows(small)[-1]
    assert (kept.account_id, kept.verdict, kept.feature) == ("A00001", "partly", "nps_latest")
    assert kept.note == "<b>合併</b>の話がある"
    page = client.get("/accounts/A00001?thanks=1&lang=ja").text
    assert 'role="status"' in page
    assert "&lt;b&gt;合併&lt;/b&gt;の話がある" in page
    assert kept.by == "local"
    assert re.search(r'class="muted">キーなしの利用者 · \d{4}年', page)


@pytest.mark.parametrize(
    ("by", "shown"),
    [("0123456789abcdef", "crm &lt;sync&gt; · "), ("gone", "gone · "), (None, "")],
)
def test_feedback_tells_what_the_key_of_its_author_is_called(
    client: Client, small: Populated, by: str | None, shown: str
) -> None:
    key = {"key_id": "0123456789abcdef", "name": "crm <sync>", "secret_sha256": "0" * 64,
           "scopes": [], "created_at": AT, "created_by": "local"}  # fmt: skip
    with writing(small.engine) as connection:
        connection.execute(sa.delete(feedback))
        connection.execute(sa.delete(api_keys))
        connection.execute(sa.insert(api_keys).values(**key))
        keep(connection, "A00001", score_id(small), Said(AT, "agree", None, None, by))
    page = client.get("/accounts/A00001?lang=en").text
    with writing(small.engine) as connection:
        connection.execute(sa.delete(api_keys))
    assert f'class="muted">{shown}Nov 3, 2026' in page


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://elsewhere.test"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://here"},
        {"X-Nothing": "said"},
    ],
)
def test_a_form_of_another_site_is_refused(
    client: Client, small: Populated, headers: dict[str, str]
) -> None:
    before = len(rows(small))
    answer = send(client, {"score_id": score_id(small), "verdict": "agree"}, headers)
    assert answer.status_code == 403
    assert len(rows(small)) == before


def test_a_browser_behind_a_proxy_is_believed_when_it_says_same_origin(
    client: Client, small: Populated
) -> None:
    headers = {"Sec-Fetch-Site": "same-origin", "Origin": "https://kenshin.example"}
    assert send(client, {"score_id": score_id(small), "verdict": "agree"}, headers).is_redirect


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"score_id": "unknown"}, 404),
        ({"verdict": "perhaps"}, 422),
        ({"signal": "no_such_signal"}, 422),
        ({"note": "x" * LARGEST_FORM}, 422),
    ],
)
def test_what_the_form_does_not_offer_is_refused_with_a_page(
    client: Client, small: Populated, change: dict[str, str], status: int
) -> None:
    before = len(rows(small))
    answer = send(client, {"score_id": score_id(small), "verdict": "agree"} | change)
    assert answer.status_code == status
    assert "<h1>" in answer.text
    assert len(rows(small)) == before


def test_a_long_note_is_cut_to_what_is_kept(client: Client, small: Populated) -> None:
    note = "長" * 700
    assert send(client, {"score_id": score_id(small), "verdict": "agree", "note": note}).is_redirect
    assert rows(small)[-1].note == "長" * 500
