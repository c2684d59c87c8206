"""A task: a function, how it is run as a job, and which of its parameters a job stores."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from pydantic.errors import PydanticSchemaGenerationError, PydanticUndefinedAnnotation
from starlette.background import BackgroundTasks
from starlette.datastructures import UploadFile
from starlette.requests import HTTPConnection
from starlette.responses import Response

from pronghorn.core.annotations import read_signature
from pronghorn.core.setup_errors import describe_callable, setup_error
from pronghorn.exceptions import SetupError, SetupTypeError
from pronghorn.jobs.job import Attempt, Job
from pronghorn.jobs.times import Backoff
from pronghorn.params import Depends
from pronghorn.plan.parameters import find_dependency
from pronghorn.plan.signature import resolve_parameters

#: Objects of a request, which is over when the job runs; some of them have a schema of Pydantic.
_OF_REQUEST = (HTTPConnection, UploadFile, BackgroundTasks, Response)


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters of a task, by where their values come from.

    Attributes:
        stored: The signature of those that the job stores.
        adapters: The types of those, by name.
        injected: `Job` or `Attempt`, by the name of the parameter.
        has_dependencies: Whether the application resolves others.
        passed: The signature of all that the application does not resolve.
    """

    stored: inspect.Signature
    adapters: Mapping[str, TypeAdapter[Any]]
    injected: Mapping[str, type]
    has_dependencies: bool
    passed: inspect.Signature


@dataclass(frozen=True)
class Task:
    """A function that runs as a job.

    Attributes:
        name: What the row of a job calls it.
        function: The function.
        queue: The queue of its jobs.
        retries: How often a job is tried again.
        backoff: How long it waits before that.
        timeout: The seconds that an attempt may take; None for no limit.
        concurrency: How many of its jobs run at the same time in all workers; None for no limit.
    """

    name: str
    function: Callable[..., Any]
    queue: str
    retries: int
    backoff: Backoff
    timeout: float | None = None
    concurrency: int | None = None

    def channel_for(self, queue: str) -> str:
        """Return the queue of the engine for a job in a queue: a limit needs one of its own."""
        return queue if self.concurrency is None else f"{self.queue}/{self.name}"

    @property
    def is_coroutine(self) -> bool:
        """Return True for `async def`."""
        return inspect.iscoroutinefunction(inspect.unwrap(self.function))

    @cached_property
    def parameters(self) -> Parameters:
        """The parameters, which are read at the first use: their types may be defined later.

        Raises:
            SetupError: A value of a parameter cannot be stored.
        """
        return read_parameters(self.function)


def name_of(function: Callable[..., Any]) -> str:
    """Return `module:qualname`; a program that was started as a script has the name of its file."""
    module = getattr(function, "__module__", None) or "?"
    if module == "__main__":
        main = sys.modules["__main__"]
        spec = getattr(main, "__spec__", None)
        module = spec.name if spec else Path(getattr(main, "__file__", None) or "?").stem
    name = getattr(function, "__qualname__", type(function).__qualname__)
    return f"{module.removesuffix('.__main__')}:{name}"


def check_function(function: Any, where: str) -> None:
    """Refuse what is no function.

    Args:
        function: What the program gave.
        where: The call, for the message.

    Raises:
        SetupTypeError: It is something else, or it yields.
    """
    target = inspect.unwrap(function) if callable(function) else function
    if not inspect.isroutine(target):
        raise setup_error(
            f"{where} takes a function, not {function!r}",
            "the function was called",
            f"{where.removesuffix('()')}(send_receipt, order_id)",
            kind=SetupTypeError,
        )
    if inspect.isgeneratorfunction(target) or inspect.isasyncgenfunction(target):
        raise setup_error(
            f"{target.__name__} yields, and nobody would read what a job yields",
            None,
            "a function that returns",
            where=describe_callable(target),
            kind=SetupTypeError,
        )


def read_parameters(function: Callable[..., Any]) -> Parameters:
    """Return the parameters of a function, by where their values come from.

    Raises:
        SetupError: A value of a parameter cannot be stored.
    """
    kinds = read_signature(function).parameters
    stored: list[inspect.Parameter] = []
    passed: list[inspect.Parameter] = []
    adapters: dict[str, TypeAdapter[Any]] = {}
    injected: dict[str, type] = {}
    has_dependencies = False
    for name, annotation, default in resolve_parameters(function):
        if isinstance(default, Depends) or find_dependency(annotation, default) is not None:
            has_dependencies = True
            continue
        passed.append(kinds[name])
        if annotation in (Job, Attempt):
            injected[name] = annotation
            continue
        stored.append(kinds[name])
        adapters[name] = _make_adapter(function, kinds[name], annotation)
    return Parameters(
        stored=inspect.Signature(stored),
        adapters=adapters,
        injected=injected,
        has_dependencies=has_dependencies,
        passed=inspect.Signature(passed),
    )


def _make_adapter(
    function: Callable[..., Any], parameter: inspect.Parameter, annotation: Any
) -> TypeAdapter[Any]:
    kind: Any = Any if annotation is inspect.Parameter.empty else annotation
    if isinstance(kind, type) and issubclass(kind, _OF_REQUEST):
        raise _cannot_store(function, parameter, "it belongs to a request, which is over then")
    if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
        kind = tuple[kind, ...]
    elif parameter.kind is inspect.Parameter.VAR_KEYWORD:
        kind = dict[str, kind]
    try:
        return TypeAdapter(kind)
    except PydanticUndefinedAnnotation as error:
        raise _cannot_store(function, parameter, f"the name {error.name} is not defined") from error
    except PydanticSchemaGenerationError as error:
        raise _cannot_store(function, parameter, "it has no form as JSON") from error


def _cannot_store(
    function: Callable[..., Any], parameter: inspect.Parameter, why: str
) -> SetupError:
    return setup_error(
        f"The parameter {parameter} of {getattr(function, '__name__', 'the task')} cannot be "
        f"stored: {why}",
        "the object is made where the job runs, or the job needs only a part of it",
        f"{parameter.name}: Annotated[..., Depends(...)], or a parameter with an id or a text",
        where=describe_callable(function),
        kind=SetupTypeError,
    )
