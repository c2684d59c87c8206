"""Answer requests whose endpoint is cancelled: at its `timeout`, or when its client has left.

The endpoint runs in the task of the request, as always. That task is cancelled once, so a `finally`
or an `async with` in the endpoint may wait for its own clean-up. Then the exit code of dependencies
runs, and after it the request is answered with 504, or with 499 if nobody reads the answer.

A thread cannot be stopped, and clean-up may take long, or never end. Then another task sends the
504, and the task of the request sends nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextvars import Context, copy_context
from typing import Any

import anyio
from starlette.responses import Response

from pronghorn.core.guarded_tasks import Guard
from pronghorn.core.overdue import watch
from pronghorn.exceptions import EndpointTimeout
from pronghorn.logger import logger
from pronghorn.run.errors import HandlersOfScope
from pronghorn.run.exchange import HANDLERS_KEY, LATE_HEADERS, Exchange
from pronghorn.run.late_headers import late_exchange
from pronghorn.run.observed import CLIENT_LEFT

Handler = Callable[[Exchange, Mapping[str, Any]], Awaitable[None]]
#: Seconds that the clean-up of a cancelled endpoint may take before another task sends the 504.
PATIENCE = 1.0
TIMED_OUT = "timed out"
LEFT = "client left"


def guard_handler(
    handler: Handler, label: str, timeout: float | None, *, cancels_on_disconnect: bool
) -> Handler:
    """Return a handler whose endpoint may be cancelled.

    Args:
        handler: The handler of the route.
        label: The route for people: `GET /items/{item_id}`.
        timeout: Seconds until the response has to begin; None for no limit.
        cancels_on_disconnect: Whether the endpoint is cancelled when the client leaves.
    """

    async def run_guarded(exchange: Exchange, path: Mapping[str, Any]) -> None:
        try:
            task = asyncio.current_task()
        except RuntimeError:
            task = None
        if task is None:
            await _run_on_trio(handler, exchange, path, timeout, label)
            return
        guard = _RequestGuard(task, exchange, label, timeout or 0.0)
        timer = None if timeout is None else watch(timeout, guard, guard.expire)
        stop = exchange.watch_departure(guard.note_departure) if cancels_on_disconnect else None
        try:
            await _run(handler, exchange, path, guard)
        finally:
            guard.end()
            if timer is not None:
                timer.remove(guard)
            if stop is not None:
                stop()
        if guard.reason is not None:
            await guard.answer()

    return run_guarded


async def _run(
    handler: Handler, exchange: Exchange, path: Mapping[str, Any], guard: _RequestGuard
) -> None:
    """Run a handler; return if it was cancelled by its guard."""
    try:
        await handler(exchange, path)
    except asyncio.CancelledError:
        if not guard.has_cancelled():
            raise
    except Exception as error:
        if not guard.is_answered:
            raise
        logger.error("%s failed after its 504 was sent", guard.label, exc_info=error)
    else:
        guard.has_cancelled()
        guard.is_finished = True


class _RequestGuard(Guard):
    """The guard of one request.

    Args:
        task: The task that runs the endpoint.
        exchange: The request and its response.
        label: The route for people.
        timeout: Seconds until the response has to begin.

    Attributes:
        is_finished: True if the handler has returned although it was cancelled.
    """

    __slots__ = (
        "_answering",
        "_cancelling",
        "_context",
        "_exchange",
        "_timeout",
        "is_finished",
        "label",
    )

    def __init__(
        self, task: asyncio.Task[Any], exchange: Exchange, label: str, timeout: float
    ) -> None:
        super().__init__(task)
        self._exchange = exchange
        self._timeout = timeout
        self.label = label
        self.is_finished = False
        self._cancelling = task.cancelling()
        #: The context variables for the handler of the 504.
        self._context: Context | None = copy_context() if timeout else None
        #: The task that sends the 504 in place of the task of the request.
        self._answering: asyncio.Task[None] | None = None

    def may_answer(self) -> bool:
        return not self._exchange.started

    def note_departure(self) -> None:
        """Cancel the endpoint because its client has left."""
        self.leave(LEFT)

    def expire(self) -> None:
        """Cancel the endpoint because its time is over."""
        if not self.cancel(TIMED_OUT):
            return
        logger.warning("%s has not answered within %g s, its timeout", self.label, self._timeout)
        if self.is_in_thread:
            self._answer_instead()
        else:
            loop = asyncio.get_running_loop()
            loop.call_later(PATIENCE, self._answer_instead, context=Context())

    def _answer_instead(self) -> None:
        if not self.is_over and self.may_answer():
            self.is_answered = True
            self._answering = asyncio.get_running_loop().create_task(
                self._send(), context=self._context
            )

    async def _send(self) -> None:
        await _answer(self._exchange, EndpointTimeout(self._timeout))

    def has_cancelled(self) -> bool:
        """Take a cancellation back that this guard has asked for, and return True.

        Returns:
            False if somebody else has cancelled the task.
        """
        if not self.is_thrown:
            return self.reason is not None
        self.is_thrown = False
        return self._task.uncancel() <= self._cancelling

    async def answer(self) -> None:
        """Send the response of a request that was cancelled, unless one was sent.

        Raises:
            EndpointTimeout: Its time was over; an error handler answers outside of the route.
        """
        if self._answering is not None:
            await self._answering
        elif self.may_answer() and not self.is_finished:
            if self.reason == TIMED_OUT:
                await _answer_late(self._exchange, EndpointTimeout(self._timeout))
                return
            # Nobody reads it, but middleware and the log of the server have to see an end.
            await self._exchange.send_response(Response(status_code=CLIENT_LEFT))


async def _answer(exchange: Exchange, error: EndpointTimeout) -> None:
    """Send the response to a request whose time is over."""
    late = late_exchange(exchange)
    if exchange.scope.get(HANDLERS_KEY) is None:
        await late.send_response(_plain(error))
    else:
        await HandlersOfScope().answer(late, error)


async def _answer_late(exchange: Exchange, error: EndpointTimeout) -> None:
    """Send the response here if a battery adds headers to it; otherwise raise the error."""
    if LATE_HEADERS not in exchange.scope:
        raise error
    await _answer(exchange, error)


def _plain(error: EndpointTimeout) -> Response:
    from starlette.responses import JSONResponse  # Only without the error handlers of a program.

    return JSONResponse({"detail": error.detail}, error.status_code)


async def _run_on_trio(
    handler: Handler,
    exchange: Exchange,
    path: Mapping[str, Any],
    timeout: float | None,
    label: str,
) -> None:
    """Run a handler with a timeout on Trio, where a client that leaves cancels nothing."""
    with anyio.move_on_after(timeout) as scope:
        await handler(exchange, path)
    if scope.cancelled_caught and not exchange.started:
        logger.warning("%s has not answered within %g s, its timeout", label, timeout)
        await _answer_late(exchange, EndpointTimeout(timeout or 0.0))
