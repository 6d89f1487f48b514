"""A token bucket per caller: what fits into it, what it says of itself, how many are remembered."""

from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Scope

from serving.shares import Shares, taker


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_a_full_bucket_holds_its_burst_and_then_says_how_long_to_wait() -> None:
    clock = Clock()
    shares = Shares(2.0, 5, clock)
    share = shares.of("a")
    assert [shares.take(share) for _ in range(7)] == [0, 0, 0, 0, 0, 1, 1]
    clock.now += 0.5
    assert [shares.take(share) for _ in range(2)] == [0, 1]
    clock.now += 60
    assert [shares.take(share) for _ in range(6)] == [0, 0, 0, 0, 0, 1]


def test_a_slow_bucket_names_the_seconds_until_its_next_token() -> None:
    clock = Clock()
    shares = Shares(0.1, 1, clock)
    share = shares.of("a")
    assert [shares.take(share), shares.take(share)] == [0, 10]
    clock.now += 9.9
    assert shares.take(share) == 1
    clock.now += 0.1
    assert shares.take(share) == 0


@given(
    st.floats(0.05, 5_000),
    st.integers(1, 200),
    st.lists(st.floats(0, 30), min_size=1, max_size=200),
)
def test_no_stretch_of_time_sees_more_than_the_burst_and_what_flowed_in(
    per_second: float, burst: int, pauses: list[float]
) -> None:
    clock = Clock()
    shares = Shares(per_second, burst, clock)
    share, taken = shares.of("a"), list[float]()
    for pause in pauses:
        clock.now += pause
        if shares.take(share) == 0:
            taken.append(clock.now)
    for i, begin in enumerate(taken):
        for j in range(i, len(taken)):
            flowed = (taken[j] - begin) * per_second
            assert j - i + 1 <= burst + flowed + 1


@given(st.integers(1, 50), st.integers(0, 60))
def test_the_headers_count_down_to_nothing(burst: int, asked: int) -> None:
    shares = Shares(1.0, burst, Clock())
    share = shares.of("a")
    granted = sum(shares.take(share) == 0 for _ in range(asked))
    said = shares.headers(share)
    assert said["ratelimit-limit"] == str(burst)
    assert said["ratelimit-remaining"] == str(burst - granted)
    assert said["ratelimit-reset"] == str(granted)


def test_one_callers_use_is_nobody_elses() -> None:
    shares = Shares(1.0, 1, Clock())
    assert [shares.take(shares.of(name)) for name in "abcab"] == [0, 0, 0, 1, 1]


def test_only_the_callers_heard_of_last_are_remembered() -> None:
    shares = Shares(1.0, 1, Clock(), most=3)
    kept = shares.of("a")
    for name in ("b", "c", "a", "d", "e"):
        shares.of(name)
    assert len(shares) == 3
    assert shares.of("a") is kept


def scope_of(client: tuple[str, int] | None, key_id: str | None = None) -> Scope:
    caller = SimpleNamespace(name="crm", key_id=key_id)
    return {"type": "http", "client": client, "state": {"caller": caller}}


def test_a_key_is_the_caller_wherever_it_is_used() -> None:
    assert taker(scope_of(("10.0.0.1", 1), "k1")) == taker(scope_of(("10.0.0.2", 2), "k1")) == "k1"


def test_without_a_key_the_address_is_and_of_ipv6_the_network() -> None:
    assert taker(scope_of(("10.0.0.1", 1))) == "10.0.0.1"
    assert taker(scope_of(("2001:db8:1:2:3::4", 1))) == "2001:db8:1:2::/64"
    assert taker(scope_of(("2001:db8:1:2:ffff::", 1))) == "2001:db8:1:2::/64"
    assert taker(scope_of(("2001:db8:1:3::", 1))) == "2001:db8:1:3::/64"
    assert taker(scope_of(("fe80::1%eth0", 1))) == "fe80::/64"
    assert taker(scope_of(("no:address", 1))) == "no:address"
    assert taker(scope_of(None)) == "unknown"
    assert taker({"type": "http", "client": ("10.0.0.9", 1)}) == "10.0.0.9"
