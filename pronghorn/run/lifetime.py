"""Keep dependencies with `yield` open while a request is answered, and close them.

There are two stacks, as in FastAPI: dependencies with the lifetime "function" close before the
response is sent, those with the lifetime "request" after the response and its background tasks.

Entering may be cancelled; closing may not. One cancel scope is opened around everything and
becomes a shield during closing. That also works for dependencies that hold cancel scopes or task
groups of their own, because theirs stay nested inside it. No scope is opened if no other one
surrounds the request, because nothing is there to shield from.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from anyio import CancelScope
from anyio.lowlevel import checkpoint_if_cancelled
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from pronghorn.concurrency import InThreads
from pronghorn.core.cancel_scopes import GUARDS, find_guard, new_nested_scope
from pronghorn.core.threads.hop import find_claim
from pronghorn.exceptions import FastAPIError
from pronghorn.run.exchange import Exchange

if TYPE_CHECKING:
    from pronghorn.core.threads.claims import Claim

RequestHandler = Callable[[Request], Awaitable[Response]]
#: The key of the lifetime in the ASGI scope: the outer handler puts it there for the inner one.
LIFETIME_KEY = "pronghorn.lifetime"
#: The key of the stack that is closed after everything else of a request.
OUTERMOST_STACK = "fastapi_middleware_astack"
REQUEST_STACK = "fastapi_inner_astack"
FUNCTION_STACK = "fastapi_function_astack"
#: The keys of the stacks that FastAPI puts into the scope.
STACKS = frozenset({OUTERMOST_STACK, REQUEST_STACK, FUNCTION_STACK})


class Exits:
    """The exit code of one lifetime, run as by an `AsyncExitStack` but at less cost.

    Most requests only open asynchronous generators and close them without an error. For these, a
    list is enough. Everything else is left to `contextlib`: as soon as somebody asks for the stack,
    or an error passes through the generators, a real `AsyncExitStack` takes them over.

    Args:
        stack: The stack that runs it; None if one is made when it is needed.
    """

    __slots__ = ("_generators", "_stack")

    def __init__(self, stack: AsyncExitStack[bool | None] | None = None) -> None:
        #: The open generators, as long as there is no stack.
        self._generators: list[AsyncGenerator[Any, None]] = []
        self._stack = stack

    @property
    def stack(self) -> AsyncExitStack[bool | None]:
        """Return the exit stack of this lifetime; it is made on first use."""
        if self._stack is None:
            self._stack = AsyncExitStack()
            for generator in self._generators:
                self._stack.push_async_exit(_manage_async(generator))
            self._generators.clear()
        return self._stack

    async def enter(self, generator: AsyncGenerator[Any, None]) -> Any:
        """Start an asynchronous generator; return the value that it yields.

        Raises:
            RuntimeError: It has ended without a `yield`.
        """
        try:
            value = await anext(generator)
        except StopAsyncIteration:
            raise RuntimeError("generator didn't yield") from None
        if self._stack is None:
            self._generators.append(generator)
        else:
            self._stack.push_async_exit(_manage_async(generator))
        return value

    async def __aenter__(self) -> None:
        """Do nothing: `enter` and the stack open what is closed at the end."""

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        if error is not None:
            return bool(await self.stack.__aexit__(kind, error, traceback))
        generators = self._generators
        while generators:
            generator = generators.pop()
            try:
                await anext(generator)
                await _refuse_to_go_on(generator)
            except StopAsyncIteration:
                continue
            except BaseException as raised:  # noqa: BLE001 - the stack raises it
                self.stack.push_async_exit(partial(_raise, raised))
        if self._stack is not None:
            await self._stack.aclose()
        return False


class Lifetime:
    """The exit code of one request or WebSocket connection, in two stacks.

    Use it as an asynchronous context manager around the whole exchange, and call
    `close_function_stack` after the endpoint has returned and before its result is sent.

    Args:
        where: The HTTP route for people; None for what sends no response. A dependency with the
            lifetime "function" that swallows an error leaves such a route without a response. That
            is an error too, and the dependencies with the lifetime "request" receive it.
    """

    __slots__ = ("_cancel_scope", "_claim", "_function", "_has_async", "_request", "_where")

    def __init__(self, where: str | None = None) -> None:
        self._where = where
        self._request = Exits()
        self._function: Exits | None = None
        #: The scope that becomes a shield; None if nothing is there to protect from.
        self._cancel_scope: CancelScope | None = None
        self._has_async = False
        self._claim: Claim | None = None

    @property
    def request_stack(self) -> AsyncExitStack[bool | None]:
        """Return the stack for the lifetime "request"; it is made on first use."""
        return self._request.stack

    @property
    def function_stack(self) -> AsyncExitStack[bool | None]:
        """Return the stack for the lifetime "function"; it is made on first use."""
        return self._exits("function").stack

    async def __aenter__(self) -> Self:
        scope = new_nested_scope()
        if scope is not None:
            self._cancel_scope = scope.__enter__()
        return self

    async def close_function_stack(self) -> None:
        """Run the exit code of every dependency with the lifetime "function"."""
        if self._function is None:
            return
        guard = find_guard() if GUARDS else None
        if guard is not None:
            guard.hold()
        if self._cancel_scope is None:
            await self._function.__aexit__(None, None, None)
        else:
            self._cancel_scope.shield = True
            try:
                await self._function.__aexit__(None, None, None)
            finally:
                self._cancel_scope.shield = False
            await self._notice_cancellation()
        if guard is not None:
            guard.let_go()
            guard.check()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        guard = find_guard() if GUARDS else None
        if guard is not None:
            guard.hold()
        try:
            scope = self._cancel_scope
            if scope is None:
                return await self._close_both(kind, error, traceback)
            return await self._close_in(scope, kind, error, traceback)
        finally:
            if guard is not None:
                guard.let_go()

    async def _close_in(
        self,
        scope: CancelScope,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        """Close both stacks inside a scope, which becomes a shield."""
        scope.shield = True
        try:
            handled = await self._close_both(kind, error, traceback)
            if error is None or handled:
                kind = error = traceback = None
                scope.shield = False
                await self._notice_cancellation()
        except BaseException as raised:
            scope.__exit__(type(raised), raised, raised.__traceback__)
            raise
        return bool(scope.__exit__(kind, error, traceback)) or handled

    async def _close_both(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        """Close the inner stack, then the outer one; return True if the error was swallowed."""
        if self._claim is not None:
            self._claim.close()
            self._claim = None
        inner = self._function
        if inner is None:
            return await self._request.__aexit__(kind, error, traceback)
        async with self._request:
            swallowed = await inner.__aexit__(kind, error, traceback)
            if error is not None and not swallowed:
                raise error
            if error is not None and self._where is not None:
                await self._notice_swallowed_cancellation()
                raise response_not_sent(self._where)
        # Whatever the inner stack has raised, the outer one has swallowed.
        return error is not None

    async def _notice_swallowed_cancellation(self) -> None:
        """Let a cancellation from outside that exit code has swallowed take effect now.

        On Trio, a task group that is cancelled in its own right swallows every cancellation.
        """
        if self._cancel_scope is None:
            return
        self._cancel_scope.shield = False
        try:
            await self._notice_cancellation()
        finally:
            self._cancel_scope.shield = True

    async def _notice_cancellation(self) -> None:
        """Let a cancellation that came during asynchronous clean-up take effect now."""
        if self._has_async:
            await checkpoint_if_cancelled()

    def enter(self, lifetime: str, generator: AsyncGenerator[Any, None]) -> Awaitable[Any]:
        """Start a dependency that is an asynchronous generator; return the value that it yields.

        Args:
            lifetime: "function" or "request".
            generator: The generator; not started yet.
        """
        self._has_async = True
        return self._exits(lifetime).enter(generator)

    async def enter_in_threads(
        self, lifetime: str, generator: Generator[Any, None, None], keeps_token: bool = False
    ) -> Any:
        """Start a dependency that is an ordinary generator; it runs in worker threads.

        Args:
            lifetime: "function" or "request".
            generator: The generator; not started yet.
            keeps_token: Whether the next step of the request is a call in a worker thread, which
                then does not wait for a token.
        """
        self.claim()
        manager = InThreads(_manage_blocking(generator), keeps_token)
        return await self.stack(lifetime).enter_async_context(manager)

    def claim(self) -> None:
        """Let calls in worker threads know that this request holds what others may wait for."""
        if self._claim is None:
            self._claim = find_claim(opens=True)

    def stack(self, lifetime: str) -> AsyncExitStack[bool | None]:
        """Return the stack for a lifetime: "function" or "request"."""
        return self._exits(lifetime).stack

    def _exits(self, lifetime: str) -> Exits:
        if lifetime == "request":
            return self._request
        if self._function is None:
            self._function = Exits()
        return self._function


async def _raise(error: BaseException, *outer: object) -> None:
    """Raise an error again as it is, whatever is being handled."""
    context = error.__context__
    try:
        raise error
    except BaseException:
        error.__context__ = context  # `raise` may have replaced it.
        raise
    finally:
        del error


async def _refuse_to_go_on(generator: AsyncGenerator[Any, None]) -> None:
    """Close a generator that has yielded twice, and raise the error that says so."""
    try:
        raise RuntimeError("generator didn't stop")
    finally:
        await generator.aclose()


def _return_async(generator: AsyncGenerator[Any, None]) -> AsyncGenerator[Any, None]:
    return generator


def _return_blocking(generator: Generator[Any, None, None]) -> Generator[Any, None, None]:
    return generator


#: Make the context manager of a generator, which may have started.
_manage_async = asynccontextmanager(_return_async)
_manage_blocking = contextmanager(_return_blocking)


def response_not_sent(where: str) -> FastAPIError:
    """Return the error for a dependency that swallowed an exception, so that nothing was sent."""
    return FastAPIError(
        "Response not awaited: nothing was sent. Something in the request is raising an "
        "exception and a dependency with yield catches it without raising it again.\n"
        f"     route: {where}\n"
        "     write: `raise` at the end of that `except` block, or raise an HTTPException there"
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
    scope = exchange.scope
    try:
        async with Lifetime(where) as lifetime:
            scope[LIFETIME_KEY] = lifetime
            scope[REQUEST_STACK] = lifetime.request_stack
            scope[FUNCTION_STACK] = lifetime.function_stack
            response = await handler(exchange.connection)
            await lifetime.close_function_stack()
            await exchange.send_response(response)
            return
        raise response_not_sent(where)
    finally:
        # A middleware may call the application again with the same scope: this one is closed.
        scope.pop(LIFETIME_KEY, None)
