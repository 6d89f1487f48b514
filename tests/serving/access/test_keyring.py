"""Keys in memory: young enough, the same steps for every refusal, alive while the store is away."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from serving.access import callers as calling
from serving.access import keyring, keys
from serving.access.callers import Callers, KeysUnknownError
from serving.access.keyring import GRACE_SECONDS, STALE_SECONDS, Keyring, Ring
from serving.access.sessions import Sessions
from serving.access.tokens import minted
from serving.access.usage import Usage
from serving.store.engine import open_url
from serving.store.schema import api_keys

NOW = datetime(2026, 11, 22, 9)
DAY = timedelta(days=1)


class Ticks:
    """A clock that stands still until it is told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    made = open_url(f"sqlite:///{tmp_path / 'store.db'}")
    yield made
    made.dispose()


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def callers(engine: sa.Engine, ticks: Ticks) -> Callers:
    return Callers(
        Keyring(engine, ticks), Sessions(engine, ticks), Usage(engine), now=lambda: NOW
    )  # fmt: skip


def ring(callers: Callers) -> Ring:
    return asyncio.run(callers.ring())


def create(engine: sa.Engine, lasts: timedelta | None = None) -> keys.Minted:
    return keys.create(engine, "crm", ["read"], now=NOW - DAY, by="yui", lasts=lasts)


def test_a_revoked_key_stops_within_five_seconds(
    engine: sa.Engine, callers: Callers, ticks: Ticks
) -> None:
    made = create(engine)
    assert callers.of_key(ring(callers), made.token.text)
    keys.revoke(engine, made.key.key_id, now=NOW, by="yui")
    ticks.now += STALE_SECONDS
    assert STALE_SECONDS <= 5
    assert callers.of_key(ring(callers), made.token.text) is None


def test_a_young_reading_is_used_without_asking_the_store(
    engine: sa.Engine, callers: Callers, ticks: Ticks
) -> None:
    asked: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    first = ring(callers)
    count = len(asked)
    ticks.now += keyring.FRESH_SECONDS - 0.001
    assert ring(callers) is first
    assert len(asked) == count > 0


def test_between_two_and_five_seconds_the_reading_goes_on_beside_the_requests(
    engine: sa.Engine, callers: Callers, ticks: Ticks
) -> None:
    first = ring(callers)
    made = create(engine)
    ticks.now += keyring.FRESH_SECONDS
    assert ring(callers) is first
    callers._keys.read().result(10)
    assert callers.of_key(ring(callers), made.token.text)


def refusals(engine: sa.Engine) -> dict[str, str]:
    """Return a key for each reason to refuse it."""
    wrong, expired, revoked = create(engine), create(engine, DAY), create(engine)
    keys.revoke(engine, revoked.key.key_id, now=NOW, by="yui")
    unknown = minted()
    return {
        "malformed": "Bearer",
        "unknown": unknown.text,
        "wrong": f"kk_{wrong.key.key_id}_{unknown.secret}",
        "expired": expired.token.text,
        "revoked": revoked.token.text,
    }


def test_every_refusal_takes_the_same_steps(
    engine: sa.Engine, callers: Callers, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {**refusals(engine), "right": create(engine).token.text}
    found, steps = ring(callers), {}

    def counted(name: str, step: Callable[..., Any], told: list[str]) -> Callable[..., Any]:
        def call(*arguments: object) -> object:
            told.append(name)
            return step(*arguments)

        return call

    for reason, text in given.items():
        told: list[str] = []
        with monkeypatch.context() as patch:
            for name in ("parsed", "digest", "compare_digest"):
                patch.setattr(keyring, name, counted(name, getattr(keyring, name), told))
            lives = keyring.KnownKey.lives
            patch.setattr(keyring.KnownKey, "lives", counted("lives", lives, told))
            caller = found.caller(text, NOW)
        assert (caller is not None) == (reason == "right")
        steps[reason] = told
    assert set(map(tuple, steps.values())) == {("parsed", "digest", "compare_digest", "lives")}


def test_while_the_store_is_away_known_keys_hold_for_ten_minutes_and_no_longer(
    engine: sa.Engine, callers: Callers, ticks: Ticks, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = create(engine)
    began = ticks.now
    assert ring(callers).keys

    def away(_: sa.Engine) -> dict[str, keyring.KnownKey]:
        raise sa.exc.OperationalError("SELECT", {}, Exception("away"))

    with monkeypatch.context() as patch:
        patch.setattr(keyring, "_known", away)
        ticks.now = began + GRACE_SECONDS - 1
        assert callers.of_key(ring(callers), made.token.text)
        ticks.now = began + GRACE_SECONDS
        with pytest.raises(KeysUnknownError, match="does not answer"):
            ring(callers)
    assert callers.of_key(ring(callers), made.token.text)


def test_a_store_that_hangs_is_not_waited_for_longer_than_a_second(
    engine: sa.Engine, callers: Callers, ticks: Ticks, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    first, free = ring(callers), threading.Event()

    def hangs(_: sa.Engine) -> dict[str, keyring.KnownKey]:
        free.wait(30)
        return {}

    monkeypatch.setattr(keyring, "_known", hangs)
    monkeypatch.setattr(calling, "PATIENCE_SECONDS", 0.01)
    ticks.now += STALE_SECONDS
    assert ring(callers) is first
    free.set()
    callers._keys.read().result(10)


def used(engine: sa.Engine) -> datetime | None:
    with engine.connect() as connection:
        at: datetime | None = connection.execute(sa.select(api_keys.c.last_used_at)).scalar()
    return at


def test_the_last_use_is_kept_to_the_minute_and_at_most_once_in_it(engine: sa.Engine) -> None:
    made, usage = create(engine), Usage(engine)
    writes: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda *given: writes.append(given[2]))
    for seconds in (0, 1, 30, 59.9):
        usage.note(made.key.key_id, NOW + timedelta(seconds=seconds))
        usage.settle()
    assert sum("UPDATE" in statement for statement in writes) == 1
    assert used(engine) == NOW
    usage.note(made.key.key_id, NOW + timedelta(seconds=61))
    usage.settle()
    assert used(engine) == NOW + timedelta(minutes=1)


def test_an_earlier_use_never_overwrites_a_later_one(engine: sa.Engine) -> None:
    made = create(engine)
    for at in (NOW + timedelta(hours=1), NOW):
        other_process = Usage(engine)
        other_process.note(made.key.key_id, at)
        other_process.settle()
    assert used(engine) == NOW + timedelta(hours=1)


def test_a_store_that_takes_no_writes_still_knows_its_keys(engine: sa.Engine) -> None:
    made = create(engine)
    url = str(engine.url).replace("sqlite:///", "sqlite:///file:") + "?mode=ro&uri=true"
    read_only = sa.create_engine(url)
    usage = Usage(read_only)
    callers = Callers(Keyring(read_only), Sessions(read_only), usage, now=lambda: NOW)
    assert callers.of_key(ring(callers), made.token.text)
    usage.settle()
    assert used(engine) is None
    read_only.dispose()
