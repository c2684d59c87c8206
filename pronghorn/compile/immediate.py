"""Handlers that never wait: from the first to the last line they keep the event loop.

Nobody can cancel such a handler, and nothing follows its answer. So whoever runs it in a task of
its own needs no cancel scope around it, and need not hold it until the answer was sent.
"""

from __future__ import annotations

import dis
from collections.abc import Callable, Sequence
from inspect import CO_COROUTINE
from types import FunctionType
from typing import Any

from pronghorn.hooks import Handler
from pronghorn.plan.dependencies import Step

_MARK = "_immediate_handler"


def mark_immediate(handler: Handler) -> None:
    """Say that a handler never waits for as long as it answers with `Exchange.write_json`."""
    # Functions that wrap a handler copy its attributes: the mark names the one it is meant for.
    setattr(handler, _MARK, handler)


def is_immediate(handler: Handler) -> bool:
    """Whether `mark_immediate` was called for this handler."""
    return getattr(handler, _MARK, None) is handler


def never_wait(steps: Sequence[Step]) -> bool:
    """Whether no function of a route can give the event loop to somebody else."""
    return all(_never_waits(step.call.call) for step in steps)


def _never_waits(function: Callable[..., Any]) -> bool:
    """Whether this is an `async def` function without any `await`, `async for` or `async with`."""
    if type(function) is not FunctionType or not function.__code__.co_flags & CO_COROUTINE:
        return False
    return not any(found.opname == "SEND" for found in dis.get_instructions(function.__code__))
