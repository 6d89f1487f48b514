"""Where `kenshin serve` listens, and where it refuses to."""

import socket

import pytest

from serving.commands.listening import AddressError, NoKeyError, listening, url


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.2"])
def test_a_loopback_address_is_listened_at(host: str) -> None:
    with listening(host, 0) as listener:
        assert url(listener).startswith("http://127.0.0.")
        with socket.create_connection(listener.getsockname(), timeout=5):
            pass


def test_the_version_6_loopback_is_written_in_brackets() -> None:
    with listening("::1", 0) as listener:
        assert url(listener).startswith("http://[::1]:")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "10.0.0.1", "::ffff:10.0.0.1"])
def test_an_address_others_can_reach_is_refused_without_a_key(host: str) -> None:
    with pytest.raises(NoKeyError, match="could read every account") as refused:  # noqa: SIM117
        with listening(host, 0):
            pass
    assert "kenshin keys create NAME --scope read" in refused.value.fix


@pytest.mark.parametrize("host", ["example.com", "", "127.0.0.1 ", "127.1", "0", "0.0.0.0/0"])
def test_what_is_no_address_is_refused_even_with_a_key(host: str) -> None:
    with pytest.raises(AddressError, match="an address such as") as refused:  # noqa: SIM117
        with listening(host, 0, lambda: True):
            pass
    assert not isinstance(refused.value, NoKeyError)


def test_with_a_key_every_address_of_both_versions_is_listened_at() -> None:
    for host, family in (("0.0.0.0", socket.AF_INET), ("::", socket.AF_INET6)):
        with listening(host, 0, lambda: True) as listener:
            assert listener.family == family
            port = listener.getsockname()[1]
            for address in ("127.0.0.1", "::1")[: 1 if host == "0.0.0.0" else 2]:
                with socket.create_connection((address, port), timeout=5):
                    pass


def test_a_taken_port_is_refused_with_what_to_do() -> None:
    with listening("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(AddressError, match="--port") as refused, listening("127.0.0.1", port):
            pass
    assert str(port) in refused.value.expected


def test_a_port_is_free_again_once_it_is_left() -> None:
    with listening("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
    with listening("127.0.0.1", port) as second:
        assert second.getsockname()[1] == port
