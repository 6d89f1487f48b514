"""The page of a kind of problem, for people who open its address or come upon one."""

import re
from collections.abc import Mapping

from fastapi import Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup, escape
from starlette.datastructures import Headers
from starlette.types import Scope

from serving.pages.render import Renderer
from serving.problems.kinds import Kind
from serving.problems.words import in_language

_CODE = re.compile("`+([^`]+)`+")
_PROGRAMS = ("/v1/", "/invocations", "/metrics")


def wanted(scope: Scope) -> bool:
    """Whether a browser asks; programs take the JSON, whatever else they would take."""
    accepted = Headers(scope=scope).get("accept", "")
    return "text/html" in accepted and "json" not in accepted


def comes_upon(scope: Scope) -> bool:
    """Whether a person sees the answer: a browser asks, and not for an address of programs."""
    return "app" in scope and wanted(scope) and not scope["path"].startswith(_PROGRAMS)


def page(
    request: Request,
    kind: Kind,
    status: int = 200,
    *,
    detail: str = "",
    name: str = "",
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """Return what a kind of problem means, as a page in the reader's language.

    Parameters
    ----------
    detail : str
        What happened this time, in English.
    name : str
        The request's id, under which the log has it.
    """
    state = request.app.state
    if not hasattr(state, "problem_pages"):
        state.problem_pages = Renderer(state.settings)
    made: Renderer = state.problem_pages
    told, spoken = in_language(kind, made.language(request))
    context = {
        "run": None, "kind": told, "spoken": spoken, "coded": coded, "detail": detail, "name": name
    }  # fmt: skip
    answer = made.page(request, "problem.html", context, status, told=False)
    answer.headers.update(headers or {})
    return answer


def coded(text: str) -> Markup:
    """Return text with what stands in backticks as code, all else as text.

    >>> coded("Run `a<b`.")
    Markup('Run <code>a&lt;b</code>.')
    """
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))
