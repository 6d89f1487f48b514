"""What a browser or a proxy may do with an answer: nothing about a customer is kept unasked."""

from pathlib import Path

import pytest

from serving.app import create_app
from tests.builders.served import Client, served


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Client:
    made = served(Path(tmp_path_factory.mktemp("headers")), accounts=4, weeks=1)
    return Client(create_app(made.settings, engine=made.engine))


@pytest.mark.parametrize(
    "address",
    ["/v1/subjects/A00001", "/portfolio.csv", "/v1/accounts/nobody", "/metrics", "/no/such/page"],
)
def test_what_says_nothing_of_how_it_may_be_kept_is_kept_nowhere(
    client: Client, address: str
) -> None:
    assert client.get(address).headers["cache-control"] == "no-store"
    assert client.request("HEAD", address).headers["cache-control"] == "no-store"


@pytest.mark.parametrize("address", ["/", "/v1/accounts", "/v1/accounts.csv", "/openapi.json"])
def test_what_has_a_tag_is_kept_by_its_reader_and_asked_for_again(
    client: Client, address: str
) -> None:
    assert client.get(address).headers["cache-control"] == "private, no-cache"


@pytest.mark.parametrize("address", ["/static/kenshin.css", "/docs/swagger-ui.css"])
def test_files_that_are_the_same_for_everybody_may_be_kept(client: Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 200
    assert "etag" in answer.headers
    assert "no-store" not in answer.headers.get("cache-control", "")


def test_answers_to_posts_are_kept_by_nobody_anyway_and_say_nothing(client: Client) -> None:
    answer = client.post("/v1/predictions", {"accounts": [{"account_id": "A00001"}]})
    assert "cache-control" not in answer.headers
