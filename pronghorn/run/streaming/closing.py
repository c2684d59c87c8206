"""Closing what a stream reads from, when it ends before its end."""

from __future__ import annotations

from collections.abc import Callable
from inspect import isawaitable
from typing import Any

import anyio
from anyio.to_thread import run_sync


async def close_generator(generator: Any) -> None:
    """Close an asynchronous generator, or an asynchronous iterator that has a method for it.

    Nothing happens for other iterators, and for a generator that has ended or never begun.
    """
    close = getattr(generator, "aclose", None) or getattr(generator, "close", None)
    if close is not None:
        closing = close()
        if isawaitable(closing):
            await closing


def _call(function: Callable[[], Any]) -> Any:
    return function()


async def close_blocking(iterator: Any, call: Callable[[Callable[[], Any]], Any] = _call) -> None:
    """Close an iterator whose clean-up may block, in a thread, even if none of the pool is free.

    Nothing happens for what has no `close`, and for a generator that has ended.

    - `call`: calls `close` in that thread, for clean-up that needs a context.
    """
    close = getattr(iterator, "close", None)
    if close is not None and getattr(iterator, "gi_frame", close) is not None:
        await run_sync(call, close, limiter=anyio.CapacityLimiter(1))
