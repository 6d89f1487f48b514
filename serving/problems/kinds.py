"""The kinds of problems, each with a stable name and a page that explains it."""

from collections.abc import Iterator
from dataclasses import dataclass

from features.errors import KenshinError


@dataclass(frozen=True)
class Kind:
    """One kind of problem and what its page says.

    Attributes
    ----------
    slug : str
        Last part of the stable address.
    status : int
        HTTP status it is answered with.
    meaning, fix : str
        What happened, and what the caller can do.
    """

    slug: str
    status: int
    title: str
    meaning: str
    fix: str


HTTP_KINDS = (
    Kind(
        "malformed-request",
        400,
        "The request cannot be read",
        "The address or the body is not what the protocol allows: text that is not UTF-8, a body "
        "that is not JSON, a number that is not finite, a key given twice, a NUL character.",
        "Send plain JSON in UTF-8, as a JSON library writes it in its strict mode.",
    ),
    Kind(
        "no-such-route",
        404,
        "There is nothing at this address",
        "No route of this service has that path.",
        "See /docs for the routes.",
    ),
    Kind(
        "method-not-allowed",
        405,
        "This address does not take that method",
        "The path exists, the method does not; the header Allow names those that do.",
        "Use a method named in Allow.",
    ),
    Kind(
        "body-too-large",
        413,
        "The body is too large",
        "A body may have at most 1,000,000 bytes, declared or streamed.",
        "Send fewer accounts in one request.",
    ),
    Kind(
        "unsupported-media-type",
        415,
        "The body is not declared as JSON",
        "A body needs the content type application/json, in UTF-8 and not compressed.",
        "Set the header Content-Type: application/json.",
    ),
    Kind(
        "invalid-request",
        422,
        "The request breaks its schema",
        "The request is readable, but a field is missing, unknown, of another type or out of "
        'range. Types are strict: 12 is a number, "12" is a text.',
        "Compare with /openapi.json; `errors` names each field and rule.",
    ),
    Kind(
        "our-own-fault",
        500,
        "Something broke on our side",
        "The service failed in a way that nobody foresaw.",
        "Report it with the request id; the log has the whole story under the same id.",
    ),
    Kind(
        "store-unavailable",
        503,
        "The score store does not answer",
        "The database that keeps the scores is locked, full, read-only or away.",
        "Try again in a moment; if it stays, look at the database.",
    ),
)

BY_SLUG = {kind.slug: kind for kind in HTTP_KINDS}
"""Problems of HTTP itself; those of `KenshinError` come on top in `kinds`."""


def kinds() -> dict[str, Kind]:
    """Return every kind of problem by slug, those of `KenshinError` included."""
    ours = {error.slug: kind_of(error) for error in _error_classes(KenshinError)}
    return {**ours, **BY_SLUG}


def _error_classes(base: type[KenshinError]) -> Iterator[type[KenshinError]]:
    yield base
    for child in base.__subclasses__():
        yield from _error_classes(child)


def kind_of(error: type[KenshinError]) -> Kind:
    """Return the kind of problem that a class of refusals is over HTTP."""
    meaning = (error.__doc__ or error.title).strip().splitlines()[0]
    return Kind(
        error.slug, error.status, error.title, meaning, "The field `fix` of the answer says it."
    )
