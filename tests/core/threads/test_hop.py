"""A call in a worker thread is AnyIO's, as far as a program can see: each case runs both ways."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import threading
import time
import traceback
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import anyio.from_thread
import anyio.lowlevel
import anyio.to_thread
import pytest
import sniffio
import uvloop

from pronghorn.core.threads.hop import run_in_thread

Hop = Callable[[Callable[[], Any]], Awaitable[Any]]
Case = Callable[[Hop], Awaitable[Any]]
LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
#: How long a thread waits for what has to come, in seconds.
LONG = 10
variable = contextvars.ContextVar("variable", default="unset")


async def returns_the_result(hop: Hop) -> Any:
    return [await hop(lambda: 7), await hop(lambda: None)]


async def runs_elsewhere(hop: Hop) -> Any:
    thread = await hop(threading.current_thread)
    return thread.name, thread.daemon, thread is threading.current_thread()


async def copies_the_context(hop: Hop) -> Any:
    def change() -> str:
        before = variable.get()
        variable.set("of the thread")
        return before

    variable.set("of the task")
    return await hop(change), variable.get(), await hop(variable.get)


async def names_no_library(hop: Hop) -> Any:
    def library() -> str:
        try:
            return sniffio.current_async_library()
        except sniffio.AsyncLibraryNotFoundError:
            return "none"

    token = sniffio.current_async_library_cvar.set("asyncio")
    found = await hop(library), sniffio.current_async_library()
    sniffio.current_async_library_cvar.reset(token)
    return *found, await hop(library)


def _raise(error: BaseException) -> None:
    raise error


async def raises(hop: Hop) -> Any:
    found = []
    for error in (ValueError("a"), SystemExit(3), KeyboardInterrupt(), asyncio.CancelledError("b")):
        try:
            await hop(lambda error=error: _raise(error))
        except BaseException as raised:  # noqa: BLE001 - all of them are expected
            lines = traceback.extract_tb(raised.__traceback__)
            found.append((type(raised), raised.args, raised is error, lines[-1].name))
    return found


async def explains_stop_iteration(hop: Hop) -> Any:
    try:
        await hop(lambda: next(iter(())))
    except RuntimeError as error:
        return str(error), type(error.__cause__)


async def takes_a_token(hop: Hop) -> Any:
    limiter = anyio.to_thread.current_default_thread_limiter()
    borrowed = await hop(limiter.statistics)
    is_of_task = borrowed.borrowers == (asyncio.current_task(),)
    return borrowed.borrowed_tokens, is_of_task, limiter.borrowed_tokens


async def gives_the_token_back_after_an_error(hop: Hop) -> Any:
    limiter = anyio.to_thread.current_default_thread_limiter()
    with pytest.raises(ZeroDivisionError):
        await hop(lambda: 1 // 0)
    return limiter.borrowed_tokens


async def refuses_a_task_that_holds_a_token(hop: Hop) -> Any:
    limiter = anyio.to_thread.current_default_thread_limiter()
    async with limiter:
        try:
            await hop(int)
        except RuntimeError as error:
            return str(error), limiter.borrowed_tokens


async def waits_in_order(hop: Hop) -> Any:
    anyio.to_thread.current_default_thread_limiter().total_tokens = 1
    begun, finish, order = asyncio.Event(), threading.Event(), []
    loop = asyncio.get_running_loop()

    def occupy() -> None:
        loop.call_soon_threadsafe(begun.set)
        finish.wait(LONG)

    first = asyncio.create_task(hop(occupy))
    await begun.wait()
    others = [asyncio.create_task(hop(lambda n=n: order.append(n))) for n in range(20)]
    for _ in range(5):
        await asyncio.sleep(0)
    waiting = anyio.to_thread.current_default_thread_limiter().statistics().tasks_waiting
    finish.set()
    await asyncio.gather(first, *others)
    return waiting, order


async def more_tokens_let_more_run(hop: Hop) -> Any:
    limiter = anyio.to_thread.current_default_thread_limiter()
    limiter.total_tokens = 2
    barrier = threading.Barrier(3)
    calls = [asyncio.create_task(hop(lambda: barrier.wait(LONG))) for _ in range(3)]
    await asyncio.sleep(0.05)
    before = limiter.statistics()
    limiter.total_tokens = 3
    await asyncio.gather(*calls)
    return before.borrowed_tokens, before.tasks_waiting, limiter.borrowed_tokens


async def a_call_that_waits_for_a_token_can_be_cancelled(hop: Hop) -> Any:
    limiter = anyio.to_thread.current_default_thread_limiter()
    limiter.total_tokens = 1
    called: list[int] = []
    finish = threading.Event()
    first = asyncio.create_task(hop(lambda: finish.wait(LONG)))
    await asyncio.sleep(0.02)
    with anyio.move_on_after(0.02) as scope:
        await hop(lambda: called.append(1))
    finish.set()
    await first
    await hop(lambda: called.append(2))
    return scope.cancelled_caught, called, limiter.borrowed_tokens


async def a_scope_waits_for_the_thread(hop: Hop) -> Any:
    steps: list[str] = []

    def work() -> str:
        time.sleep(0.05)
        steps.append("finished")
        return "result"

    with anyio.move_on_after(0.01) as scope:
        steps.append(await hop(work))
        await anyio.lowlevel.checkpoint()
        steps.append("not reached")
    return steps, scope.cancelled_caught


async def a_cancelled_scope_calls_nothing(hop: Hop) -> Any:
    called: list[int] = []
    with anyio.CancelScope() as scope:
        scope.cancel()
        await hop(lambda: called.append(1))
    with anyio.CancelScope() as outer:
        outer.cancel()
        with anyio.CancelScope(shield=True):
            await hop(lambda: called.append(2))
    return called, scope.cancelled_caught, outer.cancelled_caught


async def cancelling_the_task_ends_the_waiting(hop: Hop) -> Any:
    begun, finish = asyncio.Event(), threading.Event()
    loop, limiter = asyncio.get_running_loop(), anyio.to_thread.current_default_thread_limiter()

    def work() -> None:
        loop.call_soon_threadsafe(begun.set)
        finish.wait(LONG)

    task = asyncio.create_task(hop(work))
    await begun.wait()
    task.cancel("enough")
    try:
        await task
    except asyncio.CancelledError as error:
        found = error.args
    borrowed = limiter.borrowed_tokens
    finish.set()
    return found, borrowed, await hop(lambda: 1)


async def a_task_that_was_cancelled_can_go_on(hop: Hop) -> Any:
    task: Any = asyncio.current_task()
    task.cancel()
    called: list[int] = []
    with pytest.raises(asyncio.CancelledError):
        await hop(lambda: called.append(1))
    result = await hop(lambda: 5)
    task.uncancel()
    return called, result


async def the_thread_asks_whether_it_is_cancelled(hop: Hop) -> Any:
    loop = asyncio.get_running_loop()

    def work() -> str:
        anyio.from_thread.check_cancelled()
        anyio.from_thread.run_sync(scope.cancel)
        try:
            anyio.from_thread.check_cancelled()
        except asyncio.CancelledError as error:
            return str(error).split()[0]
        return "nothing"

    with anyio.CancelScope() as scope:
        inside = await hop(work)
    outside = await hop(anyio.from_thread.check_cancelled)
    return inside, outside, loop.is_running()


async def the_thread_calls_the_loop(hop: Hop) -> Any:
    loop = asyncio.get_running_loop()
    main = threading.get_ident()

    async def in_loop(argument: int) -> tuple[Any, ...]:
        await asyncio.sleep(0)
        here = threading.get_ident() == main
        return argument, here, variable.get(), anyio.current_effective_deadline() == float("inf")

    async def with_group() -> int:
        done = []
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.sleep, 0)
            done.append(1)
        return len(done)

    def work() -> Any:
        variable.set("of the thread")
        future = asyncio.run_coroutine_threadsafe(in_loop(3), loop)
        return (
            anyio.from_thread.run(in_loop, 1),
            anyio.from_thread.run_sync(threading.get_ident) == main,
            future.result(LONG),
            anyio.from_thread.run(with_group),
        )

    first = await hop(work)
    with anyio.move_on_after(LONG):
        return first, await hop(work)


async def the_loop_raises_into_the_thread(hop: Hop) -> Any:
    async def fail() -> None:
        raise LookupError("in the loop")

    def work() -> str:
        with pytest.raises(LookupError) as caught:
            anyio.from_thread.run(fail)
        return str(caught.value)

    return await hop(work)


async def the_thread_hops_again(hop: Hop) -> Any:
    async def again() -> int:
        return await hop(lambda: 3)

    return await hop(lambda: anyio.from_thread.run(again))


async def blocked_calls_do_not_delay_others(hop: Hop) -> Any:
    barrier = threading.Barrier(30)
    return sorted(
        await asyncio.gather(*[hop(lambda: barrier.wait(LONG)) for _ in range(30)])
    )  # Nobody passes before the thirtieth has begun.


async def thousands_at_a_time(hop: Hop) -> Any:
    limiter = anyio.to_thread.current_default_thread_limiter()
    results = await asyncio.gather(*[hop(lambda n=n: n) for n in range(3000)])
    return results == list(range(3000)), limiter.borrowed_tokens, limiter.statistics().tasks_waiting


async def in_debug_mode(hop: Hop) -> Any:
    asyncio.get_running_loop().set_debug(True)
    return await hop(lambda: 1)


async def another_loop_in_the_thread(hop: Hop) -> Any:
    async def inner() -> Any:
        limiter = anyio.to_thread.current_default_thread_limiter()
        return await hop(lambda: limiter.borrowed_tokens)

    return await hop(lambda: asyncio.run(inner()))


CASES = [
    value
    for value in list(globals().values())
    if inspect.iscoroutinefunction(value) and getattr(value, "__module__", None) == __name__
]


def observe(case: Case, hop: Hop, loop: str) -> Any:
    """Return what a case sees in an event loop of its own."""
    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
        return runner.run(case(hop))


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_both_ways_agree(case: Case, loop: str) -> None:
    expected = observe(case, anyio.to_thread.run_sync, loop)
    assert expected is not None
    assert observe(case, run_in_thread, loop) == expected
