"""Keep dependencies with `yield` open for code that is not a request."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self

from anyio import CancelScope, get_current_task

from pronghorn.exceptions import FastAPIError
from pronghorn.run.lifetime import Lifetime


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
