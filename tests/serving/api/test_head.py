"""HEAD asks what GET asks, needs what GET needs, and answers without a body."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from features.clock import utc_now
from serving.access import keys
from serving.app import create_app
from tests.builders.served import Client, served

ADDRESSES = ("/v1/model", "/v1/accounts", "/v1/accounts.csv", "/", "/v1/subjects/A00001", "/livez",
             "/v1/nothing", "/v1/predictions")  # fmt: skip


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Client, dict[str, str]]]:
    made = served(Path(tmp_path_factory.mktemp("head")), accounts=6, weeks=2)
    given = {"": ""}
    for scope in ("read", "feedback", "admin"):
        made_key = keys.create(made.engine, scope, (scope,), now=utc_now(), by="tests")
        given[scope] = f"Bearer {made_key.token.text}"
    yield Client(create_app(made.settings, engine=made.engine)), given
    made.engine.dispose()


@pytest.mark.parametrize("scope", ["", "read", "feedback", "admin"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_it_is_answered_as_get_is_and_says_nothing(
    asked: tuple[Client, dict[str, str]], address: str, scope: str
) -> None:
    client, given = asked
    headers = {"Authorization": given[scope]} if scope else {}
    head = client.request("HEAD", address, headers=headers)
    get = client.request("GET", address, headers=headers)
    assert head.status_code == get.status_code
    assert head.headers.get("content-type") == get.headers.get("content-type")
    if head.status_code == 200:
        assert head.content == b""


def test_a_key_that_may_only_read_gets_no_subject_by_its_head(
    asked: tuple[Client, dict[str, str]],
) -> None:
    client, given = asked
    headers = {"Authorization": given["read"]}
    assert client.request("HEAD", "/v1/subjects/A00001", headers=headers).status_code == 403
