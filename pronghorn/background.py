"""Work that runs after the response was sent."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from contextvars import ContextVar
from typing import Any, ParamSpec

from starlette.background import BackgroundTask
from starlette.background import BackgroundTasks as StarletteBackgroundTasks

__all__ = ["BackgroundTasks"]

P = ParamSpec("P")
#: Gives what stands around each task while somebody watches the request.
around_task: ContextVar[Callable[[BackgroundTask], AbstractContextManager[None]] | None] = (
    ContextVar("around_task", default=None)
)


class BackgroundTasks(StarletteBackgroundTasks):
    """Functions to call after the response was sent, in the order in which they were added.

    Declare a parameter of this type in an endpoint or a dependency to get the one of the
    request. The tasks run in the process of the server and are lost when it stops; if one
    raises, those after it do not run.
    """

    def add_task(self, func: Callable[P, Any], *args: P.args, **kwargs: P.kwargs) -> None:
        """Add a function to call after the response was sent.

        Args:
            func: ``def`` functions run in a worker thread, ``async def`` ones in the event loop.
            *args: Its positional arguments.
            **kwargs: Its keyword arguments.
        """
        super().add_task(func, *args, **kwargs)

    async def __call__(self) -> None:
        """Call the functions, one after the other."""
        around = around_task.get()
        if around is None:
            await super().__call__()
            return
        for task in self.tasks:
            with around(task):
                await task()
