"""The gate: who asks, and may they; in front of everything but the request's id and its record."""

from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import quote, unquote

from fastapi.responses import RedirectResponse, Response
from sqlalchemy.exc import DBAPIError
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as Request

from features.errors import KenshinError
from features.serving_settings import ServingSettings
from serving.access.caller import LOCAL, Caller
from serving.access.callers import Callers
from serving.access.keyring import Ring
from serving.access.origin import (
    ForeignFormError,
    ForeignHostError,
    UnguardedProxyError,
    came_through_a_proxy,
    hostname,
    is_loopback,
    own_name,
    own_page,
)
from serving.access.scopes import Rule, Rules
from serving.problems import kinds, problem

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
COOKIES: Final = ("__Host-kenshin", "kenshin")
"""Names of the session's cookie: over https, and on loopback."""

NOBODY: Final = Caller("nobody", None, frozenset())
_WANTED: Final = {b"authorization", b"cookie", b"host", b"origin", b"sec-fetch-site", b"accept"}
_TWICE: Final = "\0"


class Refusal(Exception):
    """No; ``answer`` says it."""

    def __init__(self, answer: Response) -> None:
        self.answer = answer
        super().__init__(answer.status_code)


class Access:
    """Pure ASGI middleware that sets ``scope["state"]["caller"]`` or answers 401, 403 or 421.

    Parameters
    ----------
    app : ASGIApp
        What is protected.
    callers : Callers
        Who holds which key.
    rules : Rules
        What each route asks for.
    settings : ServingSettings, optional
        ``hosts`` and ``secure_cookies`` count here.
    """

    def __init__(
        self,
        app: ASGIApp,
        callers: Callers,
        rules: Rules,
        settings: ServingSettings = ServingSettings(),  # noqa: B008 (frozen)
    ) -> None:
        self.app, self._callers, self._rules, self._settings = app, callers, rules, settings

    async def __call__(self, scope: Request, receive: Receive, send: Send) -> None:
        """Let one request pass with its caller, or answer it."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        try:
            scope.setdefault("state", {})["caller"] = await self._caller(scope)
        except Refusal as refusal:
            await refusal.answer(scope, receive, send)
            return
        except KenshinError as error:
            await _refused(scope, error)(scope, receive, send)
            return
        except DBAPIError:
            away = problem(scope, kinds()["store-unavailable"], headers={"Retry-After": "1"})
            await away(scope, receive, send)
            return
        await self.app(scope, receive, send)

    async def _caller(self, scope: Request) -> Caller:
        """Return who asks.

        Raises
        ------
        Refusal, KenshinError
            Where they may not.
        """
        rule = self._rules.of(scope)
        if rule.is_open:
            return NOBODY
        headers, ring = _headers(scope), await self._callers.ring()
        server = _server(scope)
        if not ring.keys and is_open(server):
            if self._unguarded(name for name, _ in scope["headers"]):
                raise _unguarded_proxy()
            _check_local(scope["method"], headers, server, self._settings.hosts)
            return LOCAL
        caller = await self._known(ring, scope, headers)
        if caller is None:
            raise Refusal(_unknown(scope, rule, headers))
        if rule.scope is not None and rule.scope not in caller.scopes:
            raise Refusal(_lacking(scope, rule.scope))
        return caller

    def known_at_once(
        self, scope: Request, headers: Mapping[bytes, bytes], needed: str
    ) -> Caller | None:
        """Return who asks where nothing must be waited for and they may; None: ask in full.

        Parameters
        ----------
        headers : mapping of bytes to bytes
            Each given once; neither a cookie nor what a browser says of a page.
        needed : str
            The scope that the route asks for.
        """
        ring = self._callers.fresh()
        if ring is None:
            return None
        server = _server(scope)
        if not ring.keys and is_open(server):
            host = headers[b"host"].decode("latin-1")
            ours = own_name(host, server, self._settings.hosts) and not self._unguarded(headers)
            return LOCAL if ours else None
        given = {b"authorization": headers.get(b"authorization", b"").decode("latin-1")}
        key = _key(given)
        caller = None if key is None else self._callers.of_key(ring, key)
        return caller if caller is not None and needed in caller.scopes else None

    def _unguarded(self, names: Iterable[bytes]) -> bool:
        """Return whether a proxy is in front of which the settings know nothing.

        A proxy may ask under our own name whatever the world asked it for, so `own_name` cannot
        tell. Whoever names its host in the settings says that it checks who asks.
        """
        return not self._settings.hosts and came_through_a_proxy(names)

    async def _known(self, ring: Ring, scope: Request, headers: dict[bytes, str]) -> Caller | None:
        """Return whose key or session came along; a key that is wrong is not mended by a cookie."""
        key = _key(headers)
        if key is not None:
            return self._callers.of_key(ring, key)
        name = hostname(headers.get(b"host", ""))
        here = name == "localhost" or is_loopback(name) or not self._settings.secure_cookies
        token = cookie(headers.get(b"cookie", ""), plain=here)
        caller = await self._callers.of_session(ring, token)
        if caller is not None and scope["method"] not in SAFE and not _own(headers):
            raise _foreign_form()
        return caller


def is_open(server: str | None) -> bool:
    """Return whether a server without any key answers at this address: on loopback only.

    A plain word is what a call inside the process has; a socket's address never is one.
    """
    return server is not None and (is_loopback(server) or server.isidentifier())


def cookie(header: str, *, plain: bool) -> str:
    """Return the session's token out of a ``Cookie`` header, empty where there is none.

    Parameters
    ----------
    plain : bool
        Whether the cookie without ``__Host-`` counts: a neighbouring site can set that one for us,
        and so put its own session in the place of the reader's.
    """
    accepted = COOKIES if plain else COOKIES[:1]
    for part in header.split(";"):
        name, _, value = part.strip().partition("=")
        if name in accepted:
            return unquote(value.strip('"'))
    return ""


def _key(headers: dict[bytes, str]) -> str | None:
    """Return the key that was sent, None where there is none; other schemes are a proxy's."""
    given = headers.get(b"authorization", "")
    kind, _, text = given.partition(" ")
    if given != _TWICE and kind.lower() != "bearer":
        return None
    return text.strip()


