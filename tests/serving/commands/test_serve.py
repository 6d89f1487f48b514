"""Where `kenshin serve` listens, and where it refuses to."""

import socket

import pytest

from serving.commands.serve import AddressError, listening, url


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.2"])
def test_a_loopback_address_is_listened_at(host: str) -> None:
    with listening(host, 0) as listener:
        assert url(listener).startswith("http://127.0.0.")
        with socket.create_connection(listener.getsockname(), timeout=5):
            pass


def test_the_version_6_loopback_is_written_in_brackets() -> None:
    with listening("::1", 0) as listener:
        assert url(listener).startswith("http://[::1]:")


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "192.0.2.1", "10.0.0.1", "example.com", "", "127.0.0.1 ", "127.1"]
)
def test_an_address_others_can_reach_is_refused_with_the_reason(host: str) -> None:
    with pytest.raises(AddressError, match="no API keys") as refused, listening(host, 0):
        pass
    assert "loopback" in refused.value.expected


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
