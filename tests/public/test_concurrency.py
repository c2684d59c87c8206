"""Blocking context managers and limits, beside the event loop."""

import threading
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any

import anyio
import anyio.to_thread
import pytest

from pronghorn.concurrency import (
    ConcurrencyLimit,
    contextmanager_in_threadpool,
    iterate_in_threadpool,
    run_in_threadpool,
)

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> Any:
    """These primitives are the ones that differ between event loops."""
    return request.param


class Blocking(AbstractContextManager[str]):
    """Records its threads and what it was told."""

    def __init__(self, *, suppress: bool = False, fail: Exception | None = None) -> None:
        self.suppress = suppress
        self.fail = fail
        self.threads: list[int] = []
        self.told: list[BaseException | None] = []

    def __enter__(self) -> str:
        self.threads.append(threading.get_ident())
        return "value"

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        self.threads.append(threading.get_ident())
        self.told.append(error)
        if self.fail is not None:
            raise self.fail
        return self.suppress


async def test_both_methods_run_in_worker_threads() -> None:
    manager = Blocking()
    async with contextmanager_in_threadpool(manager) as value:
        assert value == "value"
    assert manager.told == [None]
    assert threading.get_ident() not in manager.threads


@pytest.mark.parametrize("suppress", [True, False])
async def test_error_is_handed_over_and_may_be_suppressed(suppress: bool) -> None:
    manager, error = Blocking(suppress=suppress), ValueError("body")
    caught = None
    try:
        async with contextmanager_in_threadpool(manager):
            raise error
    except ValueError as exc:
        caught = exc
    assert manager.told == [error]
    assert caught is (None if suppress else error)


async def test_error_of_the_clean_up_keeps_its_cause() -> None:
    manager = Blocking(fail=ValueError("clean-up"))
    with pytest.raises(ValueError, match="clean-up") as caught:
        async with contextmanager_in_threadpool(manager):
            raise RuntimeError("body")
    assert isinstance(caught.value.__context__, RuntimeError)


async def test_clean_up_runs_although_the_task_is_cancelled() -> None:
    manager = Blocking()
    with anyio.CancelScope() as scope:
        async with contextmanager_in_threadpool(manager):
            scope.cancel()
            await anyio.sleep_forever()
    assert scope.cancelled_caught
    assert isinstance(manager.told[0], anyio.get_cancelled_exc_class())


async def test_clean_up_needs_no_free_worker() -> None:
    manager = Blocking()
    workers = anyio.to_thread.current_default_thread_limiter()
    before = workers.total_tokens
    workers.total_tokens = 1
    try:
        async with contextmanager_in_threadpool(manager):
            await workers.acquire_on_behalf_of("another request")
        workers.release_on_behalf_of("another request")
    finally:
        workers.total_tokens = before
    assert manager.told == [None]


async def test_waiting_for_a_worker_can_be_cancelled() -> None:
    manager = Blocking()
    workers = anyio.to_thread.current_default_thread_limiter()
    for number in range(int(workers.total_tokens)):
        await workers.acquire_on_behalf_of(number)
    with anyio.move_on_after(0.01) as scope:
        async with contextmanager_in_threadpool(manager):
            pytest.fail("there is no free worker")
    for number in range(int(workers.total_tokens)):
        workers.release_on_behalf_of(number)
    assert scope.cancelled_caught
    assert manager.threads == []


async def test_functions_and_iterators_run_in_worker_threads() -> None:
    assert await run_in_threadpool(threading.get_ident) != threading.get_ident()
    assert [item async for item in iterate_in_threadpool([1, 2])] == [1, 2]


async def test_limit_has_one_semaphore_in_an_event_loop() -> None:
    limit = ConcurrencyLimit(2)
    semaphore = limit.get_semaphore()
    assert semaphore.value == 2
    assert limit.get_semaphore() is semaphore
    assert ConcurrencyLimit(2).get_semaphore() is not semaphore


async def test_limit_has_another_semaphore_in_another_event_loop() -> None:
    limit = ConcurrencyLimit(1)

    async def other_loop() -> anyio.Semaphore:
        return limit.get_semaphore()

    elsewhere = await anyio.to_thread.run_sync(anyio.run, other_loop)
    assert elsewhere is not limit.get_semaphore()
