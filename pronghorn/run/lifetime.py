"""Keep dependencies with `yield` open while a request is answered, and close them.

There are two stacks, as in FastAPI: dependencies with the lifetime "function" close before the
response is sent, those with the lifetime "request" after the response and its background tasks.

Entering may be cancelled; closing may not. One cancel scope is opened around everything and
becomes a shield during closing. That also works for dependencies that hold cancel scopes or task
groups of their own, because theirs stay nested inside it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from types import TracebackType
from typing import Any, Self

from anyio import CancelScope, get_current_task
from anyio.lowlevel import checkpoint_if_cancelled
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from pronghorn.concurrency import contextmanager_in_threadpool
from pronghorn.core.kinds import CallKind
from pronghorn.exceptions import FastAPIError
from pronghorn.run.exchange import Exchange

RequestHandler = Callable[[Request], Awaitable[Response]]
#: The key of the lifetime in the ASGI scope: the outer handler puts it there for the inner one.
LIFETIME_KEY = "pronghorn.lifetime"
#: The key of the stack that is closed after everything else of a request.
OUTERMOST_STACK = "fastapi_middleware_astack"
REQUEST_STACK = "fastapi_inner_astack"
FUNCTION_STACK = "fastapi_function_astack"
#: The keys of the stacks that FastAPI puts into the scope.
STACKS = frozenset({OUTERMOST_STACK, REQUEST_STACK, FUNCTION_STACK})
#: The text that generated handlers contain.
_ASYNC = CallKind.ASYNC_GENERATOR.value


class Lifetime:
    """The two exit stacks of one request or WebSocket connection.

    Use it as an asynchronous context manager around the whole exchange, and call
    `close_function_stack` after the endpoint has returned and before its result is sent.
    """

    __slots__ = ("_cancel_scope", "_function_stack", "_has_async", "request_stack")

    def __init__(self) -> None:
        self.request_stack: AsyncExitStack[bool | None] = AsyncExitStack()
        self._function_stack: AsyncExitStack[bool | None] | None = None
        self._cancel_scope = CancelScope()
        self._has_async = False

    @property
    def function_stack(self) -> AsyncExitStack[bool | None]:
        """Return the stack for the lifetime "function"; it is made on first use."""
        if self._function_stack is None:
            self._function_stack = AsyncExitStack()
        return self._function_stack

    async def __aenter__(self) -> Self:
        self._cancel_scope.__enter__()
        return self

    async def close_function_stack(self) -> None:
        """Run the exit code of every dependency with the lifetime "function"."""
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
        """Close the inner stack, then the outer one; return True if the error was swallowed."""
        inner = self._function_stack
        if inner is None:
            return bool(await self.request_stack.__aexit__(kind, error, traceback))
        swallowed = False
        async with self.request_stack:
            swallowed = bool(await inner.__aexit__(kind, error, traceback))
            if error is not None and not swallowed:
                swallowed = True  # True only if the outer stack swallows the error raised here.
                raise error
        return swallowed

    async def _notice_cancellation(self) -> None:
        """Let a cancellation that came during asynchronous clean-up take effect now."""
        if self._has_async:
            await checkpoint_if_cancelled()

    async def enter(self, kind: str, lifetime: str, manager: Any) -> Any:
        """Start a generator dependency; return the value that it yields.

        Args:
            kind: A `CallKind` or its text. A generator that is not asynchronous runs in worker
                threads.
            lifetime: "function" or "request".
            manager: The context manager of the generator; not entered yet.
        """
        if kind == _ASYNC:
            self._has_async = True
        else:
            manager = contextmanager_in_threadpool(manager)
        return await self.stack(lifetime).enter_async_context(manager)

    def stack(self, lifetime: str) -> AsyncExitStack[bool | None]:
        """Return the stack for a lifetime: "function" or "request"."""
        return self.function_stack if lifetime == "function" else self.request_stack


def manager_maker(kind: str, call: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that makes the context managers of a generator function.

    It is called once per generator function, at compile time.
    """
    return (asynccontextmanager if kind == _ASYNC else contextmanager)(call)


def response_not_sent(where: str) -> FastAPIError:
    """Return the error for a dependency that swallowed an exception, so that nothing was sent."""
    return FastAPIError(
        "Response not awaited: nothing was sent. Something in the request is raising an "
        "exception and a dependency with yield catches it without raising it again.\n"
        f"     route: {where}\n"
        "     write: `raise` at the end of that `except` block, or raise an HTTPException there"
    )


class _LifetimeOfBlock(Lifetime):
    """A lifetime that another task may close than the one that has opened it.

    Plugins of pytest run the two halves of a fixture in two tasks. A cancel scope belongs to one
    task, so the other one opens its own for closing.
    """

    __slots__ = ("_task",)

    async def __aenter__(self) -> Self:
        self._task = get_current_task().id
        return await super().__aenter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        if get_current_task().id == self._task:
            return await super().__aexit__(kind, error, traceback)
        handled = False
        with CancelScope(shield=True):
            handled = await self._close_both(kind, error, traceback)
        return handled  # noqa: RET504 - inside the block, a type checker expects another return


@asynccontextmanager
async def open_lifetime(where: str) -> AsyncIterator[Lifetime]:
    """Open the stacks for code that is not a request.

    Args:
        where: The code inside, for an error message.

    Raises:
        FastAPIError: A dependency has swallowed the exception of the code inside.
    """
    raised: BaseException | None = None
    async with _LifetimeOfBlock() as lifetime:
        try:
            yield lifetime
        except BaseException as error:
            raised = error
            raise
    if raised is not None:
        raise error_swallowed(where) from raised


def error_swallowed(where: str) -> FastAPIError:
    """Return the error for a dependency that swallowed the exception of code that is no request."""
    return FastAPIError(
        f"An exception was raised in {where}, and a dependency with yield has caught it without "
        "raising it again\n"
        "     write: `raise` at the end of that `except` block"
    )


# --- in the scope ---------------------------------------------------------------------------
#
# Libraries and the functions below look for the stacks in the ASGI scope.


@asynccontextmanager
async def outermost_stack(scope: Scope) -> AsyncIterator[None]:
    """Put into the scope the stack that is closed after everything else of a request."""
    if OUTERMOST_STACK in scope:
        yield
        return
    async with AsyncExitStack() as stack:
        scope[OUTERMOST_STACK] = stack
        try:
            yield
        finally:
            # A middleware may call the application again with the same scope: it needs a new stack.
            del scope[OUTERMOST_STACK]


async def run_with_lifetime(exchange: Exchange, handler: RequestHandler, where: str) -> None:
    """Send the response of a request handler, which finds open stacks in the scope."""
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
