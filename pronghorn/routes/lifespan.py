"""Startup and shutdown of an application: event handlers, lifespans, and how they nest."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from traceback import format_exc
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pronghorn.core.setup_errors import FULL_TRACEBACK, SetupError
from pronghorn.core.threads.hop import call_in_thread
from pronghorn.plan.check_application import check_lifespan

Lifespan = Callable[[Any], AbstractAsyncContextManager[Any]]


def lifespan_of(router: Any, given: Any) -> Lifespan:
    """Return the function that makes the lifespan context manager of a router.

    Args:
        router: The router.
        given: The argument of the program: a function that returns an asynchronous context
            manager, a generator function of either kind, or None for the router's startup and
            shutdown handlers.
    """
    check_lifespan(given)
    if given is None:
        return HandlerLifespan(router)
    if inspect.isasyncgenfunction(given):
        return asynccontextmanager(given)
    if inspect.isgeneratorfunction(given):
        return in_async(contextmanager(given))
    lifespan: Lifespan = given
    return lifespan


class HandlerLifespan:
    """A lifespan that runs the `on_startup` and `on_shutdown` handlers of a router.

    The handlers are read when they run, so they may be added until then. The object is also its own
    context manager, because libraries enter it without a call.
    """

    def __init__(self, router: Any) -> None:
        self._router = router

    def __call__(self, app: Any) -> HandlerLifespan:
        return self

    async def __aenter__(self) -> None:
        await self._router._startup()

    async def __aexit__(self, *error: object) -> None:
        await self._router._shutdown()


async def startup_failed(receive: Receive, send: Send) -> None:
    """Report the exception that is being handled to the server as a failed startup."""
    await receive()
    await send({"type": "lifespan.startup.failed", "message": format_exc()})


async def make_layers(
    make: Callable[[], ASGIApp], scope: Scope, receive: Receive, send: Send
) -> ASGIApp:
    """Return the layers of an application; a startup fails if they cannot be made.

    A server takes an application that raises before its startup for one without a lifespan. It
    would start, and answer every request with 500.

    Args:
        make: Makes the layers.
        scope: The scope of the first call.
        receive: Its `receive`.
        send: Its `send`.
    """
    try:
        return make()
    except Exception:
        if scope["type"] == "lifespan":
            await startup_failed(receive, report_clearly(send))
        raise


def report_clearly(send: Send) -> Send:
    """Return a `send` that reports a `SetupError` at startup without its traceback.

    Its text says what to do. If `PRONGHORN_FULL_TRACEBACK` is set, the traceback stays.
    """

    async def send_clearly(message: Message) -> None:
        error = sys.exc_info()[1]
        is_clear = isinstance(error, SetupError) and not os.environ.get(FULL_TRACEBACK)
        if is_clear and message["type"] == "lifespan.startup.failed":
            message = {**message, "message": str(error)}
        await send(message)

    return send_clearly


async def run_handlers(handlers: list[Callable[[], Any]]) -> None:
    """Run event handlers one after the other; `def` handlers run on the event loop."""
    for handler in handlers:
        result = handler()
        if inspect.isawaitable(result):
            await result


def merged(outer: Lifespan, inner: Lifespan) -> Lifespan:
    """Return a lifespan that enters both; for a key that both states have, the outer one wins."""

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[Mapping[str, Any] | None]:
        async with outer(app) as outer_state, inner(app) as inner_state:
            if outer_state is None and inner_state is None:
                yield None
            else:
                yield {**(inner_state or {}), **(outer_state or {})}

    return lifespan


def in_async(manager: Callable[[Any], Any]) -> Lifespan:
    """Return a synchronous lifespan as an asynchronous one, entered in a worker thread.

    Entering may block.
    """

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[Any]:
        entered = manager(app)
        state = await call_in_thread(entered.__enter__)
        try:
            yield state
        except BaseException as error:
            if not entered.__exit__(type(error), error, error.__traceback__):
                raise
        else:
            entered.__exit__(None, None, None)

    return lifespan
