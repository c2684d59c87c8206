"""The worker threads of an event loop: how many there are, when they end, and who else is asked."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import nullcontext, suppress
from typing import Any

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest
from anyio._core import _eventloop

from pronghorn import FastAPI
from pronghorn.core import private_names
from pronghorn.core.threads import gates, hop, names, pool
from pronghorn.core.threads.hop import call_in_thread, run_at_all_costs, run_in_thread
from pronghorn.testclient import TestClient

LONG = 10
NAME = "AnyIO worker thread"


#: The threads of event loops that other tests still use.
OF_OTHERS: set[threading.Thread] = set()


def count_workers() -> int:
    """Return the number of worker threads that have begun in this test."""
    return sum(thread.name == NAME for thread in set(threading.enumerate()) - OF_OTHERS)


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds; fail if it does not for long."""
    end = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


@pytest.fixture(autouse=True)
def no_threads_left() -> Any:
    OF_OTHERS.clear()
    OF_OTHERS.update(threading.enumerate())
    yield
    wait_until(lambda: count_workers() == 0)
    OF_OTHERS.clear()


@pytest.fixture(params=[gates.make_gate, gates._LockGate], ids=["descriptor", "lock"])
def gate(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "make_gate", request.param)


@pytest.mark.usefixtures("gate")
def test_calls_one_after_the_other_share_a_thread() -> None:
    async def main() -> set[int]:
        return {await run_in_thread(threading.get_ident) for _ in range(50)}

    assert len(asyncio.run(main())) == 1


@pytest.mark.usefixtures("gate")
def test_every_blocked_call_has_its_own_thread() -> None:
    async def main() -> int:
        barrier = threading.Barrier(20)

        def wait() -> int:
            barrier.wait(LONG)
            return threading.get_ident()

        return len(set(await asyncio.gather(*[run_in_thread(wait) for _ in range(20)])))

    assert asyncio.run(main()) == 20


def test_a_thread_that_is_still_busy_when_its_loop_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has handed over its result, does not wait at its gate yet, and is told to end."""
    ending, problems = threading.Event(), list[dict[str, Any]]()
    make, end, finish = pool.make_gate, pool.Pool._close, pool.Pool.finish

    def make_slow_gate() -> Any:
        made: Any = make()
        kind = type(made)

        class Slow(kind):  # type: ignore[misc, valid-type]
            def open(self) -> None:
                if ending.is_set():
                    time.sleep(0.1)
                super().open()

        made.__class__ = Slow
        return made

    def close(self: Any, root: Any) -> None:
        ending.set()
        end(self, root)

    def finish_slowly(self: Any, *outcome: Any) -> None:
        finish(self, *outcome)
        ending.wait(LONG)

    monkeypatch.setattr(pool, "make_gate", make_slow_gate)
    monkeypatch.setattr(pool.Pool, "_close", close)
    monkeypatch.setattr(pool.Pool, "finish", finish_slowly)

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, told: problems.append(told))
        await run_in_thread(int)

    asyncio.run(main())
    assert problems == []


def test_threads_end_with_the_first_task_of_the_loop_and_free_their_descriptors() -> None:
    def descriptors() -> set[str]:
        return set(os.listdir("/proc/self/fd"))

    async def main() -> int:
        barrier = threading.Barrier(5)
        await asyncio.gather(*[run_in_thread(lambda: barrier.wait(LONG)) for _ in range(5)])
        return count_workers()

    before = descriptors()
    assert asyncio.run(main()) == 5
    wait_until(lambda: count_workers() == 0)
    assert descriptors() == before
    assert hop._of_thread.pools == {}


def test_one_loop_may_be_run_many_times() -> None:
    loop = asyncio.new_event_loop()
    for number in range(3):
        assert loop.run_until_complete(call_in_thread(pow, number, 2)) == number**2
    loop.close()
    assert hop._of_thread.pools == {}


def test_loops_of_several_threads_have_their_own_workers() -> None:
    async def main() -> set[int]:
        return {await run_in_thread(threading.get_ident) for _ in range(5)}

    found: list[set[int]] = []
    threads = [threading.Thread(target=lambda: found.append(asyncio.run(main()))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(one) for one in found] == [1] * 4


@pytest.mark.usefixtures("gate")
def test_idle_threads_end(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> list[int]:
        barrier = threading.Barrier(4)
        await asyncio.gather(*[run_in_thread(lambda: barrier.wait(LONG)) for _ in range(4)])
        before = count_workers()
        monkeypatch.setattr(pool, "MAX_IDLE_TIME", 0.01)
        await asyncio.sleep(0.05)
        await run_in_thread(int)
        await asyncio.to_thread(wait_until, lambda: count_workers() == 1)
        return [before, await run_in_thread(lambda: 5)]

    assert asyncio.run(main()) == [4, 5]


@pytest.mark.usefixtures("gate")
def test_a_loop_may_end_while_a_thread_works() -> None:
    begun, finish, done = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        finish.wait(LONG)
        done.set()

    async def main() -> None:
        task = asyncio.create_task(run_in_thread(work))
        await asyncio.to_thread(begun.wait, LONG)
        task.cancel()

    asyncio.run(main())
    finish.set()
    assert done.wait(LONG)


PROGRAM = """
import asyncio, sys, threading
from pronghorn.core.threads.hop import run_in_thread

