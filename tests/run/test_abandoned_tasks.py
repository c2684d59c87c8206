"""The names of background tasks that nobody waits for any more."""

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator

import pytest
from starlette.background import BackgroundTask

from pronghorn import BackgroundTasks
from pronghorn.run.abandoned_tasks import log_abandoned_tasks, write_abandoned_tasks

pytestmark = pytest.mark.anyio


async def wait() -> None:
    await asyncio.sleep(60)


class Waiting:
    """An object that waits when it is called."""

    async def __call__(self) -> None:
        await wait()


async def in_generator() -> AsyncIterator[None]:
    await wait()
    yield


async def iterate() -> None:
    async for _ in in_generator():
        pass


def tidy_up() -> None: ...


@pytest.fixture
def tasks() -> BackgroundTasks:
    found = BackgroundTasks([BackgroundTasks([BackgroundTask(iterate)])])
    found.add_task(tidy_up)
    found.tasks.append(BackgroundTasks([BackgroundTask(Waiting())]))
    return found


NAMES = [
    "The background task iterate is abandoned: it was interrupted",
    "The background task tidy_up is abandoned: it has not begun",
    "The background task Waiting is abandoned: it has not begun",
]


async def begin(tasks: BackgroundTasks) -> asyncio.Task[None]:
    running = asyncio.create_task(tasks())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return running


async def test_each_is_logged_once(
    tasks: BackgroundTasks, caplog: pytest.LogCaptureFixture
) -> None:
    running = await begin(tasks)
    with caplog.at_level(logging.ERROR, "pronghorn"):
        log_abandoned_tasks()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    assert sorted(caplog.messages) == sorted(NAMES)


async def test_a_server_that_only_cancels(
    tasks: BackgroundTasks, caplog: pytest.LogCaptureFixture
) -> None:
    running = await begin(tasks)
    running.cancel()
    with caplog.at_level(logging.ERROR, "pronghorn"), pytest.raises(asyncio.CancelledError):
        await running
    assert caplog.messages == NAMES


async def test_a_task_that_ends_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    done = BackgroundTasks([BackgroundTask(tidy_up)])
    await done()
    log_abandoned_tasks()
    assert caplog.messages == []


async def test_a_task_that_blocks_the_event_loop(
    tasks: BackgroundTasks, capfd: pytest.CaptureFixture[str]
) -> None:
    loop, released = asyncio.get_running_loop(), threading.Event()

    async def block() -> None:
        threading.Thread(target=write).start()
        released.wait(30)

    def write() -> None:
        time.sleep(0.01)
        write_abandoned_tasks(loop)
        released.set()

    waiting = await begin(tasks)
    blocking = BackgroundTasks([BackgroundTask(block), BackgroundTask(tidy_up)])
    await blocking()
    waiting.cancel()
    lines = capfd.readouterr().err.splitlines()
    name = "test_a_task_that_blocks_the_event_loop.<locals>.block"
    names = [f"The background task {name} is abandoned: it was interrupted", NAMES[1], *NAMES]
    assert sorted(lines) == sorted(f"ERROR:    {line}" for line in names)
