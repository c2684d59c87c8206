"""What stays open while a request is answered, and how it is closed.

Two stacks, as in FastAPI: what has the lifetime "function" closes before the response is sent,
what has the lifetime "request" closes after the response and its background tasks.

Entering may be cancelled; closing may not. A cancel scope that is opened around everything and
becomes a shield while closing does that even for dependencies that hold cancel scopes or task
groups of their own, since theirs stay nested inside it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from types import TracebackType
from typing import Any, Self

from anyio import CancelScope
from anyio.lowlevel import checkpoint_if_cancelled
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from pronghorn.concurrency import contextmanager_in_threadpool
from pronghorn.core.kinds import CallKind
from pronghorn.exceptions import FastAPIError
from pronghorn.run.exchange import Exchange

RequestHandler = Callable[[Request], Awaitable[Response]]
#: Where the outer handler leaves the lifetime for the inner one, in the ASGI scope.
LIFETIME_KEY = "pronghorn.lifetime"
#: Where the scope has the stack that is closed after everything else of a request.
OUTERMOST_STACK = "fastapi_middleware_astack"
REQUEST_STACK = "fastapi_inner_astack"
FUNCTION_STACK = "fastapi_function_astack"
#: The stacks that FastAPI leaves in the scope, by their keys.
STACKS = frozenset({OUTERMOST_STACK, REQUEST_STACK, FUNCTION_STACK})
#: As generated handlers write it.
_ASYNC = CallKind.ASYNC_GENERATOR.value


class Lifetime:
    """The two exit stacks of one request or WebSocket connection.

    Use it as an asynchronous context manager around the whole exchange, and
    `close_function_stack` between the endpoint's result and the sending of it.
    """

    __slots__ = ("_cancel_scope", "_function_stack", "_has_async", "request_stack")

    def __init__(self) -> None:
        self.request_stack: AsyncExitStack[bool | None] = AsyncExitStack()
        self._function_stack: AsyncExitStack[bool | None] | None = None
        self._cancel_scope = CancelScope()
        self._has_async = False

    @property
    def function_stack(self) -> AsyncExitStack[bool | None]:
        """The stack of what has the lifetime "function"; made when first asked for."""
        if self._function_stack is None:
            self._function_stack = AsyncExitStack()
        return self._function_stack

    async def __aenter__(self) -> Self:
        self._cancel_scope.__enter__()
        return self

    async def close_function_stack(self) -> None:
        """Run the exit code of everything with the lifetime "function"."""
        if self._function_stack is None:
            return
        self._cancel_scope.shield = True
        try:
            await self._function_stack.aclose()
        finally:
            self._cancel_scope.shield = False
        await self._notice_cancellation()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        self._cancel_scope.shield = True
        try:
            handled = await self._close_both(kind, error, traceback)
            if error is None or handled:
                kind = error = traceback = None
                self._cancel_scope.shield = False
                await self._notice_cancellation()
        except BaseException as raised:
            self._cancel_scope.__exit__(type(raised), raised, raised.__traceback__)
            raise
        return bool(self._cancel_scope.__exit__(kind, error, traceback)) or handled

    async def _close_both(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        """Close the inner stack, then the outer one; tell whether the error was swallowed."""
        inner = self._function_stack
        if inner is None:
            return bool(await self.request_stack.__aexit__(kind, error, traceback))
        swallowed = False
        async with self.request_stack:
            swallowed = bool(await inner.__aexit__(kind, error, traceback))
            if error is not None and not swallowed:
                swallowed = True  # by the outer stack, if this line is not left for good
                raise error
        return swallowed

    async def _notice_cancellation(self) -> None:
        """Let a cancellation that came during asynchronous clean-up take effect now."""
        if self._has_async:
            await checkpoint_if_cancelled()

    async def enter(self, kind: str, lifetime: str, manager: Any) -> Any:
        """Start a generator dependency; return what it yields.

        Args:
            kind: A `CallKind` or its text. A generator that is not asynchronous runs in worker
                threads.
            lifetime: "function" or "request".
            manager: Its context manager, not entered yet.
        """
        if kind == _ASYNC:
            self._has_async = True
        else:
            manager = contextmanager_in_threadpool(manager)
        return await self.stack(lifetime).enter_async_context(manager)

    def stack(self, lifetime: str) -> AsyncExitStack[bool | None]:
        """The stack of what has this lifetime: "function" or "request"."""
        return self.function_stack if lifetime == "function" else self.request_stack


def manager_maker(kind: str, call: Callable[..., Any]) -> Callable[..., Any]:
    """What makes the context manager of a generator function; made once, at compile time."""
    return (asynccontextmanager if kind == _ASYNC else contextmanager)(call)


def response_not_sent(where: str) -> FastAPIError:
    """The error for a dependency that swallowed an exception, so that nothing was sent."""
    return FastAPIError(
        "Response not awaited: nothing was sent. Something in the request is raising an "
        "exception and a dependency with yield catches it without raising it again.\n"
        f"     route: {where}\n"
        "     write: `raise` at the end of that `except` block, or raise an HTTPException there"
    )


# --- in the scope ---------------------------------------------------------------------------
#
# Functions and libraries find the stacks in the ASGI scope.


@asynccontextmanager
async def outermost_stack(scope: Scope) -> AsyncIterator[None]:
    """Have the stack in the scope that is closed after everything else of a request."""
    if OUTERMOST_STACK in scope:
        yield
        return
    async with AsyncExitStack() as stack:
        scope[OUTERMOST_STACK] = stack
        try:
            yield
        finally:
            # A middleware may let the same scope be answered again, with a stack of its own.
            del scope[OUTERMOST_STACK]


async def run_with_lifetime(exchange: Exchange, handler: RequestHandler, where: str) -> None:
    """Let a request handler answer, with stacks open around it that it finds in the scope."""
    async with outermost_stack(exchange.scope):
        await _answer_with_lifetime(exchange, handler, where)


async def _answer_with_lifetime(exchange: Exchange, handler: RequestHandler, where: str) -> None:
    async with Lifetime() as lifetime:
        exchange.scope[LIFETIME_KEY] = lifetime
        exchange.scope[REQUEST_STACK] = lifetime.request_stack
        exchange.scope[FUNCTION_STACK] = lifetime.function_stack
        response = await handler(exchange.connection)
        await lifetime.close_function_stack()
        await exchange.send_response(response)
        return
    raise response_not_sent(where)
