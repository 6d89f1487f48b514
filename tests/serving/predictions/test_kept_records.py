"""Records are kept for one model, for a while, and only so many bytes of them."""

from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from serving.plays import shipped
from serving.predictions.kept_records import SECONDS, KeptRecords, Sources, Told
from training.bundle import Bundle

PLAYS = shipped()
MODEL, OTHER = (Sources(cast(Bundle, object()), PLAYS) for _ in range(2))
FIRST, SECOND, THIRD = (Told(name, None, None) for name in ("a", "b", "c"))


class Hand:
    """A clock that is moved by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_record_is_found_again_by_all_that_decides_it() -> None:
    kept = KeptRecords()
    kept.put(MODEL, FIRST, b"told")
    assert kept.get(MODEL, FIRST) == b"told"
    for other in (FIRST._replace(before_id="z"), FIRST._replace(most=3), SECOND):
        assert kept.get(MODEL, other) is None


def test_another_model_finds_nothing_of_the_one_before() -> None:
    kept = KeptRecords()
    kept.put(MODEL, FIRST, b"told")
    assert kept.get(OTHER, FIRST) is None
    assert kept.get(MODEL, FIRST) is None


def test_other_plays_tell_other_records_although_the_model_is_the_same() -> None:
    kept = KeptRecords()
    kept.put(MODEL, FIRST, b"told")
    assert kept.get(Sources(*MODEL), FIRST) == b"told"
    assert kept.get(MODEL._replace(plays=PLAYS[1:]), FIRST) is None


def test_nothing_is_kept_longer_than_it_may_be() -> None:
    clock = Hand()
    kept = KeptRecords(clock=clock)
    kept.put(MODEL, FIRST, b"told")
    clock.now = SECONDS - 1
    assert kept.get(MODEL, FIRST) == b"told"
    clock.now = SECONDS
    assert kept.get(MODEL, FIRST) is None


def test_what_was_not_asked_for_the_longest_goes_first() -> None:
    kept = KeptRecords(most_bytes=2)
    kept.put(MODEL, FIRST, b"1")
    kept.put(MODEL, SECOND, b"2")
    kept.get(MODEL, FIRST)
    kept.put(MODEL, THIRD, b"3")
    assert [kept.get(MODEL, one) for one in (FIRST, SECOND, THIRD)] == [b"1", None, b"3"]


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.binary(max_size=9)), max_size=40))
def test_never_more_bytes_than_allowed_and_always_the_latest_record(
    given_: list[tuple[str, bytes]],
) -> None:
    kept, latest = KeptRecords(most_bytes=20), {}
    for name, record in given_:
        kept.put(MODEL, Told(name, None, None), record)
        latest[name] = record
        found = {n: kept.get(MODEL, Told(n, None, None)) for n in latest}
        assert sum(len(r) for r in found.values() if r is not None) <= 20
        assert all(r is None or r == latest[n] for n, r in found.items())
        assert found[name] == record
