"""Run blocking code beside the event loop: the functions that programs import."""

from __future__ import annotations

from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    asynccontextmanager,
)
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Generic, TypeVar

from starlette.concurrency import (
    iterate_in_threadpool,
    run_in_threadpool,
    run_until_first_complete,
)

from pronghorn.core.reexports import find_elsewhere
from pronghorn.core.threads.hop import run_at_all_costs, run_in_thread

if TYPE_CHECKING:
    from pronghorn.core.concurrency_limits import ConcurrencyLimit

__all__ = [
    "ConcurrencyLimit",
    "asynccontextmanager",
    "contextmanager_in_threadpool",
    "is_stopping",
    "iterate_in_threadpool",
    "run_in_threadpool",
    "run_until_first_complete",
    "wait_until_stopping",
]

T = TypeVar("T")


class InThreads(AbstractAsyncContextManager[T], Generic[T]):
    """Enters and exits a blocking context manager in worker threads.

    Args:
        manager: The context manager.
        keeps_token: See `run_in_thread`.
    """

    def __init__(self, manager: AbstractContextManager[T], keeps_token: bool = False) -> None:
        self._manager = manager
        self._keeps_token = keeps_token

    async def __aenter__(self) -> T:
        from pronghorn.core.threads.whole import enter_whole  # Few programs need it.

        hop = partial(run_in_thread, keeps_token=self._keeps_token)
        return await enter_whole(hop, self._manager.__enter__, self.__aexit__)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        from pronghorn.core.threads.whole import leave_whole

        # If every worker waits for a resource that this clean-up would release, waiting for a free
        # worker would never end. A cancelled request releases it, too.
        leave = partial(self._manager.__exit__, kind, error, traceback)
        return await leave_whole(run_at_all_costs, leave)


def contextmanager_in_threadpool(
    cm: AbstractContextManager[T],
) -> AbstractAsyncContextManager[T]:
    """Use a blocking context manager from async code.

    Entering waits for a free worker thread and can be cancelled while it waits. Exiting always
    runs: it does not need a free worker of the common limit and is shielded from cancellation.

    Args:
        cm: The context manager; its two methods may run in different threads.

    Returns:
        An async context manager that yields the same value, and suppresses what `cm` suppresses.
    """
    return InThreads(cm)


def is_stopping() -> bool:
    """Return True once the server of this process no longer accepts connections and will end.

    A stream that asks has a second to end by itself, with a last event for instance. Streams of
    events that go on are then closed; other streams have as long as any request.

    Example::

        while not is_stopping():
            yield await next_event()
    """
    from pronghorn.core.stopping import stopping  # Few programs ask.

    stopping.is_watched = True
    return stopping.is_told


async def wait_until_stopping() -> None:
    """Return when the server of this process will end; see `is_stopping`."""
    from pronghorn.core.stopping import stopping  # Few programs ask.

    await stopping.wait()


find_elsewhere(__name__)
