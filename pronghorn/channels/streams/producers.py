"""Producers: the generators of a program, found by name in the process that runs them."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterable, Callable
from contextlib import aclosing
from contextvars import ContextVar
from typing import Any, Protocol, get_args, get_origin

from pydantic import TypeAdapter

from pronghorn.core.kinds import CallKind
from pronghorn.core.setup_errors import describe_callable, describe_value, setup_error
from pronghorn.exceptions import SetupTypeError
from pronghorn.jobs import BadJobError, Jobs
from pronghorn.jobs.task import name_of
from pronghorn.plan.signature import call_kind, resolve_return, typed_signature
from pronghorn.sse import ServerSentEvent

__all__ = ["SINK", "Producer", "Sink", "find_producer", "read_producer"]


class Sink(Protocol):
    """Takes the items of the producer that runs."""

    async def put(self, item: Any) -> None:
        """Take an item; wait while there is no room."""


#: The sink of the producer that runs in this context.
SINK: ContextVar[Sink] = ContextVar("pronghorn_stream_sink")


class Producer:
    """A generator of a program.

    Args:
        name: Its module and its name there.
        function: The asynchronous generator function.

    Attributes:
        name: Its module and its name there.
        collect: A coroutine function with the signature of the generator, which puts all items
            into the `Sink` of its context.
        adapter: The type of its items; None if it declares none.
    """

    def __init__(self, name: str, function: Callable[..., Any]) -> None:
        self.name = name
        self.adapter = _read_item_type(function)
        self.collect = self._make_collect(function)

    def _make_collect(self, function: Callable[..., Any]) -> Callable[..., Any]:
        async def collect(*args: Any, **keywords: Any) -> None:
            sink = SINK.get()
            async with aclosing(function(*args, **keywords)) as items:
                async for item in items:
                    await sink.put(item)

        collect.__name__ = getattr(function, "__name__", "producer")
        collect.__qualname__ = getattr(function, "__qualname__", collect.__name__)
        collect.__module__ = function.__module__
        collect.__doc__ = function.__doc__
        # The types are resolved here, as the names in them belong to the module of the generator.
        signature = typed_signature(function).replace(return_annotation=None)
        collect.__signature__ = signature  # type: ignore[attr-defined]  # `inspect` reads it
        return collect


def _read_item_type(function: Callable[..., Any]) -> TypeAdapter[Any] | None:
    declared = resolve_return(function)
    origin, items = get_origin(declared), get_args(declared)
    if not items or not isinstance(origin, type) or not issubclass(origin, AsyncIterable):
        return None
    return None if items[0] in (Any, ServerSentEvent) else TypeAdapter(items[0])


def read_producer(function: Any) -> Producer:
    """Return the producer that a program has passed to `start`.

    Raises:
        SetupTypeError: It is no asynchronous generator function, or a worker cannot find it.
    """
    if not callable(function) or call_kind(function) is not CallKind.ASYNC_GENERATOR:
        raise setup_error(
            f"streams.start() takes an asynchronous generator function, not "
            f"{describe_value(function)}",
            "the function was called, or has no `yield`",
            "await streams.start(answer, question, owner=user.id), with "
            "async def answer(question: Question) -> AsyncIterator[Token]: yield ...",
            kind=SetupTypeError,
        )
    found: Any = sys.modules.get(function.__module__)
    for part in function.__qualname__.split("."):
        found = getattr(found, part, None)
    if found is not function:
        raise setup_error(
            f"The producer {function.__qualname__} cannot be found by its name, as a worker has to",
            "it is defined inside of a function, or is a method or a partial",
            "a function at the top of a module",
            where=describe_callable(function),
            kind=SetupTypeError,
        )
    return Producer(name_of(function), function)


def find_producer(name: str, jobs: Jobs) -> Producer:
    """Return the producer that a job names.

    Args:
        name: Its module and its name there.
        jobs: Finds functions of the program, and no others.

    Raises:
        BadJobError: There is no such generator any more.
    """
    function = jobs.find_task(name).function
    if call_kind(function) is not CallKind.ASYNC_GENERATOR:
        raise BadJobError(f"{name} is no asynchronous generator function")
    return Producer(name, function)
