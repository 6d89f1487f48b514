"""A route that answers from the parsed body, past FastAPI's request, dependencies and models.

FastAPI still describes the route in OpenAPI, and still answers where a request is not of the usual
form (a query, a body nobody has read): then its dependencies refuse it.
"""

from typing import Final, TypeVar

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.datastructures import State
from starlette.types import Receive, Scope, Send

Asked = TypeVar("Asked", bound=BaseModel)

UNREAD: Final = object()
"""Stands for the document of a request whose body has not been parsed."""


class AnsweredAtOnce(APIRoute):
    """A route with a JSON body; a subclass says what answers it."""

    @staticmethod
    async def answer(document: object, state: State) -> bytes:
        """Return the body of the 200 for a parsed body and the application's state."""
        raise NotImplementedError

    async def answer_body(self, document: object, scope: Scope) -> bytes:
        """Return the same from the whole request, for answers that need more of it."""
        return await self.answer(document, scope["app"].state)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request."""
        document = scope.get("state", {}).get("json", UNREAD)
        methods = self.methods or ()
        if document is UNREAD or scope["query_string"] or scope["method"] not in methods:
            await super().handle(scope, receive, send)
            return
        body = await self.answer_body(document, scope)
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(body)),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def validated(model: type[Asked], document: object) -> Asked:
    """Return ``document`` as ``model``.

    Raises
    ------
    RequestValidationError
        As FastAPI raises it for a body.
    """
    try:
        return model.model_validate(document)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        raise RequestValidationError(
            [{**one, "loc": ("body", *one["loc"])} for one in found]
        ) from None