async def main():
    await asyncio.gather(*[run_in_thread(lambda: print("called")) for _ in range(3)])

if sys.argv[1] == "run":
    asyncio.run(main())
elif sys.argv[1] == "until":
    asyncio.new_event_loop().run_until_complete(main())
else:
    loop = asyncio.new_event_loop()
    task = loop.create_task(main())
    task.add_done_callback(lambda _: loop.call_soon(loop.stop))
    loop.run_forever()
"""


@pytest.mark.parametrize("way", ["run", "until", "forever"])
def test_a_process_ends(way: str) -> None:
    command = [sys.executable, "-c", PROGRAM, way]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    printed = done.stdout.replace("\n", "")  # Each thread writes its line and its end apart.
    assert (done.returncode, printed, done.stderr) == (0, "called" * 3, "")


def test_an_error_leaves_no_cycle() -> None:
    async def main() -> int:
        for _ in range(3):
            with suppress(ZeroDivisionError):
                await run_in_thread(lambda: 1 // 0)
        gc.collect()
        gc.disable()
        try:
            for _ in range(50):
                with suppress(ZeroDivisionError):
                    await run_in_thread(lambda: 1 // 0)
            return gc.collect()
        finally:
            gc.enable()

    assert asyncio.run(main()) < 50


def test_a_call_fails_if_there_can_be_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    async def main() -> int:
        with monkeypatch.context() as patched:
            patched.setattr(threading.Thread, "start", refuse)
            with pytest.raises(RuntimeError, match="can't start new thread"):
                await run_in_thread(int)
        return await run_in_thread(lambda: 2)

    assert asyncio.run(main()) == 2


def test_one_thread_takes_all_calls_if_there_can_be_no_second(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    async def main() -> list[int]:
        await run_in_thread(int)
        monkeypatch.setattr(threading.Thread, "start", refuse)
        return await asyncio.gather(*[run_in_thread(lambda n=n: n) for n in range(10)])

    assert asyncio.run(main()) == list(range(10))


def test_clean_up_waits_for_no_token_and_for_no_scope() -> None:
    async def main() -> list[Any]:
        limiter = anyio.to_thread.current_default_thread_limiter()
        limiter.total_tokens = 1
        finish, found = threading.Event(), []
        first = asyncio.create_task(run_in_thread(lambda: finish.wait(LONG)))
        await asyncio.sleep(0.02)
        found.append(await run_at_all_costs(lambda: "beside"))
        with anyio.CancelScope() as scope:
            scope.cancel()
            found.append(await run_at_all_costs(lambda: "cancelled"))
            found.append(await run_at_all_costs(anyio.from_thread.check_cancelled))
            await anyio.lowlevel.checkpoint()
            found.append("not reached")
        finish.set()
        await first
        task: Any = asyncio.current_task()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(0)
        found.append(await run_at_all_costs(lambda: "of a cancelled task"))
        return found

    assert asyncio.run(main()) == ["beside", "cancelled", None, "of a cancelled task"]


def test_a_replaced_function_of_anyio_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    called = []

    async def replacement(function: Any, *arguments: Any, **options: Any) -> Any:
        called.append(options)
        return function(*arguments)

    app = FastAPI()

    @app.get("/")
    def read() -> bool:
        return threading.current_thread().name == NAME

    with TestClient(app) as client:
        assert client.get("/").json() is True
        monkeypatch.setattr(anyio.to_thread, "run_sync", replacement)
        assert client.get("/").json() is False
        monkeypatch.undo()
        assert client.get("/").json() is True
    assert called == [{}]


def test_trio_has_anyios_threads() -> None:
    async def main() -> Any:
        return await run_in_thread(lambda: anyio.from_thread.run(here)), await run_at_all_costs(int)

    async def here() -> str:
        return type(anyio.lowlevel.current_token()).__name__

    assert anyio.run(main, backend="trio")[1] == 0
    assert hop._of_thread.pools == {}


def test_a_version_of_anyio_without_a_name_makes_the_calls_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(names, "find_names", lambda: None)
    assert asyncio.run(run_in_thread(lambda: 3)) == 3
    assert hop._of_thread.pools == {}


def _keep_run_vars_elsewhere(patch: pytest.MonkeyPatch) -> None:
    kept: dict[Any, Any] = {}
    patch.setattr(anyio.lowlevel.RunVar, "_current_vars", property(lambda _: kept))
    patch.setattr(anyio.lowlevel, "_run_vars", {})


def _keep_other_run_vars(patch: pytest.MonkeyPatch) -> None:
    _keep_run_vars_elsewhere(patch)
    patch.setattr(anyio.lowlevel, "_run_vars", defaultdict(dict))


def _keep_a_list_of_run_vars(patch: pytest.MonkeyPatch) -> None:
    _keep_run_vars_elsewhere(patch)
    patch.setattr(anyio.lowlevel, "_run_vars", [])


def _claim_with_more(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(_eventloop, "claim_worker_thread", lambda backend, token, scope: None)


def _keep_the_claim_elsewhere(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(_eventloop, "threadlocals", threading.local())
    patch.setattr(_eventloop, "claim_worker_thread", lambda backend, token: nullcontext())


def _find_no_root_task(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("anyio._backends._asyncio.find_root_task", lambda: None)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (_keep_run_vars_elsewhere, "_run_vars"),
        (_keep_other_run_vars, "_run_vars"),
        (_keep_a_list_of_run_vars, "_run_vars"),
        (_claim_with_more, "claim_worker_thread"),
        (_keep_the_claim_elsewhere, "claim_worker_thread"),
        (_find_no_root_task, "find_root_task"),
    ],
)
def test_a_version_of_anyio_with_another_meaning_of_a_name_makes_the_calls_itself(
    change: Callable[[pytest.MonkeyPatch], None],
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(private_names, "_warned", set())
    names.find_names.cache_clear()

    async def main() -> list[str]:
        # AnyIO's own threads do without what was changed.
        with monkeypatch.context() as patch:
            change(patch)
            found = names.find_names()
        assert found is None
        return [await run_in_thread(lambda: threading.current_thread().name) for _ in range(2)]

    try:
        with caplog.at_level("WARNING", "pronghorn"):
            assert asyncio.run(main()) == [NAME, NAME]
    finally:
        names.find_names.cache_clear()
    assert hop._of_thread.pools == {}
    assert len(caplog.messages) == 1
    assert name in caplog.messages[0]
    assert "Calls of `def` functions are slower." in caplog.messages[0]


def test_trying_the_names_leaves_the_thread_as_it_was() -> None:
    """An event loop may run in a worker thread of another one."""

    async def inner() -> None:
        names.find_names.cache_clear()
        await run_in_thread(int)

    def run_inner() -> None:
        asyncio.run(inner())
        anyio.from_thread.check_cancelled()
        anyio.from_thread.run(anyio.lowlevel.checkpoint)

    asyncio.run(run_in_thread(run_inner))


def test_another_default_limiter_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs put a limiter of their own into AnyIO's variable."""

    async def main() -> tuple[int, int]:
        await run_in_thread(int)
        loop = asyncio.get_running_loop()
        place = names.find_limiter(loop)
        assert place is not None
        values, key = place
        values[key] = mine = anyio.CapacityLimiter(1)
        return await run_in_thread(lambda: mine.borrowed_tokens), mine.borrowed_tokens

    assert asyncio.run(main()) == (1, 0)


def test_a_gate_without_a_descriptor_is_a_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: Any) -> int:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(os, "eventfd", refuse, raising=False)
    assert asyncio.run(run_in_thread(lambda: 4)) == 4
