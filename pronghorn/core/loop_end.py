"""End the event loop as a task does whose code calls `sys.exit`."""

from __future__ import annotations

import asyncio
from typing import NoReturn


async def end_loop(error: SystemExit | KeyboardInterrupt) -> NoReturn:
    """Raise an error out of the running event loop, and wait until this task is cancelled.

    asyncio raises these two errors of a task out of `run_forever`, so a program ends with them. For
    code that runs in a task of its own on FastAPI, and not here, this function does the same.

    Args:
        error: The error.

    Raises:
        CancelledError: The task was cancelled: who runs the loop cancels all tasks at its end.
        BaseException: On Trio, the error.
    """
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        raise error from None
    loop.call_soon(_raise, error)
    await loop.create_future()
    raise AssertionError("nobody sets this result")  # pragma: no cover


def _raise(error: BaseException) -> None:
    raise error
