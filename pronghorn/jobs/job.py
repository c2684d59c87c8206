"""The job that runs, and its steps: each of them has its effect once."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from contextvars import ContextVar
from types import TracebackType
from typing import Any, NamedTuple, ParamSpec, TypeVar, overload

from pydantic import TypeAdapter
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn.concurrency import run_in_threadpool
from pronghorn.core.setup_errors import setup_error
from pronghorn.exceptions import SetupTypeError
from pronghorn.jobs.steps import find_step, record_step
from pronghorn.logger import logger
from pronghorn.plan.signature import resolve_return
from pronghorn.sql import Database

P = ParamSpec("P")
T = TypeVar("T")


class Attempt(NamedTuple):
    """The attempt that runs. Declare a parameter of this type in a task to receive it.

    Attributes:
        number: Its number, from 1. A job of a worker that has died goes on with the same number.
        is_last: Whether the job is dead if this attempt fails.
    """

    number: int
    is_last: bool


class Job:
    """The job that runs. Declare a parameter of this type in a task to receive it.

    Args:
        db: The database of the steps.
        id: The id of the job.
        attempt: The attempt.
        has_steps: Whether a former run may have recorded steps.

    Attributes:
        id: The id of the job, the same for all attempts.
        attempt: The attempt.
    """

    def __init__(self, db: Database, id: str, attempt: Attempt, *, has_steps: bool) -> None:
        self.id = id
        self.attempt = attempt
        self._db = db
        self._has_steps = has_steps
        self._names: Counter[str] = Counter()

    def _name(self, name: str) -> str:
        """Return the name of the next step; equal ones are numbered in the order of their calls."""
        self._names[name] += 1
        number = self._names[name]
        return name[:240] if number == 1 else f"{name[:240]}#{number}"

    @overload
    async def step(
        self, function: Callable[P, Awaitable[T]], /, *args: P.args, **keywords: P.kwargs
    ) -> T: ...

    @overload
    async def step(self, function: Callable[P, T], /, *args: P.args, **keywords: P.kwargs) -> T: ...

    async def step(self, function: Callable[..., Any], /, *args: Any, **keywords: Any) -> Any:
        """Call a function, and store its result; a later run of this job gets what was stored.

        A step is not repeated after it has returned. If the worker dies inside of the function, it
        is called again: give what it calls a key that is the same then, such as `job.id`.
        Steps are known by the name of the function and the order of the calls, which must be the
        same in each run.

        Args:
            function: An `async def` or `def` function. The latter runs in a thread.
            *args: Its positional arguments.
            **keywords: Its keyword arguments.

        Returns:
            What was stored, in each run: the result with the type of the return annotation. A
            function without one gives numbers, texts, lists and dictionaries.

        Raises:
            SetupTypeError: The result cannot be stored as JSON.
        """
        name = self._name(str(getattr(function, "__qualname__", type(function).__qualname__)))
        adapter: TypeAdapter[Any] = TypeAdapter(_read_return(function))
        if self._has_steps:
            async with self._db.transaction(read_only=True) as session:
                found = await find_step(session, self.id, name)
            if found is not None:
                return adapter.validate_json(found)
        if inspect.iscoroutinefunction(inspect.unwrap(function)):
            result = await function(*args, **keywords)
        else:
            result = await run_in_threadpool(function, *args, **keywords)
        text = _write_result(adapter, name, result)
        async with self._db.transaction() as session:
            if await record_step(session, self.id, name, text):
                return adapter.validate_json(text)  # As later runs get it.
            first = await find_step(session, self.id, name)  # Another run was faster.
        return adapter.validate_json(first or "null")

    def transaction(self, name: str | None = None) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a session whose changes are made exactly once, however often this job runs.

        The changes and the record of the step are one commit. If a former run has committed it, the
        block runs, but its changes are rolled back. So it should contain statements, and nothing
        else.

        Args:
            name: The name of the step; by default `transaction`, numbered in the order of calls.
        """
        return _StepTransaction(self._db, self.id, self._name(name or "transaction"))


class _StepTransaction(AbstractAsyncContextManager[AsyncSession]):
    """A transaction that begins with the record of the step, which is unique.

    Another run of the same job waits there for the end of the transaction.
    """

    def __init__(self, db: Database, job: str, name: str) -> None:
        self._job, self._name = job, name
        self._transaction = db.transaction()
        self._is_first = False

    async def __aenter__(self) -> AsyncSession:
        session = await self._transaction.__aenter__()
        try:
            self._is_first = await record_step(session, self._job, self._name, None)
        except BaseException as error:
            await self._transaction.__aexit__(type(error), error, error.__traceback__)
            raise
        return session

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        if self._is_first or error is not None:
            await self._transaction.__aexit__(kind, error, traceback)
        else:
            done = _DoneAlreadyError()
            await self._transaction.__aexit__(_DoneAlreadyError, done, None)
        if self._is_first:
            return None
        logger.debug("Step %s of job %s was done by a former run", self._name, self._job)
        # The rows are there already, so that the block may have met them.
        return isinstance(error, SQLAlchemyError)


class _DoneAlreadyError(Exception):
    """Rolls back."""


def _read_return(function: Callable[..., Any]) -> Any:
    target = inspect.unwrap(function)
    if inspect.isbuiltin(target) or inspect.isclass(target):
        return Any  # They have no annotations.
    found = resolve_return(target)
    return Any if found is None else found


def _write_result(adapter: TypeAdapter[Any], name: str, result: Any) -> str:
    try:
        text = adapter.dump_json(result, by_alias=True, round_trip=True, warnings="error").decode()
        adapter.validate_json(text)
    except Exception as error:
        raise setup_error(
            f"The result of the step {name} cannot be stored: {str(error).partition(chr(10))[0]}",
            "the function returns another type than it says, or one that has no form as JSON",
            "a return annotation that fits; or return an id, a text or a Pydantic model",
            kind=SetupTypeError,
        ) from error
    return text


_current: ContextVar[Job | None] = ContextVar("pronghorn_job", default=None)


@contextmanager
def running_job(job: Job) -> Iterator[None]:
    """Make a job the current one inside of the block."""
    token = _current.set(job)
    try:
        yield
    finally:
        _current.reset(token)


def current_job() -> Job:
    """Return the job that runs, for functions that have no parameter for it; also a dependency.

    Raises:
        SetupError: No job runs here.
    """
    found = _current.get()
    if found is None:
        raise setup_error(
            "current_job() was called outside of a job",
            "a request uses the same dependency",
            "a dependency that does not need the job",
        )
    return found
