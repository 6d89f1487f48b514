"""Keys in the store: what is kept, what is not, and what the audit log says."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from features.errors import NotFoundError
from serving import audit
from serving.access import keys
from serving.access.keys import KeyRefusedError
from serving.store.engine import open_url, writing
from serving.store.schema import api_keys, sessions

NOW = datetime(2026, 11, 22, 9)
DAY = timedelta(days=1)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    made = open_url(f"sqlite:///{tmp_path / 'store.db'}")
    yield made
    made.dispose()


def create(engine: sa.Engine, name: str = "crm", *scopes: str, lasts: timedelta | None = None):  # type: ignore[no-untyped-def]  # noqa: ANN201
    return keys.create(engine, name, scopes or ("read",), now=NOW, by="yui", lasts=lasts)


def key(engine: sa.Engine, key_id: str) -> keys.Key:
    return next(one for one in keys.listed(engine) if one.key_id == key_id)


def test_only_the_hash_of_a_secret_is_anywhere_in_the_store(
    engine: sa.Engine, tmp_path: Path
) -> None:
    made = create(engine)
    with engine.connect() as connection:
        row = connection.execute(sa.select(api_keys)).one()
    files = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert row.secret_sha256.encode() in files
    assert made.token.secret.encode() not in files


def test_scopes_are_kept_once_and_in_one_order(engine: sa.Engine) -> None:
    made = create(engine, "crm", "feedback", "read", "feedback")
    assert key(engine, made.key.key_id).scopes == ("read", "feedback")


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 65, "\x1b[31m", "a\u202eb"])
def test_a_name_that_cannot_be_read_or_printed_is_refused(engine: sa.Engine, name: str) -> None:
    with pytest.raises(KeyRefusedError, match="printable"):
        create(engine, name)
    assert keys.listed(engine) == []


@pytest.mark.parametrize("scopes", [("write",), ("read", ""), ("READ",)])
def test_an_unknown_scope_is_refused(engine: sa.Engine, scopes: tuple[str, ...]) -> None:
    with pytest.raises(KeyRefusedError, match="read, predict, feedback, admin"):
        create(engine, "crm", *scopes)


def test_a_key_without_any_scope_is_refused(engine: sa.Engine) -> None:
    with pytest.raises(KeyRefusedError, match="found none"):
        keys.create(engine, "crm", (), now=NOW, by="yui")


def test_a_key_lives_until_its_end_and_not_at_it(engine: sa.Engine) -> None:
    made = create(engine, lasts=DAY).key
    assert made.state(NOW + DAY - timedelta(microseconds=1)) == "live"
    assert made.state(NOW + DAY) == "expired"
    assert create(engine).key.state(NOW + 4000 * DAY) == "live"


def test_rotating_gives_a_successor_and_leaves_the_old_key_a_day(engine: sa.Engine) -> None:
    old = create(engine, "crm", "read", "predict").key
    new = keys.rotate(engine, old.key_id, now=NOW + DAY, by="yui").key
    assert (new.name, new.scopes, new.replaces) == (old.name, old.scopes, old.key_id)
    assert new.expires_at is None
    assert key(engine, old.key_id).state(NOW + DAY * 1.9) == "live"
    assert key(engine, old.key_id).state(NOW + DAY * 2) == "expired"


def test_a_successor_lives_as_long_as_the_old_key_was_made_to(engine: sa.Engine) -> None:
    old = create(engine, lasts=90 * DAY).key
    new = keys.rotate(engine, old.key_id, now=NOW + 80 * DAY, by="yui").key
    assert new.expires_at == NOW + 170 * DAY
    assert key(engine, old.key_id).expires_at == NOW + 81 * DAY


def test_rotating_never_makes_the_old_key_live_longer(engine: sa.Engine) -> None:
    old = create(engine, lasts=DAY).key
    keys.rotate(engine, old.key_id, now=NOW + DAY / 2, by="yui", overlap=30 * DAY)
    assert key(engine, old.key_id).expires_at == NOW + DAY


def test_a_key_is_rotated_once(engine: sa.Engine) -> None:
    old = create(engine).key
    new = keys.rotate(engine, old.key_id, now=NOW, by="yui").key
    with pytest.raises(KeyRefusedError, match=f"replaced by {new.key_id}"):
        keys.rotate(engine, old.key_id, now=NOW, by="yui")
    keys.revoke(engine, new.key_id, now=NOW, by="yui")
    assert keys.rotate(engine, old.key_id, now=NOW, by="yui").key.replaces == old.key_id


def test_what_has_ended_is_not_rotated(engine: sa.Engine) -> None:
    expired, revoked = create(engine, lasts=DAY).key, create(engine).key
    keys.revoke(engine, revoked.key_id, now=NOW, by="yui")
    for one in (expired, revoked):
        with pytest.raises(KeyRefusedError, match="a live key"):
            keys.rotate(engine, one.key_id, now=NOW + DAY, by="yui")
    assert len(keys.listed(engine)) == 2


def test_revoking_ends_a_key_and_its_sessions_and_can_be_repeated(engine: sa.Engine) -> None:
    one, other = create(engine).key, create(engine).key
    with writing(engine) as connection:
        for name, owner in (("a", one), ("b", other)):
            row = {"token_sha256": name, "key_id": owner.key_id, "created_at": NOW}
            connection.execute(sa.insert(sessions), {**row, "expires_at": NOW + DAY})
    first = keys.revoke(engine, one.key_id, now=NOW, by="yui")
    again = keys.revoke(engine, one.key_id, now=NOW + DAY, by="yui")
    assert first.revoked_at == again.revoked_at == NOW
    with engine.connect() as connection:
        left = list(connection.execute(sa.select(sessions.c.token_sha256)).scalars())
    assert left == ["b"]


def test_an_unknown_id_is_told_where_the_ids_are(engine: sa.Engine) -> None:
    for change in (keys.revoke, keys.rotate):
        with pytest.raises(NotFoundError, match="kenshin keys list"):
            change(engine, "nothing", now=NOW, by="yui")


def test_every_change_is_in_the_audit_log_and_says_neither_secret_nor_name(
    engine: sa.Engine,
) -> None:
    made = create(engine, "sato-kenji")
    rotated = keys.rotate(engine, made.key.key_id, now=NOW, by="yui")
    keys.revoke(engine, rotated.key.key_id, now=NOW, by="rin")
    keys.revoke(engine, rotated.key.key_id, now=NOW, by="rin")
    with engine.connect() as connection:
        entries = audit.entries(connection)[::-1]
    told = [(entry.action, entry.subject, entry.actor) for entry in entries]
    assert told == [
        ("key created", made.key.key_id, "yui"),
        ("key rotated", rotated.key.key_id, "yui"),
        ("key revoked", rotated.key.key_id, "rin"),
    ]
    written = json.dumps([entry.details for entry in entries])
    assert entries[1].details["replaces"] == made.key.key_id
    for hidden in ("sato-kenji", made.token.secret, rotated.token.secret):
        assert hidden not in written


def test_a_refused_change_leaves_no_trace(
    engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = create(engine)

    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("the log is full")

    monkeypatch.setattr(audit, "record", fails)
    for change in (
        lambda: create(engine),
        lambda: keys.rotate(engine, made.key.key_id, now=NOW, by="yui"),
        lambda: keys.revoke(engine, made.key.key_id, now=NOW, by="yui"),
    ):
        with pytest.raises(RuntimeError, match="the log is full"):
            change()
    assert keys.listed(engine) == [made.key]


@pytest.mark.postgres
def test_the_whole_life_of_a_key_on_postgresql(postgres_url: str) -> None:
    engine = open_url(postgres_url)
    made = create(engine, "crm", "read", lasts=90 * DAY)
    new = keys.rotate(engine, made.key.key_id, now=NOW + DAY, by="yui")
    keys.revoke(engine, made.key.key_id, now=NOW + DAY, by="yui")
    states = [one.state(NOW + DAY) for one in keys.listed(engine)]
    assert states == ["revoked", "live"]
    assert key(engine, new.key.key_id) == new.key
    engine.dispose()
