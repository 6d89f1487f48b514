"""Where a server listens: on this machine, and beyond it only where a key is asked for."""

import ipaddress
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from features.errors import KenshinError
from serving.access.origin import is_loopback


class AddressError(KenshinError):
    """The address to serve at cannot be used."""

    slug = "address"
    title = "The address cannot be used"


class NoKeyError(AddressError):
    """Nobody may listen beyond this machine before there is a key to ask for."""

    slug = "no-key"
    title = "There is no API key yet"


def _no_key() -> bool:
    return False


@contextmanager
def listening(
    host: str, port: int, has_key: Callable[[], bool] = _no_key
) -> Iterator[socket.socket]:
    """Yield a listening socket.

    Parameters
    ----------
    host : str
        An address of version 4 or 6, or ``localhost``; ``::`` listens at both versions.
    has_key : callable
        Whether there is a live API key; asked only for an address beyond loopback.

    Raises
    ------
    NoKeyError
        Where others could reach ``host`` and there is no key.
    AddressError
        Where ``host`` is no address or ``port`` is taken.
    """
    address = _address(host)
    if not is_loopback(str(address)) and not has_key():
        raise NoKeyError(
            "a live API key before listening beyond this machine",
            f"none, and --host {address}",
            "Whoever reaches the port could read every account. Make a key: "
            "kenshin keys create NAME --scope read --scope predict; or leave --host away.",
        )
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if address == ipaddress.IPv6Address("::"):
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        try:
            listener.bind((str(address), port))
            listener.listen(2048)
        except OSError as error:
            raise AddressError(
                f"port {port} of {host} to be free",
                error.strerror or str(error),
                "Stop what listens there, or choose another with --port (0 takes a free one).",
            ) from None
        yield listener


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    try:
        return ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        raise AddressError(
            "an address such as 127.0.0.1, ::1, 0.0.0.0, or localhost",
            f"'{host}'",
            "A name may mean several addresses: write the one to listen at.",
        ) from None


def url(listener: socket.socket) -> str:
    """Return the address under which ``listener`` is reached."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
