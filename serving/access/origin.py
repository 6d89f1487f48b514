"""Where a request was made: on our own page, on somebody else's, or under a name not ours."""

import ipaddress
from collections.abc import Iterable
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from features.errors import KenshinError

LONGEST_HOST: Final = 261
"""Letters of a ``Host`` header: a name of at most 255 and a port. No longer one is kept."""


_BY_PROXIES: Final = frozenset({b"forwarded", b"via", b"x-real-ip"})


class ForeignFormError(KenshinError):
    """A form that another site sent."""

    status = 403
    slug = "foreign-form"
    title = "The form came from another site"


class ForeignHostError(KenshinError):
    """A request under a name that is not this machine's, while no key protects it."""

    status = 421
    slug = "foreign-host"
    title = "The server is not known by that name"


class UnguardedProxyError(KenshinError):
    """A request came through a proxy, while neither a key nor [serving].hosts guards the server."""

    status = 421
    slug = "unguarded-proxy"
    title = "A proxy is in front, and nothing guards the server"


def own_page(site: str | None, origin: str | None, host: str | None) -> bool | None:
    """Return whether a browser sent a request from one of our own pages.

    Parameters
    ----------
    site, origin, host : str or None
        The headers ``Sec-Fetch-Site``, ``Origin`` and ``Host``. The first decides where there is
        one: a browser sends it, no script can set it.

    Returns
    -------
    bool or None
        None where nothing is said, as by programs that are no browsers.
    """
    if site is not None:
        return site == "same-origin"
    if origin is None:
        return None
    try:
        named = urlsplit(origin).netloc if origin.isprintable() else ""
    except ValueError:  # such as http://[
        return False
    return bool(named) and named == host


@lru_cache(maxsize=1024)
def is_loopback(address: str) -> bool:
    """Return whether only this machine can reach ``address``; what is no address is not.

    Examples
    --------
    >>> is_loopback("127.0.0.2"), is_loopback("::ffff:127.0.0.1"), is_loopback("10.0.0.1")
    (True, True, False)
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = found.ipv4_mapped if found.version == 6 else None
    return (mapped or found).is_loopback


def hostname(host: str) -> str:
    """Return the name in a ``Host`` header, without port and brackets, in lower case.

    What is too long to be a name is none.

    Examples
    --------
    >>> hostname("LocalHost:8000"), hostname("[::1]:8000")
    ('localhost', '::1')
    """
    return _hostname(host) if len(host) <= LONGEST_HOST else ""


@lru_cache(maxsize=1024)
def _hostname(host: str) -> str:
    name, _, port = host.rpartition(":")
    if not name or not port.isdecimal() or (":" in name and not name.endswith("]")):
        name = host
    return name.removeprefix("[").removesuffix("]").lower()


def came_through_a_proxy(names: Iterable[bytes]) -> bool:
    """Return whether one of these header names, in lower case, is one that proxies add.

    Examples
    --------
    >>> came_through_a_proxy([b"host", b"x-forwarded-for"]), came_through_a_proxy([b"host"])
    (True, False)
    """
    return any(name in _BY_PROXIES or name.startswith(b"x-forwarded-") for name in names)


def own_name(host: str | None, server: str | None, allowed: tuple[str, ...]) -> bool:
    """Return whether ``host`` names this machine, so that no foreign page stands behind it.

    A page whose own name was made to resolve to 127.0.0.1 (DNS rebinding) counts as the same site
    for the browser; only the ``Host`` header still tells it from ours.

    Parameters
    ----------
    server : str or None
        Address at which the request arrived.
    allowed : tuple of str
        Further names, of an authenticating proxy in front.
    """
    if not host:
        return False
    name = hostname(host)
    return name == "localhost" or is_loopback(name) or name == server or name in allowed
