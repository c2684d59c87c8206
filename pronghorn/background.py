"""Work that runs after the response was sent."""

from asyncio import CancelledError
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from contextvars import ContextVar
from copy import copy
from typing import Any, ParamSpec
from weakref import WeakSet

from starlette import background
from starlette.background import BackgroundTask
from starlette.background import BackgroundTasks as StarletteBackgroundTasks
from starlette.responses import Response

from pronghorn.core.monkeypatches import is_replaced
from pronghorn.core.reexports import find_elsewhere
from pronghorn.core.threads.hop import call_in_thread, find_claim
from pronghorn.logger import logger

__all__ = ["BackgroundTasks"]

P = ParamSpec("P")
#: Returns a context manager around a task, while a watcher observes the request.
around_task: ContextVar[Callable[[BackgroundTask], AbstractContextManager[None]] | None] = (
    ContextVar("around_task", default=None)
)


class BackgroundTasks(StarletteBackgroundTasks):
    """Functions to call after the response was sent, in the order in which they were added.

    Declare a parameter of this type in an endpoint or a dependency to get the one of the
    request. The tasks run in the process of the server; those that it has no time for when it
    stops are lost, and their names are logged (logger `pronghorn`). One that raises does not keep
    those after it from running: it is logged, and raised to the server in the end.

    With `FastAPI(jobs=jobs, background_tasks="durable")`, `add_task` leaves the function to a job.

    Tasks of a response that the endpoint returns run before these.
    """

    def add_task(self, func: Callable[P, Any], *args: P.args, **kwargs: P.kwargs) -> None:
        """Add a function to call after the response was sent.

        Args:
            func: `def` functions run in a worker thread, `async def` ones in the event loop.
            *args: Its positional arguments.
            **kwargs: Its keyword arguments.
        """
        super().add_task(func, *args, **kwargs)

    def add_local(self, func: Callable[P, Any], *args: P.args, **kwargs: P.kwargs) -> None:
        """Add a function that this process calls, whatever `background_tasks` the application has.

        Args:
            func: `def` functions run in a worker thread, `async def` ones in the event loop.
            *args: Its positional arguments.
            **kwargs: Its keyword arguments.
        """
        StarletteBackgroundTasks.add_task(self, func, *args, **kwargs)

    async def __call__(self) -> None:
        """Call the functions, one after the other, also those after one that fails.

        Raises:
            Exception: What the first failing function raised, once all have run.
        """
        failure: Exception | None = None
        for position, task in enumerate(self.tasks):
            try:
                await _run(task)
            except CancelledError:
                log_abandoned(self.tasks[position:])
                raise
            except Exception as error:  # noqa: BLE001 - logged, and the first is raised
                if not isinstance(task, BackgroundTasks):
                    logger.error("The background task %s failed", name_of(task), exc_info=error)
                failure = failure or error
        if failure is not None:
            raise failure


async def _run(task: BackgroundTask) -> None:
    around = around_task.get()
    is_function = type(task) is BackgroundTask and not task.is_async
    if around is None or isinstance(task, StarletteBackgroundTasks):
        await (_call_function(task) if is_function else task())
        return
    with around(task):
        await (_call_function(task) if is_function else task())


async def _call_function(task: BackgroundTask) -> None:
    """Call the `def` function of a task; of a request with open dependencies in our threads."""
    if find_claim() is None or is_replaced(background):
        await task()
    else:
        await call_in_thread(task.func, *task.args, **task.kwargs)


def name_of(task: BackgroundTask) -> str:
    """Return the name of the function of a task, for people."""
    function = getattr(task, "func", task)
    return str(getattr(function, "__qualname__", type(function).__qualname__))


#: The tasks whose end was reported: the server reports them, and then cancels their requests.
_reported: WeakSet[BackgroundTask] = WeakSet()
_NOT_BEGUN = "has not begun"


def log_abandoned(tasks: Sequence[BackgroundTask]) -> None:
    """Log the names of tasks that do not end, each once.

    Args:
        tasks: The first one was interrupted, the others have not begun.
    """
    for line in describe_abandoned(tasks):
        logger.error(line)


def describe_abandoned(
    tasks: Sequence[BackgroundTask], what: str = "was interrupted"
) -> Iterator[str]:
    """Yield a line for each task that does not end and was not reported yet.

    Args:
        tasks: The tasks, in their order.
        what: What happened to the first one.
    """
    for task in tasks:
        if not isinstance(task, StarletteBackgroundTasks):
            if task not in _reported:
                _reported.add(task)
                yield f"The background task {name_of(task)} is abandoned: it {what}"
        elif what == _NOT_BEGUN:  # Otherwise it reports its own tasks.
            yield from describe_abandoned(task.tasks, what)
        what = _NOT_BEGUN


def with_tasks(response: Response, tasks: StarletteBackgroundTasks | None) -> Response:
    """Return a response that runs more tasks after its own.

    Args:
        response: Stays unchanged, since a program may return the same one for every request.
        tasks: Those that the response already has run only once.
    """
    own = response.background
    if tasks is None or own is tasks or getattr(own, "func", None) is tasks:
        return response
    more = copy(response)
    if own is None:
        more.background = tasks
        return more
    known = getattr(own, "tasks", [own])
    if any(task in known for task in tasks.tasks):
        tasks = BackgroundTasks([task for task in tasks.tasks if task not in known])
    more.background = BackgroundTasks([own, tasks])
    return more


find_elsewhere(__name__)
