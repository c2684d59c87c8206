"""Jobs beside a coroutine that stays in its own task, at no cost where it is over at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

import anyio
from anyio.lowlevel import checkpoint_if_cancelled

Job = Callable[[], Awaitable[Any]]

#: Seconds that a stream lasts before anything is started beside it. Most streams of a few items
#: are over by then and cost no task at all.
_GRACE = 0.01
#: What a job returns that is done, while the rest goes on.
DONE = "done"


async def run_beside(main: Job, jobs: Sequence[Job]) -> None:
    """Run `main` in this task, with other jobs beside it.

    - `main`: its end ends the jobs.
    - `jobs`: the end of any of them cancels `main`, without an error, unless it returns `DONE`.
      They may start a moment later than `main`, or not at all if it is quick.

    Raises:
        Exception: What `main` or the first failing job raised, as it is, in no group.
    """
    if not jobs:
        await main()
        return
    errors: list[Exception] = []
    if _on_asyncio():
        await _with_tasks(main, jobs, errors)
    else:
        await _with_task_group(main, jobs, errors)
    if errors:
        raise errors[0]


def _on_asyncio() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


async def _with_tasks(main: Job, jobs: Sequence[Job], errors: list[Exception]) -> None:
    """On asyncio: a timer starts the tasks, which short streams never need."""
    loop = asyncio.get_running_loop()
    tasks: list[asyncio.Task[None]] = []
    with anyio.CancelScope() as scope:

        def start() -> None:
            tasks.extend(loop.create_task(_job(job, scope, errors)) for job in jobs)

        timer = loop.call_later(_GRACE, start)
        try:
            await main()
        finally:
            timer.cancel()
            if tasks:
                await _stop(tasks)


async def _stop(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    with anyio.CancelScope(shield=True):
        await asyncio.wait(tasks)


async def _with_task_group(main: Job, jobs: Sequence[Job], errors: list[Exception]) -> None:
    async with anyio.create_task_group() as group:
        for job in jobs:
            group.start_soon(_job, partial(_run_in_time, job), group.cancel_scope, errors)
        await _job(main, group.cancel_scope, errors)


async def _run_in_time(job: Job) -> Any:
    """Run a job, unless `main` is over before it has begun."""
    await checkpoint_if_cancelled()
    return await job()


async def _job(job: Job, scope: anyio.CancelScope, errors: list[Exception]) -> None:
    """Run a job, keep its error, and end everything in the scope with it."""
    try:
        if await job() == DONE:
            return
    except Exception as error:  # noqa: BLE001 - raised again where the scope has ended
        errors.append(error)
    scope.cancel()
