"""Entity tags: an answer that has not changed is not sent again."""

import hashlib
from contextlib import suppress
from importlib.metadata import version
from typing import Any

from fastapi import Request, Response

from features.errors import SettingsError
from features.settings import Settings
from serving.plays import Play, plays_of

Documented = dict[int | str, dict[str, Any]]

_HEADERS = {
    "ETag": {
        "description": "Changes with the scoring run, and with whatever else the answer tells.",
        "schema": {"type": "string"},
    },
}
TAGGED: Documented = {
    200: {"headers": _HEADERS},
    304: {"description": "The answer is still the one with that `If-None-Match`."},
}
"""OpenAPI entries of a route that calls `unchanged`."""


def unchanged(request: Request, response: Response, *parts: str) -> Response | None:
    """Return a 304 where the caller already has this answer; else tag ``response``.

    Parameters
    ----------
    parts : str
        What the answer depends on beside its address, the program, its settings and its plays.
    """
    wording: Wording = request.app.state.wording
    tag = '"' + ".".join((*parts, wording.mark)) + '"'
    response.headers["ETag"] = tag
    response.headers["Cache-Control"] = "private, no-cache"
    if known_tag(request, tag):
        return Response(status_code=304, headers=dict(response.headers))
    return None


def known_tag(request: Request, tag: str) -> bool:
    """Return whether the caller says that it has the answer of that tag."""
    given = request.headers.get("if-none-match", "")
    held = {one.strip().removeprefix("W/") for one in given.split(",")}
    return tag in held or "*" in held


class Wording:
    """A short name of all that answers are told by, beside what is stored: it is in every tag.

    The program, the company's settings and its plays, which may be changed while the server runs.
    """

    def __init__(self, settings: Settings) -> None:
        said = settings.model_dump_json(exclude={"root", "store"})
        self._settings, self._said = settings, f"{version('kenshin')} {said}"
        self._plays: tuple[Play, ...] | None = None
        self._mark = ""

    @property
    def mark(self) -> str:
        """The name as of now; reads the plays again only where their file has changed.

        Plays that cannot be read are the business of who tells one; here they change nothing.
        """
        plays = self._plays
        with suppress(SettingsError):
            plays = plays_of(self._settings)
        if plays is not self._plays or not self._mark:
            self._mark = hashlib.sha256(f"{self._said} {plays}".encode()).hexdigest()[:8]
            self._plays = plays
        return self._mark
