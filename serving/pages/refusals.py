"""Refusals of the pages, as pages: what is wrong and what to do, in the reader's language."""

import logging
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoFreeConnectionError

from features.catalog import Language
from features.errors import KenshinError, NoSignalError, NotReadyError, UnknownAccountError
from serving.pages.language import translations
from serving.pages.render import Renderer
from serving.problems.kinds import BY_SLUG, kind_of
from serving.problems.words import in_language

log = logging.getLogger("kenshin.pages")


def with_pages_for_refusals(render: Renderer) -> type[APIRoute]:
    """Return the class of routes whose refusals are pages, unless JSON is asked for."""

    class PageRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()

            async def answer(request: Request) -> Response:
                try:
                    return await handle(request)
                except KenshinError as error:
                    if _prefers_json(request):
                        raise
                    return _refusal(render, request, error)
                except (DBAPIError, NoFreeConnectionError) as error:
                    if _prefers_json(request):
                        raise
                    log.error("the store failed: %s", error)
                    return _outage(render, request)

            return answer

    return PageRoute


def _refusal(render: Renderer, request: Request, error: KenshinError) -> Response:
    """Return a page that says what is wrong and what to do."""
    language = render.language(request)
    title, sentence, steps, status = _said(error, language)
    reason = _reason(error, language)
    plain = isinstance(error, (NotReadyError, UnknownAccountError))
    context = {
        "title": title,
        "sentence": sentence,
        "reason": reason,
        "steps": steps,
        "detail": "" if plain or reason else str(error),
    }
    return _notice(render, request, context, status)


def _outage(render: Renderer, request: Request) -> Response:
    """Return the page that says that the store does not answer."""
    kind, _ = in_language(BY_SLUG["store-unavailable"], render.language(request))
    context = {"title": kind.title, "sentence": kind.meaning, "reason": kind.fix}
    page = _notice(render, request, {**context, "steps": [], "detail": ""}, kind.status)
    page.headers["Retry-After"] = "1"
    return page


def _notice(render: Renderer, request: Request, context: dict[str, Any], status: int) -> Response:
    return render.page(request, "notice.html", {"run": None, **context}, status, told=False)


def _reason(error: KenshinError, language: Language) -> str:
    """Return why there is no usable signal, in the reader's language; empty where not known."""
    if not isinstance(error, NoSignalError):
        return ""
    return error.reason_ja if language == "ja" else error.reason


def _said(error: KenshinError, language: Language) -> tuple[str, str, list[str], int]:
    """Return title, sentence, steps and status of a refusal; the first two are no errors."""
    say = translations(language).gettext
    if isinstance(error, NoSignalError):
        return (
            say("No usable signal"),
            say("The history does not tell who will leave, so no score is shown."),
            [
                say("Bring a longer history, or tables that are missing so far (kenshin check)."),
                say("Train again: kenshin train"),
                say("Score again: kenshin score"),
            ],
            200,
        )
    if isinstance(error, NotReadyError):
        return (
            say("Nothing has been scored yet"),
            say("There is no run of scores in the store that could be shown."),
            [
                say("Check the tables: kenshin check"),
                say("Train: kenshin train"),
                say("Score: kenshin score"),
            ],
            200,
        )
    if isinstance(error, UnknownAccountError):
        return say("No such company"), say("No company with this id has been scored."), [], 404
    if error.slug != KenshinError.slug:
        kind, _ = in_language(kind_of(type(error)), language)
        return kind.title, kind.meaning, [], error.status
    return say("This did not work"), say("The request could not be carried out."), [], error.status


def _prefers_json(request: Request) -> bool:
    """Return whether a program asks, not a browser: it then gets a problem document."""
    accepted = request.headers.get("accept", "")
    return "json" in accepted and "text/html" not in accepted
