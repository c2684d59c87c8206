"""The background tasks of requests as jobs, for `FastAPI(background_tasks="durable")`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn.core.setup_errors import setup_error
from pronghorn.exceptions import SetupError
from pronghorn.jobs.call import Call
from pronghorn.jobs.whole import Whole
from pronghorn.sql import before_commit


class DurableTasks:
    """Keeps the background tasks of requests as jobs; see `pronghorn.hooks.TaskStore`.

    Args:
        jobs: The jobs.
    """

    def __init__(self, jobs: Whole) -> None:
        self._jobs = jobs
        jobs.db.follow_transactions()

    @property
    def opened_first(self) -> Collection[Callable[..., Any]]:
        """The dependency whose transaction keeps the tasks of a request."""
        return (self._jobs.db.session.dependency,)

    def prepare(
        self, function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> Call:
        """Return a call as it is stored.

        Raises:
            SetupError: It cannot be stored; the text names the parameter.
        """
        try:
            return self._jobs.call(function, *args, **kwargs)
        except SetupError as error:
            name = getattr(function, "__name__", "function")
            write = f"{error.write}\ntasks.add_local({name}, ...) stays in this process instead"
            raise setup_error(
                error.got, error.probably, write, where=error.where, kind=type(error)
            ) from error.__cause__

    def join(self, task: Call) -> bool:
        """Store a call in the transaction that is open here; return False if there is none."""
        session = self._jobs.db.current_session()
        if session is None:
            return False

        async def store(session: AsyncSession) -> None:
            await self._jobs.enqueue(task, session=session)

        before_commit(session, store)
        return True

    async def keep(self, tasks: Sequence[Call]) -> None:
        """Store calls in a transaction of their own."""
        await self._jobs.prepare()
        async with self._jobs.db.transaction() as session:
            for task in tasks:
                await self._jobs.enqueue(task, session=session)
