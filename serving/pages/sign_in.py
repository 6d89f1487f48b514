"""The door for people: a form that takes a key and gives a session, and the way out."""

import logging
import re
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from features.settings import Settings
from serving.access.callers import Callers
from serving.access.failures import Failures
from serving.access.gate import COOKIES, cookie
from serving.access.origin import hostname, is_loopback, own_page
from serving.bodies import FORM, takes
from serving.pages.language import translations
from serving.pages.render import Renderer

LARGEST_FORM: Final = 4_000
"""Bytes the form may have."""

_OWN_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f-\x9f]{0,2000}")

log = logging.getLogger("kenshin.keys")


class Door:
    """The sign-in page over one store.

    Parameters
    ----------
    callers : Callers
        Who holds which key.
    """

    def __init__(self, settings: Settings, callers: Callers, failures: Failures) -> None:
        self._serving, self._callers, self._failures = settings.serving, callers, failures
        self._render = Renderer(settings)

    async def form(self, request: Request) -> Response:
        """Return the page with the form."""
        return self._page(request, own_path(request.query_params.get("next", "/")))

    @takes(FORM, limit=LARGEST_FORM)
    async def enter(self, request: Request) -> Response:
        """Begin a session for the holder of a key and lead them to where they wanted to go."""
        form = await _form(request)
        target = own_path(form.get("next", "/"))
        if not _from_own_page(request):
            return self._page(request, target, "foreign", 403)
        address = request.client.host if request.client else ""
        pause = self._failures.pause(address)
        if pause:
            answer = self._page(request, target, "pause", 429)
            answer.headers["Retry-After"] = str(pause)
            return answer
        before = self._token(request)
        entered = await self._callers.sign_in(
            form.get("key", "").strip(), self._serving.session_hours, before
        )
        if entered is None:
            self._failures.note(address)
            log.warning("a sign-in failed")
            return self._page(request, target, "unknown", 401)
        caller, token = entered
        if not token:
            return self._page(request, target, "unreadable", 403)
        log.info("key %s signed in", caller.key_id)
        answer = RedirectResponse(target, 303, {"Cache-Control": "no-store"})
        self._give(answer, request, token)
        return answer

    async def leave(self, request: Request) -> Response:
        """End the session and show the door."""
        if not _from_own_page(request):
            return self._page(request, "/", "foreign", 403)
        token = self._token(request)
        if token:
            await self._callers.sign_out(token)
        answer = RedirectResponse("/sign-in?out=1", 303, {"Cache-Control": "no-store"})
        for name, secure in zip(COOKIES, (True, False), strict=True):
            answer.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="lax")
        return answer

    def _page(self, request: Request, target: str, wrong: str = "", status: int = 200) -> Response:
        context: dict[str, Any] = {
            "run": None,
            "target": target,
            "wrong": self._said(request, wrong),
            "out": request.query_params.get("out") == "1" and not wrong,
            "in_clear": not (self._secure(request) is False or _is_https(request)),
        }
        answer = self._render.page(request, "sign_in.html", context, status)
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def _said(self, request: Request, wrong: str) -> str:
        """Return why the door stays shut; one sentence for a key that is unknown or has ended."""
        say = translations(self._render.language(request)).gettext
        if wrong == "unknown":
            return say("This key is not valid. Check it, or ask for a new one.")
        if wrong == "unreadable":
            return say("This key may not open the pages: it has not the scope read.")
        if wrong == "pause":
            return say("Too many failed tries from your address. Wait five minutes.")
        if wrong == "foreign":
            return say("The form did not come from this page. Send it again from here.")
        return ""

    def _token(self, request: Request) -> str:
        return cookie(request.headers.get("cookie", ""), plain=not self._secure(request))

    def _give(self, answer: Response, request: Request, token: str) -> None:
        """Set the session's cookie.

        ``Lax``, not ``Strict``: a link to an account in a chat or a CRM has to open for one who is
        signed in; what changes anything asks for our own origin besides.
        """
        secure = self._secure(request)
        answer.set_cookie(
            COOKIES[0] if secure else COOKIES[1],
            token,
            max_age=round(self._serving.session_hours * 3600),
            path="/",
            secure=secure,
            httponly=True,
            samesite="lax",
        )

    def _secure(self, request: Request) -> bool:
        """Return whether the cookie is for https only: always but on this machine itself."""
        if not self._serving.secure_cookies:
            return False
        name = hostname(request.headers.get("host", ""))
        proxied = "x-forwarded-proto" in request.headers or "forwarded" in request.headers
        here = name == "localhost" or is_loopback(name)
        return proxied or not here or request.url.scheme == "https"


def own_path(asked: str) -> str:
    r"""Return ``asked`` where it is a path of this site, else the portfolio's.

    Browsers read ``//host``, ``/\host`` and ``/<tab>/host`` as other sites.

    Examples
    --------
    >>> own_path("/accounts/A1?lang=ja"), own_path("//evil.example"), own_path("/\\evil.example")
    ('/accounts/A1?lang=ja', '/', '/')
    """
    return asked if _OWN_PATH.fullmatch(asked) and not asked.startswith("/sign-") else "/"


def _from_own_page(request: Request) -> bool:
    given = request.headers
    return own_page(given.get("sec-fetch-site"), given.get("origin"), given.get("host")) is True


def _is_https(request: Request) -> bool:
    # The header is only believed about how the page looks: who sends it deceives nobody else.
    forwarded = request.headers.get("x-forwarded-proto", "") == "https"
    return request.url.scheme == "https" or forwarded


async def _form(request: Request) -> dict[str, str]:
    """Return the text fields of the form; the guard has checked type and size."""
    form = await request.form(max_files=0, max_fields=10)
    return {key: value for key, value in form.items() if isinstance(value, str)}


def sign_in(settings: Settings, callers: Callers) -> APIRouter:
    """Return the routes of signing in and out."""
    door = Door(settings, callers, Failures())
    router = APIRouter(include_in_schema=False)
    router.add_api_route("/sign-in", door.form, methods=["GET"])
    router.add_api_route("/sign-in", door.enter, methods=["POST"])
    router.add_api_route("/sign-out", door.leave, methods=["POST"])
    return router
