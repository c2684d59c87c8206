"""The background tasks of a request whose application keeps them: they become jobs.

A task belongs to the transaction in which `add_task` stands. Without one, it waits until the
request has succeeded, and is then written in a transaction of its own before the response is sent.
A stream adds tasks after that; they are written after its last item.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec

from starlette.background import BackgroundTasks as StarletteBackgroundTasks

from pronghorn.background import BackgroundTasks
from pronghorn.core.task_store import TaskStore

P = ParamSpec("P")


class DurableTasks(BackgroundTasks):
    """The background tasks of one request, kept by a store.

    Args:
        local: The tasks that run in this process, after the response. This object shows the same,
            so a program may give it to a response.
        store: Where the others are kept.

    Attributes:
        has_succeeded: True once the endpoint has returned and its result is a response.
    """

    def __init__(self, local: StarletteBackgroundTasks, store: TaskStore) -> None:
        super().__init__()
        self.tasks = local.tasks
        self.has_succeeded = False
        self._store = store
        self._waiting: list[Any] = []
        self._is_late = False

    def add_task(self, func: Callable[P, Any], *args: P.args, **kwargs: P.kwargs) -> None:
        """Add a function that a worker calls, at least once, if this request succeeds.

        Args:
            func: A function of a module, with `def` or `async def`.
            *args: Its positional arguments, which are written as JSON.
            **kwargs: Its keyword arguments.

        Raises:
            SetupError: The call cannot be kept; the text names the argument.
        """
        task = self._store.prepare(func, args, kwargs)
        if self._store.join(task):
            return
        self._waiting.append(task)
        if self._is_late and len(self._waiting) == 1:
            self.add_local(self._keep_late_tasks)

    async def close(self) -> None:
        """Keep what waits if the request has succeeded, since its response is sent next."""
        self._is_late = True
        waiting, self._waiting = self._waiting, []
        if waiting and self.has_succeeded:
            await self._store.keep(waiting)

    async def _keep_late_tasks(self) -> None:
        waiting, self._waiting = self._waiting, []
        await self._store.keep(waiting)
