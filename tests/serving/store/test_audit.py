"""The audit log on both databases: every way of tampering with it shows."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from serving import audit
from serving.store.engine import open_url, writing
from serving.store.promotions import Change, record_promotion
from serving.store.schema import audit as audit_table
from serving.store.scores import save_run
from tests.builders.runs import a_row, a_run

NOW = datetime(2026, 11, 1)
WRITERS, EACH = 4, 25

details = st.dictionaries(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8),
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8),
    max_size=4,
)  # fmt: skip
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20)
things = st.tuples(texts, texts, texts, details)


def write(engine: sa.Engine, count: int, actor: str = "hana") -> list[audit.Entry]:
    made = []
    for number in range(count):
        with writing(engine) as connection:
            made.append(
                audit.record(
                    connection,
                    at=NOW + timedelta(seconds=number, microseconds=number),
                    actor=actor,
                    action="key.created",
                    subject=f"key{number}",
                    details={"scopes": ["read"], "n": number, "share": 0.1},
                )
            )
    return made


def verified(engine: sa.Engine) -> audit.Broken | None:
    with engine.connect() as connection:
        return audit.verify(connection)


@contextmanager
def tampering(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Yield a connection of somebody who may do anything; what was done is undone at the end."""
    with engine.connect().execution_options(writes=True) as connection:
        begun = connection.begin()
        if engine.dialect.name == "postgresql":
            connection.execute(sa.text("DROP TRIGGER audit_refuses_change ON audit"))
        else:
            connection.execute(sa.text("DROP TRIGGER audit_refuses_update"))
            connection.execute(sa.text("DROP TRIGGER audit_refuses_delete"))
        yield connection
        begun.rollback()


def test_entries_are_told_newest_first_and_the_chain_is_whole(engine: sa.Engine) -> None:
    assert verified(engine) is None
    first, second = write(engine, 2)
    with engine.connect() as connection:
        assert audit.entries(connection) == [second, first]
        assert audit.head(connection) == audit.Head(2, second.sha256)
    assert (first.entry_id, first.previous, second.previous) == (1, audit.GENESIS, first.sha256)
    assert verified(engine) is None


def test_an_entry_stands_or_falls_with_the_work_it_tells_of(engine: sa.Engine) -> None:
    write(engine, 1)
    with engine.connect().execution_options(writes=True) as connection, connection.begin() as begun:
        audit.record(connection, at=NOW, actor="a", action="b", subject="c", details={})
        begun.rollback()
    (entry,) = write(engine, 1)
    assert entry.entry_id == 2
    assert verified(engine) is None


@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'x'", "DELETE FROM audit"])
def test_the_database_itself_refuses_to_change_the_log(engine: sa.Engine, statement: str) -> None:
    write(engine, 1)
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), writing(engine) as connection:
        connection.execute(sa.text(statement))


def test_writers_at_the_same_time_make_one_chain(store_url: str) -> None:
    engines = [open_url(store_url) for _ in range(WRITERS)]
    threads = [
        threading.Thread(target=write, args=(engine, EACH, f"writer {i}"))
        for i, engine in enumerate(engines)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    broken = verified(engines[0])
    with engines[0].connect() as connection:
        found = audit.entries(connection)
    for engine in engines:
        engine.dispose()
    assert broken is None
    assert [entry.entry_id for entry in found] == list(range(WRITERS * EACH, 0, -1))
    assert len({entry.previous for entry in found}) == WRITERS * EACH


EDITS = {
    "at": st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)),
    "actor": texts,
    "action": texts,
    "subject": texts,
    "details": details,
    "previous": st.text("0123456789abcdef", min_size=64, max_size=64),
    "sha256": st.text("0123456789abcdef", min_size=64, max_size=64),
}


@given(data=st.data())
@hypothesis_settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_changing_any_field_of_any_entry_shows_at_that_entry(
    filled: tuple[sa.Engine, list[audit.Entry]], data: st.DataObject
) -> None:
    engine, entries = filled
    place = data.draw(st.integers(0, len(entries) - 1))
    field = data.draw(st.sampled_from(sorted(EDITS)))
    before = getattr(entries[place], field)
    value: Any = data.draw(EDITS[field].filter(lambda new: new != before))
    with tampering(engine) as connection:
        connection.execute(
            sa.update(audit_table).where(audit_table.c.entry_id == place + 1).values({field: value})
        )
        broken = audit.verify(connection)
    assert broken is not None
    assert broken.entry_id == place + 1


@given(data=st.data())
@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_taking_out_putting_in_and_moving_entries_shows(
    filled: tuple[sa.Engine, list[audit.Entry]], data: st.DataObject
) -> None:
    engine, entries = filled
    how = data.draw(st.sampled_from([_delete, _insert, _swap, _cut, _renumber]))
    place = data.draw(st.integers(1, len(entries)))
    with tampering(engine) as connection:
        first = how(connection, entries, place, data)
        broken = audit.verify(connection)
    assert broken is not None
    assert broken.entry_id == first


def _delete(
    connection: sa.Connection, entries: list[audit.Entry], place: int, data: st.DataObject
) -> int:
    """Take one entry out; the last of all shows by the head alone."""
    connection.execute(sa.delete(audit_table).where(audit_table.c.entry_id == place))
    return place


def _cut(
    connection: sa.Connection, entries: list[audit.Entry], place: int, data: st.DataObject
) -> int:
    """Cut off a tail, or everything."""
    connection.execute(sa.delete(audit_table).where(audit_table.c.entry_id >= place))
    return place


def _renumber(
    connection: sa.Connection, entries: list[audit.Entry], place: int, data: st.DataObject
) -> int:
    """Take one entry out and close the gap behind it."""
    _delete(connection, entries, place, data)
    for later in range(place + 1, len(entries) + 1):
        _move(connection, later, later - 1)
    return place