def _headers(scope: Request) -> dict[bytes, str]:
    """Return the headers that matter here; one given twice holds what nothing accepts."""
    found: dict[bytes, str] = {}
    for name, value in scope["headers"]:
        if name in _WANTED:
            found[name] = _TWICE if name in found else value.decode("latin-1")
    return found


def _server(scope: Request) -> str | None:
    server = scope.get("server")
    return server[0] if server else None


def _check_local(
    method: str, headers: dict[bytes, str], server: str | None, hosts: tuple[str, ...]
) -> None:
    if not own_name(headers.get(b"host"), server, hosts):
        raise ForeignHostError(
            "a Host header that names this machine, while there is no API key",
            "another name",
            "Ask at localhost or 127.0.0.1; or make a key (kenshin keys create NAME --scope read); "
            "or name the proxy's host in [serving].hosts.",
        )
    if method not in SAFE and _own(headers) is False:
        raise _foreign_form()


def _unguarded_proxy() -> UnguardedProxyError:
    return UnguardedProxyError(
        "a request from this machine itself, while there is no API key",
        "one that a proxy sent on (Forwarded, X-Forwarded-…, X-Real-IP or Via)",
        "Make a key (kenshin keys create NAME --scope read); or, where the proxy itself checks who "
        "asks, name its host in [serving].hosts.",
    )


def _own(headers: dict[bytes, str]) -> bool | None:
    return own_page(headers.get(b"sec-fetch-site"), headers.get(b"origin"), headers.get(b"host"))


def _foreign_form() -> ForeignFormError:
    return ForeignFormError(
        "a request sent from these pages",
        "another site's, or a browser that does not say",
        "Open the page here and send it again; programs send a key.",
    )


def _unknown(scope: Request, rule: Rule, headers: dict[bytes, str]) -> Response:
    """Return the 401, the same for every reason; a person without a session is led to the door."""
    wants_page = "text/html" in headers.get(b"accept", "")
    if rule.is_page and wants_page and _key(headers) is None:
        target = quote(_asked_for(scope), safe="")
        return RedirectResponse(f"/sign-in?next={target}", 303, {"Cache-Control": "no-store"})
    asked = {"WWW-Authenticate": 'Bearer realm="kenshin"', "Cache-Control": "no-store"}
    return problem(scope, kinds()["no-valid-key"], headers=asked)


def _asked_for(scope: Request) -> str:
    """Return path and query as they were sent; after a form, the portfolio's."""
    if scope["method"] not in SAFE:
        return "/"
    path: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
    query: bytes = scope["query_string"]
    return (path + b"?" + query if query else path).decode("latin-1")


def _lacking(scope: Request, needed: str) -> Response:
    asked = f'Bearer realm="kenshin", error="insufficient_scope", scope="{needed}"'
    return problem(
        scope,
        kinds()["scope-missing"],
        f"Expected a key with the scope '{needed}'; found one without it. "
        f"Use another key, or make one: kenshin keys create NAME --scope {needed}.",
        headers={"WWW-Authenticate": asked},
        expected=f"a key with the scope '{needed}'",
        found="one without it",
        fix=f"Use another key, or make one: kenshin keys create NAME --scope {needed}.",
    )


def _refused(scope: Request, error: KenshinError) -> Response:
    return problem(
        scope,
        kinds()[error.slug],
        str(error),
        expected=error.expected,
        found=error.found,
        fix=error.fix,
    )
