"""Generators with exit code of every kind, and the lifetime that they are compared with."""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from types import TracebackType
from typing import Any, Protocol, Self

import anyio
from anyio.lowlevel import checkpoint, checkpoint_if_cancelled

Log = list[Any]
Generator = AsyncGenerator[Any, None]


class AnyLifetime(Protocol):
    """What the tests need of a lifetime."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool: ...

    def enter(self, lifetime: str, generator: Generator) -> Any: ...

    async def close_function_stack(self) -> None: ...


class Expected:
    """The lifetime in its plain form: stacks of `contextlib` inside a scope, in every request."""

    def __init__(self) -> None:
        self.stacks = {"request": AsyncExitStack(), "function": AsyncExitStack()}
        self.scope = anyio.CancelScope()
        self.has_functions = False

    async def __aenter__(self) -> Self:
        self.scope.__enter__()
        return self

    async def enter(self, lifetime: str, generator: Generator) -> Any:
        self.has_functions = self.has_functions or lifetime == "function"
        manager = asynccontextmanager(lambda: generator)()
        return await self.stacks[lifetime].enter_async_context(manager)

    async def close_function_stack(self) -> None:
        if not self.has_functions:
            return
        self.scope.shield = True
        try:
            await self.stacks["function"].aclose()
        finally:
            self.scope.shield = False
        await checkpoint_if_cancelled()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        self.scope.shield = True
        try:
            handled = await self._close_both(kind, error, traceback)
            if error is None or handled:
                kind = error = traceback = None
                self.scope.shield = False
                await checkpoint_if_cancelled()
        except BaseException as raised:
            self.scope.__exit__(type(raised), raised, raised.__traceback__)
            raise
        return bool(self.scope.__exit__(kind, error, traceback)) or handled

    async def _close_both(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        async with self.stacks["request"]:
            swallowed = await self.stacks["function"].__aexit__(kind, error, traceback)
            if error is not None and not swallowed:
                raise error
        return error is not None


# --- generators -----------------------------------------------------------------------------------


async def plain(log: Log) -> Generator:
    try:
        yield 1
    finally:
        log.append(("closed", type(sys.exc_info()[1]).__name__))


async def waiting(log: Log) -> Generator:
    try:
        yield 1
    finally:
        log.append("closes")
        await checkpoint()
        await checkpoint()
        log.append("closed")


async def opening_slowly(log: Log) -> Generator:
    await checkpoint()
    yield 1
    log.append("closed without an error")


async def swallowing(log: Log) -> Generator:
    try:
        yield 1
    except Exception as error:  # noqa: BLE001 - like a dependency that does so
        log.append(repr(error))


async def replacing(log: Log) -> Generator:
    try:
        yield 1
    except Exception as error:
        raise KeyError("replaced") from error


async def hiding(log: Log) -> Generator:
    try:
        yield 1
    except Exception:  # noqa: BLE001 - like a dependency that does so
        raise LookupError("hidden") from None


async def failing(log: Log) -> Generator:
    try:
        yield 1
    finally:
        raise OSError("failed")


async def failing_after_swallowing(log: Log) -> Generator:
    try:
        yield 1
    except Exception:  # noqa: BLE001 - like a dependency that does so
        log.append("swallowed")
    log.append(type(sys.exc_info()[1]).__name__)
    raise BufferError("later")


async def yielding_twice(log: Log) -> Generator:
    try:
        yield 1
    except Exception:  # noqa: BLE001 - like a dependency that does so
        log.append("swallowed")
    try:
        yield 2
    finally:
        log.append("closed by force")


async def stopping(log: Log) -> Generator:
    try:
        yield 1
    finally:
        raise StopAsyncIteration


async def yielding_nothing(log: Log) -> Generator:
    if log is None:
        yield 1


async def holding_scope(log: Log) -> Generator:
    with anyio.CancelScope() as scope:
        yield scope
    log.append(("left the scope", scope.cancelled_caught))


async def holding_deadline(log: Log) -> Generator:
    with anyio.move_on_after(60):
        yield 1
        log.append(anyio.current_effective_deadline() < float("inf"))


async def holding_group(log: Log) -> Generator:
    async with anyio.create_task_group() as group:
        group.start_soon(anyio.sleep, 0)
        yield group
        log.append("leaves the group")


MAKERS: tuple[Callable[[Log], Generator], ...] = (
    plain,
    waiting,
    opening_slowly,
    swallowing,
    replacing,
    hiding,
    failing,
    failing_after_swallowing,
    yielding_twice,
    stopping,
    yielding_nothing,
    holding_scope,
    holding_deadline,
    holding_group,
)


def describe(error: BaseException | None, depth: int = 0) -> Any:
    """Return an error as plain data, with the errors before it."""
    if error is None:
        return None
    inside = [describe(one) for one in getattr(error, "exceptions", ())]
    return (
        type(error).__name__,
        str(error) if isinstance(error, Exception) else "",  # Cancellations name the task.
        inside,
        describe(error.__cause__, depth + 1) if depth < 6 else "...",
        describe(error.__context__, depth + 1) if depth < 6 else "...",
        error.__suppress_context__,
    )
