"""Find the background tasks that a server abandons, when its time for them is over.

Nobody counts tasks while they run, since most processes never abandon one. So the server looks for
them in the end: a task that waits is in the chain of what its request awaits, and one that blocks
the event loop is in the stack of a thread.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator, Sequence
from types import FrameType
from typing import Any

from starlette.background import BackgroundTask
from starlette.background import BackgroundTasks as StarletteBackgroundTasks

from pronghorn.background import BackgroundTasks, describe_abandoned, log_abandoned

#: The code that runs one task, and that which runs several.
_OF_ONE = BackgroundTask.__call__.__code__
_OF_SEVERAL = (StarletteBackgroundTasks.__call__.__code__, BackgroundTasks.__call__.__code__)
#: The attributes by which a coroutine, generator or asynchronous generator shows its frame, whether
#: it runs at this moment, and what it waits for.
_ATTRIBUTES = (
    ("cr_frame", "cr_running", "cr_await"),
    ("gi_frame", "gi_running", "gi_yieldfrom"),
    ("ag_frame", "ag_running", "ag_await"),
)


def log_abandoned_tasks() -> None:
    """Log the background tasks of the running event loop that have not ended, each by its name."""
    for tasks in _find_tasks(_frames_of_loop(asyncio.get_running_loop())):
        log_abandoned(tasks)


def write_abandoned_tasks(loop: asyncio.AbstractEventLoop | None) -> None:
    """Write the same to the standard error; from any thread, and without any lock.

    Args:
        loop: The event loop, which may be blocked; None if there is none.
    """
    frames = [*_frames_of_threads(), *([] if loop is None else _frames_of_loop(loop))]
    for tasks in _find_tasks(frames):
        for line in describe_abandoned(tasks):
            os.write(2, f"ERROR:    {line}\n".encode())


def _find_tasks(frames: Sequence[FrameType] | Iterator[FrameType]) -> Iterator[Sequence[Any]]:
    """Yield the tasks that frames run: the one that has begun, and those that come after it."""
    for frame in frames:
        if frame.f_code is _OF_ONE:
            yield [frame.f_locals["self"]]
        elif frame.f_code in _OF_SEVERAL:
            tasks, current = frame.f_locals["self"].tasks, frame.f_locals.get("task")
            positions = [at for at, task in enumerate(tasks) if task is current]
            yield tasks[positions[0] if positions else 0 :]


def _frames_of_loop(loop: asyncio.AbstractEventLoop) -> Iterator[FrameType]:
    for task in asyncio.all_tasks(loop):
        yield from _frames_of(task.get_coro())


def _frames_of(waiting: Any) -> Iterator[FrameType]:
    """Yield the frames of a coroutine and of what it waits for, from the outside in."""
    while waiting is not None:
        names = next((names for names in _ATTRIBUTES if hasattr(waiting, names[0])), None)
        if names is None:
            return
        frame, is_running, awaited = names
        found = getattr(waiting, frame)
        if found is None or getattr(waiting, is_running):
            return  # It has ended; or it is in the stack of its thread.
        yield found
        waiting = getattr(waiting, awaited)


def _frames_of_threads() -> Iterator[FrameType]:
    for innermost in sys._current_frames().values():
        frame: FrameType | None = innermost
        while frame is not None:
            yield frame
            frame = frame.f_back
