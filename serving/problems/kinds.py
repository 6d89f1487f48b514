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
        "no-valid-key",
        401,
        "The request carries no valid key",
        "This service asks for an API key. None was sent, or one that is unknown, wrong, expired "
        "or revoked; which of these is not told.",
        "Send the header Authorization: Bearer kk_…; `kenshin keys create` makes a key.",
    ),
    Kind(
        "scope-missing",
        403,
        "The key may not do this",
        "The key is valid, but the scope that this address asks for is not among its own. The "
        "scopes are read, predict, feedback and admin; none includes another.",
        "Use a key with the scope that `expected` names.",
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
        "A body may have at most 8,000,000 bytes where it holds accounts (/v1/predictions, "
        "/invocations), elsewhere 1,000,000, declared or streamed; a form less.",
        "Send fewer accounts in one request.",
    ),
    Kind(
        "request-timeout",
        408,
        "The request did not come in time",
        "Head and body of a request have to arrive within the limits of [serving]; the connection "
        "is closed.",
        "Send it in one go over a new connection.",
    ),
    Kind(
        "target-too-long",
        414,
        "The address is too long",
        "Path and query may have at most 8,192 bytes together.",
        "Ask with fewer parameters, or for one page after the other by its cursor.",
    ),
    Kind(
        "unsupported-media-type",
        415,
        "The body is not declared as what this address takes",
        "A body needs the content type of its route, for most application/json, in UTF-8 and not "
        "compressed; the header Accept of the answer names it.",
        "Set the header Content-Type accordingly.",
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
        "too-many-requests",
        429,
        "More requests than your share",
        "Each key, or without keys each client address, has a bucket of requests that fills at a "
        "steady rate, and a number of requests that may be under way at once.",
        "Wait for as many seconds as Retry-After says; the headers RateLimit-Limit, "
        "RateLimit-Remaining and RateLimit-Reset tell how much is left.",
    ),
    Kind(
        "headers-too-large",
        431,
        "The headers are too many or too large",
        "A request may have at most 100 headers and 16,384 bytes of them.",
        "Send fewer headers; cookies of other sites on the same name are a common cause.",
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
    Kind(
        "too-busy",
        503,
        "Too many requests are under way",
        "The service answers only so many requests at once, of all callers together.",
        "Try again after as many seconds as Retry-After says.",
    ),
    Kind(
        "deadline",
        503,
        "The answer took too long",
        "The request passed the deadline of this service. A write may still have taken effect, as "
        "a whole or not at all.",
        "Ask for less at once. Repeat a write with the same Idempotency-Key: it takes effect once.",
    ),
)

BY_SLUG = {kind.slug: kind for kind in HTTP_KINDS}
"""Problems of HTTP itself; those of `KenshinError` come on top in `kinds`."""


def kinds() -> dict[str, Kind]:
    """Return every kind of problem by slug, those of `KenshinError` included."""
    ours: dict[str, Kind] = {}
    for error in _error_classes(KenshinError):
        ours.setdefault(error.slug, kind_of(error))  # the general one before its special cases
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
