"""Close the source of a stream that stops early."""

from __future__ import annotations

from collections.abc import Callable
from inspect import isawaitable
from typing import Any

import anyio
from anyio.to_thread import run_sync


async def close_generator(generator: Any) -> None:
    """Close an asynchronous generator, or an asynchronous iterator with `aclose` or `close`.

    Other iterators are left alone, and so are generators that have ended or have not started.
    """
    close = getattr(generator, "aclose", None) or getattr(generator, "close", None)
    if close is not None:
        closing = close()
        if isawaitable(closing):
            await closing


def _call(function: Callable[[], Any]) -> Any:
    return function()


async def close_blocking(iterator: Any, call: Callable[[Callable[[], Any]], Any] = _call) -> None:
    """Close an iterator in a thread, because its clean-up may block.

    The thread starts even if all threads of the pool are busy. Objects without `close` and
    generators that have ended are left alone.

    Args:
        iterator: The iterator to close.
        call: Calls `close` in that thread, for clean-up that needs a context.
    """
    close = getattr(iterator, "close", None)
    if close is not None and getattr(iterator, "gi_frame", close) is not None:
        await run_sync(call, close, limiter=anyio.CapacityLimiter(1))
