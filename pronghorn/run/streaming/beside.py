"""Run jobs beside a coroutine that stays in its own task. If it ends soon, they cost nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

import anyio
from anyio.lowlevel import checkpoint_if_cancelled

Job = Callable[[], Awaitable[Any]]

#: Seconds that a stream runs before jobs are started beside it. Most streams of a few items have
#: ended by then and need no task.
_GRACE = 0.01
#: The result of a job that has ended and lets the others continue.
DONE = "done"


async def run_beside(main: Job, jobs: Sequence[Job]) -> None:
    """Run `main` in this task, with other jobs beside it.

    Args:
        main: The coroutine function to run. When it ends, the jobs are cancelled.
        jobs: When one of them ends, `main` is cancelled without an error, unless the job returned
            `DONE`. Jobs may start a moment later than `main`, or never if `main` ends soon.

    Raises:
        Exception: The exception of `main` or of the first failing job, not in an exception group.
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
    """Run on asyncio, where a timer starts the tasks: short streams never need them."""
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
    """Run a job, unless `main` has ended before the job starts."""
    await checkpoint_if_cancelled()
    return await job()


async def _job(job: Job, scope: anyio.CancelScope, errors: list[Exception]) -> None:
    """Run a job and keep its error; then cancel the scope, unless the job has returned `DONE`."""
    try:
        if await job() == DONE:
            return
    except Exception as error:  # noqa: BLE001 - raised again after the scope
        errors.append(error)
    scope.cancel()
