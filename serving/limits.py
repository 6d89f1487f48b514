"""Nobody takes more than their share: requests a second, requests at once, seconds a request.

Each caller has a token bucket and a number of requests that may be under way; the process has one
number for all of them. A caller is an API key, or without keys a client address.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from features.serving_settings import ServingSettings
from serving.problems import kinds, problem
from serving.shares import Share, Shares, taker

PROBES = frozenset({"/livez", "/readyz", "/ping", "/health"})
"""Whoever keeps the process running may always ask; only the deadline holds for them."""

SUBJECTS = "/v1/subjects/"
"""What is asked here reads or writes everything there is, and has a deadline of its own."""

log = logging.getLogger("kenshin.limits")


class Timer(Protocol):
    """Something due later that can be called off."""

    def cancel(self) -> None:
        """Call it off."""


After = Callable[[float, Callable[[], None]], Timer]
"""Calls a function after so many seconds unless it is called off before."""


def after(seconds: float, call: Callable[[], None]) -> Timer:
    """Call ``call`` on the running event loop after ``seconds``."""
    return asyncio.get_running_loop().call_later(seconds, call)


class Limits:
    """Pure ASGI middleware that refuses what is too much and answers what takes too long.

    Parameters
    ----------
    app : ASGIApp
        What is protected.
    settings : ServingSettings
        ``requests_per_second``, ``burst``, ``concurrent``, ``concurrent_per_caller``,
        ``deadline_seconds``, ``erasure_seconds``.
    clock : callable
        Seconds that never run backwards.
    later : callable
        Starts the timer of the deadline.

    Notes
    -----
    At the deadline the caller gets 503, or 408 when it is his own body that has not come. A thread
    that works on the request cannot be stopped and is not: it ends by itself, its answer is
    dropped, and until then it counts as under way, so that stuck requests cannot pile up. What it
    had begun to write is committed as a whole or not at all; with an ``Idempotency-Key`` the
    caller finds out which by asking again.
    """

    def __init__(
        self,
        app: ASGIApp,
        settings: ServingSettings,
        *,
        clock: Callable[[], float] = time.monotonic,
        later: After = after,
    ) -> None:
        self.app, self.settings, self.later = app, settings, later
        self.shares = Shares(settings.requests_per_second, settings.burst, clock)
        self.under_way = 0
        self.kinds = kinds()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request within its limits."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        call = _Call(self, scope, receive, send)
        if scope["path"] in PROBES:
            await call.run()
            return
        share = self.shares.of(taker(scope))
        if await self._is_too_much(share, scope, receive, send):
            return
        call.share = share
        self.under_way += 1
        share.under_way += 1
        try:
            await call.run()
        finally:
            self.under_way -= 1
            share.under_way -= 1

    def patience(self, scope: Scope) -> float:
        """Return after how many seconds a request is answered that it took too long."""
        slow = scope["path"].startswith(SUBJECTS) and scope["method"] in ("GET", "DELETE")
        return self.settings.erasure_seconds if slow else self.settings.deadline_seconds

    async def _is_too_much(self, share: Share, scope: Scope, receive: Receive, send: Send) -> bool:
        """Answer 503 or 429 where a limit is reached; only an admitted request costs a token."""
        limits = self.settings
        if self.under_way >= limits.concurrent:
            refusal = problem(scope, self.kinds["too-busy"], headers={"Retry-After": "1"})
        elif share.under_way >= limits.concurrent_per_caller:
            detail = (
                f"Expected at most {limits.concurrent_per_caller} requests of one caller at once; "
                "found more. Wait for an answer before asking again."
            )
            kind = self.kinds["too-many-requests"]
            refusal = problem(scope, kind, detail, headers={"Retry-After": "1"})
        elif (wait := self.shares.take(share)) > 0:
            headers = {"Retry-After": str(wait), **self.shares.headers(share)}
            refusal = problem(scope, self.kinds["too-many-requests"], headers=headers)
        else:
            return False
        await refusal(scope, receive, send)
        return True


class _Call:
    """One request, its two channels and what became of it."""

    __slots__ = (
        "answered", "limits", "message", "reading", "receive", "scope", "send", "share", "started",
        "task", "whole",
    )  # fmt: skip

    def __init__(self, limits: Limits, scope: Scope, receive: Receive, send: Send) -> None:
        self.limits, self.scope, self.receive, self.send = limits, scope, receive, send
        self.share: Share | None = None
        self.started = self.answered = self.reading = self.whole = False
        self.task: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Serve the request; after the deadline only its end is awaited."""
        timer = self.limits.later(self.limits.patience(self.scope), self.answer_late)
        try:
            await self.limits.app(self.scope, self.take, self.give)
        except Exception:
            if not self.answered:
                raise
            log.exception("request %s failed after its deadline", self._name())
        finally:
            timer.cancel()
        if self.task is not None:
            await self.task

    async def take(self) -> Message:
        """Return what the caller sends next; nothing more once the deadline has passed."""
        if self.answered:
            return {"type": "http.disconnect"}
        self.reading = True
        message = await self.receive()
        self.reading = False
        self.whole = self.whole or not message.get("more_body", False)
        return message

    async def give(self, message: Message) -> None:
        """Send a part of the answer, unless the deadline has answered already."""
        if self.answered:
            return
        if message["type"] == "http.response.start":
            self.started = True
            if self.share is not None:
                message["headers"] = [
                    *message.get("headers", ()),
                    *self.limits.shares.raw_headers(self.share),
                ]
        await self.send(message)

    def answer_late(self) -> None:
        """Answer at the deadline, unless the answer has begun; then whoever reads it sets the pace.

        A body that trickles is the caller's doing: 408, and the connection ends with it.
        """
        if self.started:
            return
        self.answered = True
        if self.reading and not self.whole:
            slug, headers = "request-timeout", {"Connection": "close"}
        else:
            slug, headers = "deadline", {"Retry-After": "1"}
            log.warning("request %s passed its deadline", self._name())
        refusal = problem(self.scope, self.limits.kinds[slug], headers=headers)
        self.task = asyncio.get_running_loop().create_task(
            refusal(self.scope, self.receive, self.send)
        )

    def _name(self) -> str:
        return str(self.scope.get("state", {}).get("request_id", ""))
