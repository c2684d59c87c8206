"""Run the jobs of a program in a process that has loaded it, between its start and its end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Any

from pronghorn.cli.errors import CommandError
from pronghorn.cli.jobs_find import only_jobs
from pronghorn.core.stopping import stopping
from pronghorn.logger import logger

__all__ = ["Work", "put_worker"]

_DEPTH = 50


@dataclass(frozen=True)
class Work:
    """The work of a process, as the command line names it.

    Attributes:
        grace: Seconds that running jobs have to end.
        queues: The queues, each with the number of jobs at once; None keeps that of the program.
            Without it, all queues of the program.
        database: The name of the database, in a program that has jobs in several.
    """

    grace: float
    queues: Mapping[str, int | None] | None = None
    database: str | None = None

    def to_text(self) -> str:
        """Return it for the environment of another process."""
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> Work:
        """Return what `to_text` has written."""
        return cls(**json.loads(text))


def put_worker(app: Any, work: Work) -> None:
    """Let an application run jobs, inside of its lifespan.

    Args:
        app: The application, or what the program has put around it.
        work: What to do.

    Raises:
        CommandError: The program has no jobs any more, or no lifespan to run them in.
    """
    application = _find_application(app)
    jobs = only_jobs(application, "The program", work.database)
    router = application.router
    router.lifespan_context = _add_worker(router.lifespan_context, jobs, application, work)


def _find_application(app: Any) -> Any:
    """Return the application of pronghorn in the layers that a program may have put around it."""
    from pronghorn import FastAPI

    inside = app
    for _ in range(_DEPTH):
        if isinstance(inside, FastAPI):
            return inside
        inside = getattr(inside, "app", None)
    raise CommandError(
        f"The app is a {type(app).__name__}, which cannot run jobs",
        "Name the FastAPI inside of it, for example with --app",
    )


def _add_worker(
    outer: Callable[[Any], AbstractAsyncContextManager[Any]], jobs: Any, app: Any, work: Work
) -> Callable[[Any], AbstractAsyncContextManager[Any]]:
    """Return a lifespan that runs jobs between the start of the program's own and its end."""

    @asynccontextmanager
    async def lifespan(given: Any) -> AsyncIterator[Any]:
        async with outer(given) as state:
            worker = _Worker(jobs, app, work)
            await worker.start()
            try:
                yield state
            finally:
                await worker.end()

    return lifespan


class _Worker:
    """A worker that ends its work while the server of this process ends that of its clients."""

    def __init__(self, jobs: Any, app: Any, work: Work) -> None:
        self._jobs, self._app, self._work = jobs, app, work
        self._ends = asyncio.Event()
        self._begun = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Return when it works; raise the error that keeps it from that."""
        self._task = asyncio.create_task(self._run(), name="pronghorn jobs")
        begun = asyncio.create_task(self._begun.wait())
        try:
            await asyncio.wait({self._task, begun}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            begun.cancel()
        if self._task.done():
            self._task.result()

    async def end(self) -> None:
        """Return when the jobs have ended, or were given back."""
        self._ends.set()
        if self._task is not None:
            await self._task

    async def _run(self) -> None:
        queues, grace = self._work.queues, self._work.grace
        async with self._jobs.worker(self._app, queues, grace=grace) as worker:
            named = ", ".join(f"{name}={number}" for name, number in worker.queues.items())
            logger.info("Running jobs of the queues %s", named)
            self._begun.set()
            # Before the lifespan ends, the requests do. Jobs have the same time.
            with stopping.ending(self._ends.set):
                await self._ends.wait()
            if worker.running:
                logger.info("Waiting for %d running jobs, up to %g seconds", worker.running, grace)
