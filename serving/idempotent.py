"""The middleware of ``Idempotency-Key``: replays, refusals, and who is the first."""

import logging
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from features.clock import utc_now
from features.errors import KenshinError
from features.settings import Settings
from serving.idempotency import (
    Kept,
    Once,
    StillRunningError,
    TakenError,
    answered,
    fingerprint,
    hashed,
    is_key,
    purge,
)
from serving.problems import Fault, problem
from serving.problems.documents import invalid
from serving.problems.kinds import BY_SLUG, kind_of
from serving.shares import taker

WRITES: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
HEADER: Final = "idempotency-key"
PURGED_EVERY: Final = timedelta(hours=1)

log = logging.getLogger("kenshin.idempotency")


class Idempotent:
    """Pure ASGI middleware between `Guard`, which has read the body, and the router.

    A request without the header, or one that only reads, passes untouched. What a route stores by
    `Once.keep` is replayed; a refusal or a failure had no effect, is not kept, and may be tried
    again under the same key.
    """

    def __init__(self, app: ASGIApp, engine: sa.Engine, settings: Settings) -> None:
        self.app, self.engine = app, engine
        self.hours = settings.serving.idempotency_hours
        self.under_way: set[tuple[str, str]] = set()
        self._purged_at = datetime.min

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, once."""
        if scope["type"] != "http" or scope["method"] not in WRITES:
            await self.app(scope, receive, send)
            return
        keys = Headers(scope=scope).getlist(HEADER)
        if not keys:
            await self.app(scope, receive, send)
        elif len(keys) > 1 or not is_key(keys[0]):
            message = "must be given once, as 1 to 255 printable ASCII characters"
            fault = Fault(field="header.Idempotency-Key", code="idempotency_key", message=message)
            await invalid(scope, [fault])(scope, receive, send)
        else:
            await self._serve_once(self._once(scope, keys[0]), scope, receive, send)

    def _once(self, scope: Scope, key: str) -> Once:
        target = scope.get("raw_path", b"") + b"?" + scope["query_string"]
        body: bytes = scope["state"].get("body", b"")
        request = fingerprint(key, scope["method"], target, body)
        return Once(taker(scope), hashed(key), request, self.hours)

    async def _serve_once(self, once: Once, scope: Scope, receive: Receive, send: Send) -> None:
        mine = (once.caller, once.key)
        if mine in self.under_way:
            await _refusal(scope, _still_running())(scope, receive, send)
            return
        self.under_way.add(mine)
        try:
            kept = await self._kept(once, scope)
            if kept is None:
                scope["state"]["once"] = once
                try:
                    await self.app(scope, receive, send)
                    return
                except TakenError:
                    # Another process was faster; the effect here was rolled back.
                    kept = await self._kept(once, scope) or _refusal(scope, _still_running())
            await kept(scope, receive, send)
        finally:
            self.under_way.discard(mine)

    async def _kept(self, once: Once, scope: Scope) -> Response | None:
        """Return the answer that the key has already: the first one, or why it is another's."""
        try:
            kept = await run_in_threadpool(self._look_up, once)
        except KenshinError as error:
            return _refusal(scope, error)
        except sa.exc.SQLAlchemyError as error:
            log.error("the answers kept cannot be read: %s", type(error).__name__)
            headers = {"Retry-After": "1"}
            return problem(scope, BY_SLUG["store-unavailable"], headers=headers)
        return None if kept is None else _replayed(kept)

    def _look_up(self, once: Once) -> Kept | None:
        now = utc_now()
        if now - self._purged_at > PURGED_EVERY:
            self._purged_at = now
            purge(self.engine, now - timedelta(hours=self.hours))
        return answered(self.engine, once)


def _replayed(kept: Kept) -> Response:
    return Response(kept.body, kept.status, {**kept.headers, "Idempotency-Replayed": "true"})


def _still_running() -> StillRunningError:
    return StillRunningError(
        "one request at a time under an Idempotency-Key",
        "the first one has not been answered yet",
        "Wait a moment and send the same request again.",
    )


def _refusal(scope: Scope, error: KenshinError) -> Response:
    return problem(
        scope,
        kind_of(type(error)),
        str(error),
        headers={"Retry-After": "1"} if error.status == 409 else None,
        expected=error.expected,
        found=error.found,
        fix=error.fix,
    )
