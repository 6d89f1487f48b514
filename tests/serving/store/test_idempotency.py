"""A write under a key takes effect once: in parallel, after a crash, for as long as promised."""

import threading
from collections import Counter
from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from features.errors import NotFoundError
from serving.idempotency import (
    KeyReusedError,
    TakenError,
    answered,
    fingerprint,
    is_key,
    purge,
)
from serving.store.scores import save_run
from tests.builders.killing import killed_after
from tests.builders.once import AT, note, notes, once_of, write_notes
from tests.builders.runs import a_row, a_run

KILLS = 5


@pytest.fixture
def engine(engine: sa.Engine) -> sa.Engine:
    """An open store with one score."""
    save_run(engine, a_run("r0"), [a_row("s0", "a0")])
    return engine


def test_the_answer_is_kept_with_its_effect_and_given_again(engine: sa.Engine) -> None:
    first = note(engine, once_of("k"), "s0", "n")
    kept = answered(engine, once_of("k"))
    assert kept is not None
    assert (kept.status, kept.body) == (201, first)
    assert kept.headers == {"content-type": "application/json"}
    with pytest.raises(TakenError):
        note(engine, once_of("k"), "s0", "n")
    assert notes(engine) == {"n": 1}


def test_another_request_under_the_key_is_refused_and_another_caller_is_not(
    engine: sa.Engine,
) -> None:
    note(engine, once_of("k"), "s0", "n")
    with pytest.raises(KeyReusedError):
        answered(engine, once_of("k", "another"))
    other = once_of("k")
    other.caller = "warehouse"
    assert answered(engine, other) is None
    note(engine, other, "s0", "m")
    assert notes(engine) == {"n": 1, "m": 1}


def test_an_effect_that_fails_leaves_no_answer(engine: sa.Engine) -> None:
    with pytest.raises(NotFoundError):
        note(engine, once_of("k"), "no such score", "n")
    assert answered(engine, once_of("k")) is None
    note(engine, once_of("k"), "s0", "n")
    assert notes(engine) == {"n": 1}


def test_without_a_key_nothing_is_remembered(engine: sa.Engine) -> None:
    for _ in range(2):
        note(engine, once_of(""), "s0", "n")
    assert notes(engine) == {"n": 2}


def test_after_its_hours_a_key_is_free_again_purged_or_not(engine: sa.Engine) -> None:
    note(engine, once_of("k"), "s0", "n")
    last = AT + timedelta(hours=24)
    assert answered(engine, once_of("k", now=last)) is not None
    later = last + timedelta(seconds=1)
    assert answered(engine, once_of("k", "another", later)) is None
    note(engine, once_of("k", "another", later), "s0", "m")
    assert answered(engine, once_of("k", "another", later)) is not None
    note(engine, once_of("old"), "s0", "o")
    assert purge(engine, later - timedelta(hours=24)) == 1
    assert purge(engine, later - timedelta(hours=24)) == 0


def race(engine: sa.Engine, keys: list[str], threads: int = 4) -> Counter[str]:
    """Let every key be written by so many threads at once; return how often each was accepted."""
    accepted: list[str] = []
    together = threading.Barrier(threads)

    def write() -> None:
        for key in keys:
            together.wait()
            try:
                note(engine, once_of(key), "s0", key)
            except TakenError:
                continue
            accepted.append(key)

    working = [threading.Thread(target=write) for _ in range(threads)]
    for thread in working:
        thread.start()
    for thread in working:
        thread.join()
    return Counter(accepted)


def test_of_requests_at_the_same_instant_one_takes_effect(engine: sa.Engine) -> None:
    keys = [f"k{n}" for n in range(40)]
    accepted = race(engine, keys)
    assert accepted == dict.fromkeys(keys, 1)
    assert notes(engine) == dict.fromkeys(keys, 1)


@pytest.mark.scale
def test_of_a_thousand_races_each_has_one_winner(engine: sa.Engine) -> None:
    keys = [f"k{n}" for n in range(1_000)]
    assert race(engine, keys, threads=2) == dict.fromkeys(keys, 1)
    assert notes(engine) == dict.fromkeys(keys, 1)


def test_a_kill_between_effect_and_answer_leaves_both_or_neither(
    engine: sa.Engine, store_url: str
) -> None:
    for attempt in range(KILLS):
        seconds, name = 0.02 + 0.05 * attempt, f"k{attempt}"
        acknowledged = killed_after(seconds, write_notes, store_url, name, finished=3)
        # The client never learned of the last ones: it sends all of them again.
        sent = [f"{name}-{number}" for number in range(len(acknowledged) + 2)]
        for key in sent:
            if answered(engine, once_of(key)) is None:
                assert key not in acknowledged
                note(engine, once_of(key), "s0", key)
        stored = {text: n for text, n in notes(engine).items() if text.startswith(f"{name}-")}
        assert stored == dict.fromkeys(sent, 1)


@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=255))
def test_any_printable_text_is_a_key(text: str) -> None:
    assert is_key(text)


@pytest.mark.parametrize("text", ["", " ", "a b", "a\n", "鍵", "\x7f", "x" * 256])
def test_anything_else_is_none(text: str) -> None:
    assert not is_key(text)


def test_two_requests_are_the_same_only_to_the_byte() -> None:
    whole = {
        fingerprint(*asked)
        for asked in [
            ("k", "POST", b"/a?", b"{}"),
            ("k", "DELETE", b"/a?", b"{}"),
            ("k", "POST", b"/b?", b"{}"),
            ("k", "POST", b"/a?x=1", b"{}"),
            ("k", "POST", b"/a?", b"{} "),
            ("k", "POST", b"/a?\n", b"{}"),
            ("l", "POST", b"/a?", b"{}"),
        ]
    }
    assert len(whole) == 7
    assert fingerprint("k", "POST", b"/a?", b"{}") in whole
