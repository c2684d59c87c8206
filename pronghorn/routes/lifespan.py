"""The life of an application: startup and shutdown handlers, lifespans, and how they nest."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from traceback import format_exc
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Send

from pronghorn.plan.check import check_lifespan

Lifespan = Callable[[Any], AbstractAsyncContextManager[Any]]


def lifespan_of(router: Any, given: Any) -> Lifespan:
    """The context manager around the life of a router.

    - `given`: what the user passed: an asynchronous context manager function, a generator
      function of either kind, or None for the router's startup and shutdown handlers.
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
    """Runs the `on_startup` and `on_shutdown` handlers of a router, as they are at that time.

    It is the lifespan and the context manager in one, as libraries enter it without calling it.
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
    """Tell the server that the application cannot start; called while handling the exception."""
    await receive()
    await send({"type": "lifespan.startup.failed", "message": format_exc()})


async def run_handlers(handlers: list[Callable[[], Any]]) -> None:
    """Run event handlers one after the other; `def` handlers run on the event loop."""
    for handler in handlers:
        result = handler()
        if inspect.isawaitable(result):
            await result


def merged(outer: Lifespan, inner: Lifespan) -> Lifespan:
    """Both lifespans, the inner one inside; the outer one's state wins where both give one."""

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[Mapping[str, Any] | None]:
        async with outer(app) as outer_state, inner(app) as inner_state:
            if outer_state is None and inner_state is None:
                yield None
            else:
                yield {**(inner_state or {}), **(outer_state or {})}

    return lifespan


def in_async(manager: Callable[[Any], Any]) -> Lifespan:
    """The same lifespan as an asynchronous one; entering may block, so a thread does it."""

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[Any]:
        entered = manager(app)
        state = await run_in_threadpool(entered.__enter__)
        try:
            yield state
        except BaseException as error:
            if not entered.__exit__(type(error), error, error.__traceback__):
                raise
        else:
            entered.__exit__(None, None, None)

    return lifespan
