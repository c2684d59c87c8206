"""What is known of how a compiled handler ends, for whoever runs it in a task of its own.

Where nothing follows the answer, the task need not be held until the answer was sent. Where
nothing waits, either, the handler keeps the event loop from its first to its last line: nobody
can cancel it, so it needs no cancel scope.
"""

from __future__ import annotations

import dis
from collections.abc import Callable, Sequence
from enum import Enum
from inspect import CO_COROUTINE
from types import FunctionType
from typing import Any

from pronghorn.hooks import Handler
from pronghorn.plan.dependencies import Step


class Ending(Enum):
    """How a handler ends that answers with `Exchange.write_json`."""

    #: Clean-up or background tasks may follow.
    OPEN = "open"
    #: Nothing follows.
    ANSWER = "answer"
    #: Nothing follows, and nothing has waited.
    IMMEDIATE = "immediate"


_MARK = "_ending"
_OPEN = (None, Ending.OPEN)


def mark_ending(handler: Handler, ending: Ending) -> None:
    """Say how a handler ends."""
    # Functions that wrap a handler copy its attributes: the mark names the one it is meant for.
    setattr(handler, _MARK, (handler, ending))


def ending_of(handler: Handler) -> Ending:
    """How a handler ends, as far as that is known."""
    marked, ending = getattr(handler, _MARK, _OPEN)
    return ending if marked is handler else Ending.OPEN


def never_wait(steps: Sequence[Step]) -> bool:
    """Whether no function of a route can give the event loop to somebody else."""
    return all(_never_waits(step.call.call) for step in steps)


def _never_waits(function: Callable[..., Any]) -> bool:
    """Whether this is an `async def` function without any `await`, `async for` or `async with`."""
    if type(function) is not FunctionType or not function.__code__.co_flags & CO_COROUTINE:
        return False
    return not any(found.opname == "SEND" for found in dis.get_instructions(function.__code__))
