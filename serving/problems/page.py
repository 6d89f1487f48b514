"""The page of a kind of problem, for people who open its address."""

import re

from fastapi import Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup, escape

from serving.pages.render import Renderer
from serving.problems.kinds import Kind

_CODE = re.compile("`+([^`]+)`+")


def wanted(request: Request) -> bool:
    """Whether a browser asks; programs take the JSON, whatever else they would take."""
    accepted = request.headers.get("accept", "")
    return "text/html" in accepted and "json" not in accepted


def page(request: Request, kind: Kind) -> HTMLResponse:
    """Return what a kind of problem means, as a page."""
    state = request.app.state
    if not hasattr(state, "problem_pages"):
        state.problem_pages = Renderer(state.settings)
    made: Renderer = state.problem_pages
    return made.page(request, "problem.html", {"run": None, "kind": kind, "coded": coded})


def coded(text: str) -> Markup:
    """Return text with what stands in backticks as code, all else as text.

    >>> coded("Run `a<b`.")
    Markup('Run <code>a&lt;b</code>.')
    """
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))
