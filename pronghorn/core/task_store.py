"""Two small protocols behind `FastAPI(jobs=..., background_tasks="durable")`.

The engine knows nothing of databases or workers. `pronghorn.jobs` implements both protocols.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

__all__ = ["JobRunner", "TaskStore"]


class TaskStore(Protocol):
    """Keeps the background tasks of requests, so that another process may run them.

    A task is whatever `prepare` returns. It is then given to `join`; if that returns False, it is
    given to `keep` once the request has succeeded, and dropped if it has not.
    """

    @property
    def opened_first(self) -> Collection[Callable[..., Any]]:
        """The dependencies that open the transaction of a request.

        If a request has one of them, it runs before all other dependencies, so that they can add
        tasks to its transaction.
        """

    def prepare(
        self, function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> Any:
        """Return a call as a task.

        It is called where the program has written `tasks.add_task(...)`: in the event loop, or in
        the worker thread of a `def` function.

        Raises:
            Exception: The call cannot be kept; the text names the argument and says what to write.
        """

    def join(self, task: Any) -> bool:
        """Leave a task to the transaction that is open here, in which it is then written.

        It is called where `prepare` was. A transaction that only reads is none.

        Returns:
            False if no transaction is open.
        """

    async def keep(self, tasks: Sequence[Any]) -> None:
        """Write tasks in a transaction of their own, all or none."""


class JobRunner(Protocol):
    """Runs jobs beside an application: `FastAPI(jobs=...)` takes it."""

    def plan(self, app: Any) -> None:
        """Prepare the functions of all jobs with `app.inject`, before an application starts.

        So the values with `scope="app"` that they need are made when it starts.

        Raises:
            SetupError: A job has a mistake.
        """

    def lifespan(self, app: Any) -> AbstractAsyncContextManager[Any]:
        """Return what is open while an application runs, inside of the program's own lifespan."""

    def task_store(self) -> TaskStore:
        """Return the store of an application with `background_tasks="durable"`; asked once."""
