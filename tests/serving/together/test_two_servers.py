"""Two real servers over one store and one workspace: what one does the other knows."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import sqlalchemy as sa

from features.clock import utc_now
from features.settings import Settings, load_settings
from serving import audit
from serving.access import keys
from serving.store.engine import newest_revision, open_store
from serving.store.schema import feedback
from tests.builders.postgres import elsewhere
from tests.builders.served import WHEN, Served, shipped
from tests.builders.server import Server, running
from tests.builders.store import AS_OF, populate, settings_in
from tests.builders.stores import STORES
from training import bundle as shipping

pytestmark = pytest.mark.scale

ACCOUNT = "A00001"
READ = f"/v1/accounts/{ACCOUNT}"
PREDICTION = {"accounts": [{"account_id": ACCOUNT}]}
PAIRS = 25


@dataclass
class Pair:
    """Two servers that were started at once on a store without a table, and what they serve."""

    made: Served
    clients: tuple[httpx.Client, httpx.Client]

    def each(self, ask: Callable[[httpx.Client], httpx.Response]) -> list[httpx.Response]:
        """Ask both in the same moment."""
        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(ask, self.clients))

    def waited(self, client: httpx.Client, holds: Callable[[httpx.Client], bool]) -> float:
        """Return after how many seconds something holds at one of them."""
        began = time.monotonic()
        while not holds(client):
            assert time.monotonic() < began + 60, "one server never learns what the other did"
            time.sleep(0.02)
        return time.monotonic() - began


@pytest.fixture(scope="module", params=STORES)
def pair(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("together")
    with ExitStack() as opened:
        said = '[company]\nname = "Kenshin Demo"\n'
        if request.param == "postgresql":
            url = opened.enter_context(elsewhere(request.getfixturevalue("postgres_server")))
            said += f'[store]\nurl = "{url}"\n'
        (folder / "kenshin.toml").write_text(said, encoding="utf-8")
        settings = settings_in(folder)
        bundle = shipped(settings, "v1")
        shipped(settings, "v2", seed=5)
        shipping.crown(settings, "v1", WHEN)
        servers = _at_once(folder, opened)
        engine = open_store(told_settings(folder))
        opened.callback(engine.dispose)
        populate(settings, engine, accounts=12, weeks=2, bundle=cast(Any, bundle))
        clients = [opened.enter_context(httpx.Client(base_url=s.url, timeout=60)) for s in servers]
        yield Pair(Served(told_settings(folder), engine, bundle), (clients[0], clients[1]))


def told_settings(folder: Path) -> Settings:
    return load_settings(folder / "kenshin.toml")


def ids(client: httpx.Client) -> list[str]:
    listed = client.get("/v1/accounts?limit=500").json()["accounts"]
    return sorted(one["account_external_id"] for one in listed)


def _at_once(folder: Path, opened: ExitStack) -> list[Server]:
    """Start two servers in the same moment; each has a log of its own."""
    with ThreadPoolExecutor(2) as pool:
        started = [
            pool.submit(lambda n: opened.enter_context(running(folder, log_name=f"{n}.log")), n)
            for n in ("one", "other")
        ]
        return [one.result() for one in started]


def test_started_at_once_one_makes_the_tables_and_both_serve(pair: Pair) -> None:
    with pair.made.engine.connect() as connection:
        found = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalars()
        assert found.all() == [newest_revision()]
    for answer in pair.each(lambda client: client.get(READ)):
        assert (answer.status_code, answer.json()["account_external_id"]) == (200, ACCOUNT)


def test_a_write_sent_to_both_at_once_under_one_key_takes_effect_once(pair: Pair) -> None:
    for number in range(PAIRS):
        said = {"verdict": "agree", "note": f"pair {number}"}
        headers = {"Idempotency-Key": f"pair-{number}"}

        write = partial(httpx.Client.post, url=f"{READ}/feedback", json=said, headers=headers)
        answers = pair.each(write)
        assert {one.status_code for one in answers} == {201}
        assert answers[0].content == answers[1].content
        assert [one.headers.get("idempotency-replayed") for one in answers].count("true") == 1
    with pair.made.engine.connect() as connection:
        notes = connection.execute(sa.select(feedback.c.note)).scalars().all()
    assert sorted(notes) == sorted(f"pair {number}" for number in range(PAIRS))


def test_what_a_person_says_at_one_the_other_shows_at_once(pair: Pair) -> None:
    one, other = pair.clients
    tag = other.get(READ).headers["etag"]
    until = (utc_now() + timedelta(days=30)).date().isoformat()
    held = {"band": "red", "reason": "moved to the other server", "until": until}
    assert one.post(f"{READ}/override", json=held).status_code == 201
    seen = other.get(READ, headers={"If-None-Match": tag})
    assert (seen.status_code, seen.json()["override"]["band"]) == (200, "red")


def test_a_new_run_of_scores_is_what_both_tell_from_then_on(pair: Pair) -> None:
    made, one = pair.made, pair.clients[0]
    before = one.get("/v1/accounts").json()["as_of"]
    later = AS_OF + timedelta(weeks=1)
    populate(
        made.settings,
        made.engine,
        accounts=12,
        weeks=1,
        as_of=later,
        seed=8,
        bundle=cast(Any, made.bundle),
    )
    for answer in pair.each(lambda client: client.get("/v1/accounts")):
        assert before != answer.json()["as_of"]
        assert answer.json()["as_of"].startswith(later.date().isoformat())


def test_a_champion_that_was_crowned_serves_at_both(pair: Pair) -> None:
    shipping.crown(pair.made.settings, "v2", WHEN)

    def serves(client: httpx.Client) -> bool:
        return bool(client.get("/v1/model").json()["version"] == "v2")

    waits = [pair.waited(client, serves) for client in pair.clients]
    print("champion", [round(one, 2) for one in waits])
    for answer in pair.each(lambda client: client.post("/v1/predictions", json=PREDICTION)):
        assert answer.status_code == 200


def test_an_account_erased_at_one_is_unknown_to_the_other_with_the_answer(pair: Pair) -> None:
    one, other = pair.clients
    gone = ids(one)[-1]
    assert other.get(f"/v1/accounts/{gone}").status_code == 200
    done = one.delete(f"/v1/subjects/{gone}", params={"why": "request"})
    assert (done.status_code, done.json()["left_in"]) == (200, [])
    assert other.get(f"/v1/accounts/{gone}").status_code == 404
    asked = other.post("/v1/predictions", json={"accounts": [{"account_id": gone}]})
    assert asked.json()["type"] == "/problems/unknown-account"
    assert gone not in other.get("/v1/accounts?limit=500").text
    assert gone not in other.get("/").text


def test_of_erasures_at_both_at_once_each_is_done_or_told_to_ask_again(pair: Pair) -> None:
    asked = dict(zip(pair.clients, ids(pair.clients[0])[-2:], strict=True))
    answers = pair.each(lambda client: client.delete(f"/v1/subjects/{asked[client]}"))
    assert {one.status_code for one in answers} <= {200, 503}
    for client, account in asked.items():
        address = f"/v1/subjects/{account}"
        pair.waited(client, lambda one, at=address: bool(one.delete(at).status_code == 200))  # type: ignore[misc]
    with pair.made.engine.connect() as connection:
        assert audit.verify(connection) is None
        said = sa.text("SELECT count(*) FROM erased")
        assert connection.execute(said).scalar_one() == 3


def test_a_key_made_and_revoked_elsewhere_counts_at_both(pair: Pair) -> None:
    now = utc_now()
    minted = keys.create(pair.made.engine, "both", ("read",), now=now, by="test")
    bearer = {"Authorization": f"Bearer {minted.token.text}"}
    closed = [pair.waited(c, lambda one: one.get(READ).status_code == 401) for c in pair.clients]
    assert {one.get(READ, headers=bearer).status_code for one in pair.clients} == {200}
    keys.revoke(pair.made.engine, minted.key.key_id, now=now, by="test")
    ended = [
        pair.waited(c, lambda one: one.get(READ, headers=bearer).status_code == 401)
        for c in pair.clients
    ]
    print("closed", [round(one, 2) for one in closed], "revoked", [round(one, 2) for one in ended])
