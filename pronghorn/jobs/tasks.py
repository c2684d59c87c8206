"""The tasks of a program, by their names and by their functions."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pronghorn.core.durations import Duration, seconds
from pronghorn.core.numbers import check_whole
from pronghorn.core.setup_errors import describe_callable, did_you_mean, setup_error, user_error
from pronghorn.exceptions import SetupTypeError, SetupValueError
from pronghorn.jobs.errors import BadJobError
from pronghorn.jobs.functions import find_function, top_of
from pronghorn.jobs.task import Task, check_function, name_of
from pronghorn.jobs.times import Backoff

DEFAULT_QUEUE = "default"
_OPTIONS = ("queue", "timeout", "retries", "backoff", "concurrency", "name")


@dataclass(frozen=True, slots=True)
class Defaults:
    """The options of a task that does not say otherwise."""

    retries: int
    backoff: Backoff


class Tasks:
    """The tasks of a program.

    Args:
        defaults: The options of tasks that do not say otherwise.
    """

    def __init__(self, defaults: Defaults) -> None:
        _check_number("retries", defaults.retries, 0)
        self._defaults = defaults
        self._by_name: dict[str, Task] = {}
        self._by_function: dict[Callable[..., Any], Task] = {}
        #: The options of tasks as they were given, by their names.
        self._options: dict[str, dict[str, Any]] = {}
        #: Functions that are no tasks, and are found by their names.
        self._others: dict[str, Task] = {}
        caller = _find_caller()
        self._packages = {caller} if caller else set()

    @property
    def all(self) -> list[Task]:
        """The tasks that are declared."""
        return list(self._by_name.values())

    def add(self, function: Callable[..., Any], **options: Any) -> Task:
        """Declare a task; see `Jobs.task`.

        Declaring a function again without options changes nothing.

        Raises:
            SetupError: An option is wrong, another function has the name, or the function has
                options or a cron already that do not fit.
        """
        _check_names(options)
        if (declared := self._by_function.get(function)) is not None and not options:
            return declared
        task = self._make(function, **options)
        if declared is not None:
            self._compare(declared, task, options)
        known = self._by_name.get(task.name)
        if known is not None and not _is_same(known.function, function):
            raise setup_error(
                f"Two tasks have the name {task.name!r}",
                "a function was defined twice, or a name was copied",
                '@jobs.task(name="another")',
                where=f"{describe_callable(known.function)}\n{describe_callable(function)}",
                kind=SetupValueError,
            )
        self._by_name[task.name] = self._by_function[function] = task
        self._options[task.name] = options
        self._packages.add(top_of(function.__module__))
        return task

    def _compare(self, declared: Task, task: Task, options: Mapping[str, Any]) -> None:
        """Refuse the options of a second decorator, of which one would have no effect."""
        before = self._options[declared.name]
        if (not before and declared.name == task.name) or before == options:
            return
        raise setup_error(
            f"The task {declared.name} has the options {before or 'none'}, and gets "
            f"{dict(options)}",
            "@jobs.task and @jobs.cron are above the same function, and both have options",
            "@jobs.cron(...) without options above @jobs.task(queue=..., name=...)",
            where=describe_callable(task.function),
            kind=SetupValueError,
        )

    def _make(
        self,
        function: Callable[..., Any],
        *,
        queue: str = DEFAULT_QUEUE,
        timeout: Duration | None = None,
        retries: int | None = None,
        backoff: str | None = None,
        concurrency: int | None = None,
        name: str | None = None,
    ) -> Task:
        defaults = self._defaults
        _check_number("retries", retries, 0)
        _check_number("concurrency", concurrency, 1)
        return Task(
            name=name or name_of(function),
            function=function,
            queue=self.check_queue(queue),
            retries=defaults.retries if retries is None else retries,
            backoff=defaults.backoff if backoff is None else Backoff.parse(backoff),
            timeout=None if timeout is None else seconds(timeout, name="The option timeout"),
            concurrency=concurrency,
        )

    def check_queue(self, queue: Any) -> str:
        """Return the name of a queue.

        Raises:
            SetupValueError: It cannot be one.
        """
        text = str(queue)
        is_plain = text.replace("-", "").replace("_", "").replace(".", "").isalnum()
        if not is_plain or len(text) > 100 or text.startswith("_"):
            raise user_error(
                f"The name of a queue is {queue!r}",
                "it has 1 to 100 letters, digits, '-', '_' and '.', and does not begin with '_'",
                'queue="mail"',
                kind=SetupValueError,
            )
        return text

    def of(self, function: Callable[..., Any]) -> Task:
        """Return the task of a function; one that was not declared is found by its name.

        Raises:
            SetupError: No other process could find the function.
        """
        found = self._by_function.get(function) if _is_hashable(function) else None
        if found is not None:
            return found
        check_function(function, "jobs.enqueue()")
        if inspect.ismethod(function):
            raise _cannot_find(function, "it is a method of an object")
        name = name_of(function)
        known = self._others.get(name)
        if known is None or known.function is not function:
            known = self._others[name] = self._import(function, name)
        return known

    def _import(self, function: Callable[..., Any], name: str) -> Task:
        try:
            found = find_function(name, self._packages)
        except BadJobError as error:
            raise _cannot_find(function, str(error)) from None
        if found != function and (inspect.ismethod(function) or not _is_same(found, function)):
            raise _cannot_find(function, f"{name!r} is another function")
        return self._make(function)

    def get(self, name: str) -> Task:
        """Return a task by its name.

        Raises:
            BadJobError: There is none.
        """
        found = self._by_name.get(name) or self._others.get(name)
        if found is None:
            function = find_function(name, self._packages)
            # Its module may have declared it while it was imported.
            found = self._by_name.get(name) or self._make(function)
            self._others[name] = found
        return found


def _cannot_find(function: Callable[..., Any], why: str) -> SetupTypeError:
    target = inspect.unwrap(function)
    name = getattr(target, "__qualname__", repr(function))
    return setup_error(
        f"{name} cannot run in another process: {why}",
        "a lambda, a method or a function inside of another one, which cannot be imported",
        "a function of a module, or @jobs.task above it",
        where=describe_callable(function),
        kind=SetupTypeError,
    )


def _is_hashable(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


def _is_same(first: Any, second: Any) -> bool:
    """Return whether two functions come from the same line, as after a reload of its module."""
    one, other = (getattr(inspect.unwrap(each), "__code__", None) for each in (first, second))
    if one is None or other is None:
        return first is second
    return (one.co_filename, one.co_firstlineno) == (other.co_filename, other.co_firstlineno)


def _check_names(options: Mapping[str, Any]) -> None:
    unknown = sorted(options.keys() - set(_OPTIONS))
    if unknown:
        close = did_you_mean(unknown[0], _OPTIONS)
        raise user_error(
            f"A task has no option {unknown[0]!r}",
            f"the option {close!r}" if close else None,
            ", ".join(_OPTIONS),
            kind=SetupTypeError,
        )


def _check_number(name: str, value: Any, lowest: int) -> None:
    if value is not None:
        check_whole(value, lowest, f"The option {name}", f"{name}={max(lowest, 3)}")


def _find_caller() -> str:
    """Return the package of the program that makes the jobs."""
    frame = sys._getframe(1)
    while frame.f_back is not None and top_of(frame.f_globals.get("__name__")) == "pronghorn":
        frame = frame.f_back
    return top_of(frame.f_globals.get("__name__"))
