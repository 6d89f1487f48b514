"""A server that runs on while an account is erased no longer knows it, and no page breaks."""

from pathlib import Path

import sqlalchemy as sa

from serving.app import create_app
from serving.store.schema import scores
from tests.builders.served import Client, served


def test_the_pages_of_a_running_server_forget_an_erased_account(tmp_path: Path) -> None:
    made = served(tmp_path, accounts=12, weeks=2)
    client = Client(create_app(made.settings, engine=made.engine))
    with made.engine.connect() as connection:
        newest = sa.select(scores.c.account_id, scores.c.name).order_by(scores.c.as_of.desc())
        account, name = connection.execute(newest.limit(1)).one()
    pages = (
        "/", "/portfolio.csv", "/model-check", "/leavers", "/alerts", "/report", "/segments",
        "/drivers",
    )  # fmt: skip
    before = "".join(client.get(path).text for path in pages)
    assert name in before
    whole = client.get("/segments.csv").text.splitlines()[1]
    assert client.request("DELETE", f"/v1/subjects/{account}?why=request").status_code == 200
    for path in pages:
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert name not in answer.text, path
        assert f"/accounts/{account}" not in answer.text, path
    left = client.get("/segments.csv").text.splitlines()[1]
    assert int(left.split(",")[2]) == int(whole.split(",")[2]) - 1
    made.engine.dispose()