def _swap(
    connection: sa.Connection, entries: list[audit.Entry], place: int, data: st.DataObject
) -> int:
    other = data.draw(st.integers(1, len(entries)).filter(lambda number: number != place))
    _move(connection, place, -1)
    _move(connection, other, place)
    _move(connection, -1, other)
    return min(place, other)


def _insert(
    connection: sa.Connection, entries: list[audit.Entry], place: int, data: st.DataObject
) -> int:
    """Put a forged entry, chained to the one before it, in front of ``place``."""
    for later in range(len(entries), place - 1, -1):
        _move(connection, later, later + 1)
    actor, action, subject, more = data.draw(things)
    forged = {
        "entry_id": place,
        "at": NOW,
        "actor": actor,
        "action": action,
        "subject": subject,
        "details": more,
        "previous": entries[place - 2].sha256 if place > 1 else audit.GENESIS,
        "sha256": data.draw(EDITS["sha256"]),
    }
    connection.execute(sa.insert(audit_table), forged)
    return place


def _move(connection: sa.Connection, source: int, target: int) -> None:
    connection.execute(
        sa.update(audit_table).where(audit_table.c.entry_id == source).values(entry_id=target)
    )


@given(written=st.lists(things, max_size=5))
@hypothesis_settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_is_recorded_verifies(engine: sa.Engine, written: list[Any]) -> None:
    with engine.connect().execution_options(writes=True) as connection:
        begun = connection.begin()
        for actor, action, subject, more in written:
            audit.record(
                connection, at=NOW, actor=actor, action=action, subject=subject, details=more
            )
        assert audit.verify(connection) is None
        told = [entry.details for entry in reversed(audit.entries(connection))]
        begun.rollback()
    assert told == [more for *_, more in written]


def test_what_cannot_even_be_read_is_broken_not_a_crash(tmp_path: Path) -> None:
    engine = open_url(f"sqlite:///{tmp_path / 'store.db'}")
    write(engine, 2)
    for field, value in [("details", "{"), ("at", "yesterday"), ("at", 5), ("actor", b"\xff")]:
        with tampering(engine) as connection:
            connection.execute(
                sa.text(f"UPDATE audit SET {field} = :value WHERE entry_id = 2"), {"value": value}
            )
            broken = audit.verify(connection)
        assert broken == audit.Broken(2, "it is not what was written")
    engine.dispose()


def test_a_history_written_anew_shows_only_against_a_head_noted_elsewhere(
    engine: sa.Engine,
) -> None:
    noted = write(engine, 3)[1].sha256
    with engine.connect() as connection:
        assert audit.verify(connection, until=noted) is None
    with tampering(engine) as connection:
        connection.execute(sa.delete(audit_table))
        connection.execute(
            sa.text("UPDATE audit_head SET entries = 0, sha256 = :genesis"),
            {"genesis": audit.GENESIS},
        )
        audit.record(connection, at=NOW, actor="x", action="y", subject="z", details={})
        assert audit.verify(connection) is None
        assert audit.verify(connection, until=noted) is not None


def test_without_its_head_the_log_takes_no_more_entries(engine: sa.Engine) -> None:
    write(engine, 1)
    with tampering(engine) as connection:
        connection.execute(sa.text("DELETE FROM audit_head"))
        assert audit.verify(connection) == audit.Broken(
            2, "the log ends with entry 1, but has no head"
        )
        with pytest.raises(audit.BrokenAuditError, match="Restore the store"):
            audit.record(connection, at=NOW, actor="x", action="y", subject="z", details={})


def test_an_entry_written_while_the_log_is_verified_is_no_break(
    engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(engine, 2)
    plain = audit.head

    def and_then_somebody_writes(connection: sa.Connection) -> audit.Head | None:
        found = plain(connection)
        monkeypatch.setattr(audit, "head", plain)
        write(engine, 1)
        return found

    monkeypatch.setattr(audit, "head", and_then_somebody_writes)
    with audit.reading(engine) as connection:
        assert audit.verify(connection) is None
    with audit.reading(engine) as connection:
        assert audit.head(connection) == audit.Head(3, audit.entries(connection)[0].sha256)


def test_details_must_be_plain_json(engine: sa.Engine) -> None:
    with pytest.raises(ValueError, match="JSON"), writing(engine) as connection:
        audit.record(
            connection, at=NOW, actor="a", action="b", subject="c", details={"x": float("nan")}
        )


def test_what_serves_and_by_which_settings_is_told_with_the_change_itself(
    engine: sa.Engine,
) -> None:
    record_promotion(engine, Change(NOW, "hana", "promoted", "v1", "v2", "because", {}))
    save_run(engine, a_run("r1", settings_version="old"), [a_row("s1")])
    save_run(engine, a_run("r2", settings_version="old"), [a_row("s2")])
    save_run(engine, a_run("r3", settings_version="new", kind="replay"), [a_row("s3")])
    save_run(engine, a_run("r4", settings_version="new"), [a_row("s4")])
    save_run(engine, a_run("r4", settings_version="new"), [a_row("s4")])
    with engine.connect() as connection:
        assert audit.verify(connection) is None
        told = [(e.actor, e.action, e.subject, e.details) for e in audit.entries(connection)]
    assert told == [
        ("kenshin score", "settings changed", "new", {"in place of": "old"}),
        ("hana", "model promoted", "v2", {"in place of": "v1"}),
    ]


@pytest.fixture
def filled(engine: sa.Engine) -> tuple[sa.Engine, list[audit.Entry]]:
    """A store with a log of six entries."""
    return engine, write(engine, 6)
