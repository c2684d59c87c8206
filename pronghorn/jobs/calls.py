"""The program inside of a job: its function, with the dependencies of the application."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from functools import partial
from typing import Any

from anyio import CapacityLimiter, to_thread

from pronghorn.core.setup_errors import setup_error
from pronghorn.jobs.job import Attempt, Job
from pronghorn.jobs.task import Task
from pronghorn.plan.signature import typed_signature

Call = Callable[..., Awaitable[Any]]
_running: ContextVar[Calls] = ContextVar("pronghorn_calls")


def running_calls() -> Calls:
    """Return what calls functions in the worker that runs the current job.

    A battery whose task calls a function of the program uses it, for the dependencies.

    Raises:
        LookupError: No job runs here.
    """
    return _running.get()


class Calls:
    """Calls the functions of tasks.

    Args:
        app: The application that resolves dependencies; None if no task has any.

    Attributes:
        app: The application.
    """

    def __init__(self, app: Any) -> None:
        self.app = app
        self._known: dict[str, Call] = {}

    def prepare(self, task: Task) -> Call:
        """Return the function of a task as a coroutine function without its dependencies.

        Raises:
            SetupError: A dependency needs a request, or there is no application.
        """
        known = self._known.get(task.name)
        if known is None:
            known = self._known[task.name] = self._make(task)
        return known

    def _make(self, task: Task) -> Call:
        call = task.function if task.is_coroutine else _in_thread(task.function)
        if not task.parameters.has_dependencies:
            return call
        if self.app is None:
            raise setup_error(
                f"The task {task.name} has dependencies, and the worker has no application",
                None,
                "async with jobs.worker(app): ...",
            )
        injected: Call = self.app.inject(call)
        return injected

    async def call(self, task: Task, arguments: Mapping[str, Any], job: Job) -> Any:
        """Call the function of a task.

        Args:
            task: The task.
            arguments: The stored arguments.
            job: The job.
        """
        parameters = task.parameters
        _running.set(self)  # The task of asyncio is that of the job alone.
        values = dict(arguments)
        for name, kind in parameters.injected.items():
            values[name] = job.attempt if kind is Attempt else job
        bound = inspect.BoundArguments(parameters.passed, _in_order(parameters.passed, values))
        return await self.prepare(task)(*bound.args, **bound.kwargs)


def _in_thread(function: Callable[..., Any]) -> Call:
    """Return a coroutine function that calls a function in a thread.

    The workers limit how many jobs run, so the threads need no limit of their own. A function in a
    thread cannot be stopped: if its job is cancelled, it goes on alone.
    """

    async def call(*args: Any, **keywords: Any) -> Any:
        work = partial(function, *args, **keywords)
        return await to_thread.run_sync(work, abandon_on_cancel=True, limiter=CapacityLimiter(1))

    call.__name__ = getattr(function, "__name__", "task")
    call.__qualname__ = getattr(function, "__qualname__", "task")
    call.__module__ = function.__module__
    marked: Any = call
    marked.__signature__ = typed_signature(function)
    return call


def _in_order(signature: inspect.Signature, values: Mapping[str, Any]) -> Any:
    """Return all arguments of a call, in the order of the parameters."""
    found: dict[str, Any] = {}
    for name, parameter in signature.parameters.items():
        if name in values:
            found[name] = values[name]
        elif parameter.default is not inspect.Parameter.empty:
            found[name] = parameter.default
    return found
